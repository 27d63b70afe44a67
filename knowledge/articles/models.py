"""Tables: the articles, and the vectors computed from their texts."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from knowledge.articles.logic import LONGEST_NAME, LONGEST_TITLE, ArticleSource, Audience
from storage.base import Base


class Article(Base):
    """One article in one language."""

    __tablename__ = "article"
    __table_args__ = (
        UniqueConstraint("slug", "language"),
        Index("ix_article_translation", "translation", "language"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(LONGEST_NAME))
    language: Mapped[str] = mapped_column(String(2))
    # Shared by the articles that say the same in different languages.
    translation: Mapped[str] = mapped_column(String(LONGEST_NAME))
    title: Mapped[str] = mapped_column(String(LONGEST_TITLE))
    questions: Mapped[list[str]]
    category: Mapped[str] = mapped_column(String(LONGEST_NAME))
    audience: Mapped[Audience]
    review_on: Mapped[date]
    body: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    source: Mapped[ArticleSource]
    published: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ArticleVectors(Base):
    """The vectors of one article's texts by one encoder, so that starting does not encode everything again.

    A cache: rows are found by what was encoded and by which encoder, never by article, and may be deleted.
    """

    __tablename__ = "article_vectors"

    texts_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    encoder_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    vectors: Mapped[bytes] = mapped_column(LargeBinary)
