"""Reads about articles. What is not published, or is for agents only, does not exist here."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from knowledge.articles.errors import ArticleNotFound
from knowledge.articles.logic import FOR_REQUESTERS, ArticleSource, Audience
from knowledge.articles.models import Article, ArticleVectors


@dataclass(frozen=True)
class StoredArticle:
    """A published article."""

    slug: str
    language: str
    translation: str
    title: str
    questions: tuple[str, ...]
    category: str
    audience: Audience
    review_on: date
    body: str
    digest: str
    source: ArticleSource
    updated_at: datetime


@dataclass(frozen=True)
class Reading:
    """An article for a reader who asked for a language, and where the same is said in other languages."""

    article: StoredArticle
    asked_language: str
    translations: tuple[StoredArticle, ...]

    @property
    def is_fallback(self) -> bool:
        """Whether the reader gets another language than asked for."""
        return self.article.language != self.asked_language


def published_articles(session: Session, language: str | None = None) -> tuple[StoredArticle, ...]:
    """Every article for requesters, by category and title."""
    query = _published().order_by(Article.category, Article.title, Article.language)
    if language is not None:
        query = query.where(Article.language == language)
    return tuple(_value(article) for article in session.scalars(query))


def article_for(session: Session, slug: str, language: str) -> Reading:
    """The article of that name in that language, in another one if it must be; raises ArticleNotFound.

    A slug names the article in any of its languages, so that a link survives a change of language.
    """
    named = [_value(article) for article in session.scalars(_published().where(Article.slug == slug))]
    if not named:
        raise ArticleNotFound(slug)
    key = next((each for each in named if each.language == language), named[0]).translation
    query = _published().where(Article.translation == key).order_by(Article.language)
    same = [_value(article) for article in session.scalars(query)]
    wanted = [each for each in same if each.language == language]
    chosen = (wanted or [each for each in same if each.slug == slug] or same)[0]
    return Reading(chosen, language, tuple(each for each in same if each is not chosen))


def revision(session: Session) -> str:
    """A short text that changes whenever the published articles do."""
    columns = (Article.language, Article.slug, Article.digest, Article.audience)
    rows = session.execute(select(*columns).where(Article.published).order_by(Article.id))
    return hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()[:16]


def vectors_of(session: Session, encoder_digest: str, texts: Collection[str]) -> dict[str, bytes]:
    """The vectors kept for these digests of texts, those that there are."""
    query = select(ArticleVectors.texts_digest, ArticleVectors.vectors).where(
        ArticleVectors.encoder_digest == encoder_digest
    )
    return {digest: vectors for digest, vectors in session.execute(query) if digest in texts}


def _published() -> Select[Article]:
    return select(Article).where(Article.published, Article.audience.in_(FOR_REQUESTERS))


def _value(article: Article) -> StoredArticle:
    return StoredArticle(
        slug=article.slug,
        language=article.language,
        translation=article.translation,
        title=article.title,
        questions=tuple(article.questions),
        category=article.category,
        audience=article.audience,
        review_on=article.review_on,
        body=article.body,
        digest=article.digest,
        source=article.source,
        updated_at=article.updated_at,
    )
