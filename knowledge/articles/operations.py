"""What may be done to articles."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from knowledge.articles.logic import ArticleDraft, ArticleSource
from knowledge.articles.models import Article, ArticleVectors


class Imported(StrEnum):
    """What became of an article that was imported."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    KEPT = "kept"  # edited in the desk: the file does not overwrite it


def import_article(session: Session, draft: ArticleDraft, *, now: datetime) -> Imported:
    """Store what a file says, unless people edited the article in the desk since."""
    article = _stored(session, draft)
    if article is None:
        session.add(_filled(Article(created_at=now), draft, ArticleSource.LIBRARY, now))
        return Imported.ADDED
    if article.source is ArticleSource.DESK:
        return Imported.KEPT
    if article.digest == draft.digest and article.published:
        return Imported.UNCHANGED
    _filled(article, draft, ArticleSource.LIBRARY, now)
    return Imported.UPDATED


def save_article(session: Session, draft: ArticleDraft, *, now: datetime) -> None:
    """Store what somebody wrote in the desk; from now on it belongs to the desk."""
    article = _stored(session, draft)
    if article is None:
        article = Article(created_at=now)
        session.add(article)
    _filled(article, draft, ArticleSource.DESK, now)


def withdraw_missing(session: Session, present: Collection[tuple[str, str]], *, now: datetime) -> int:
    """Unpublish the library's articles whose file is gone; returns how many.

    Args:
        present: (language, slug) of every file there is, the broken ones too: a typing error in a file
            must not take the article away.
    """
    query = select(Article).where(Article.source == ArticleSource.LIBRARY, Article.published)
    gone = [article for article in session.scalars(query) if (article.language, article.slug) not in present]
    for article in gone:
        article.published = False
        article.updated_at = now
    return len(gone)


def store_vectors(session: Session, encoder_digest: str, vectors: Mapping[str, bytes]) -> None:
    """Keep vectors by the digest of the texts they were computed from."""
    session.execute(
        delete(ArticleVectors).where(
            ArticleVectors.encoder_digest == encoder_digest, ArticleVectors.texts_digest.in_(vectors)
        )
    )
    session.add_all(
        ArticleVectors(texts_digest=digest, encoder_digest=encoder_digest, vectors=value)
        for digest, value in vectors.items()
    )


def _stored(session: Session, draft: ArticleDraft) -> Article | None:
    """The row this draft is about: the one of its name, or the desk's own version under another name."""
    same_language = select(Article).where(Article.language == draft.language)
    by_slug = session.scalars(same_language.where(Article.slug == draft.slug)).one_or_none()
    if by_slug is not None:
        return by_slug
    edited = same_language.where(Article.source == ArticleSource.DESK, Article.published)
    return session.scalars(edited.where(Article.translation == draft.translation)).first()


def _filled(article: Article, draft: ArticleDraft, source: ArticleSource, now: datetime) -> Article:
    article.slug = draft.slug
    article.language = draft.language
    article.translation = draft.translation
    article.title = draft.title
    article.questions = list(draft.questions)
    article.category = draft.category
    article.audience = draft.audience
    article.review_on = draft.review_on
    article.body = draft.body
    article.digest = draft.digest
    article.source = source
    article.published = True
    article.updated_at = now
    return article
