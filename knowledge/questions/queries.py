"""Reads about the questions that were asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.questions.logic import Feedback, Nearest
from knowledge.questions.models import Question
from knowledge.search.findings import Band

MOST_LISTED = 200


@dataclass(frozen=True)
class StoredQuestion:
    """A question, what was found, what was shown, and what was said about it."""

    turn_id: str
    conversation: str
    language: str
    text: str
    band: Band
    mode: str
    confidence: float
    hits: tuple[Nearest, ...]
    shown: tuple[str, ...]
    feedback: Feedback | None
    feedback_at: datetime | None
    asked_at: datetime


def last_question(session: Session, conversation: str) -> StoredQuestion | None:
    """The last question of a conversation, by its public id."""
    query = (
        select(Question).where(Question.conversation == conversation).order_by(Question.id.desc()).limit(1)
    )
    question = session.scalars(query).first()
    return _value(question) if question is not None else None


def articles_tried(session: Session, conversation: str, since: datetime) -> tuple[str, ...]:
    """The slugs of the articles shown in a conversation since then, each once, in the order shown."""
    query = (
        select(Question.shown)
        .where(Question.conversation == conversation, Question.asked_at >= since)
        .order_by(Question.id)
    )
    return tuple(dict.fromkeys(slug for shown in session.scalars(query) for slug in shown))


def questions(
    session: Session,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    band: Band | None = None,
    feedback: Feedback | None = None,
    language: str | None = None,
    limit: int = MOST_LISTED,
) -> tuple[StoredQuestion, ...]:
    """Questions that fit, newest first.

    Args:
        since: asked then or later.
        until: asked before then.
    """
    query = select(Question).order_by(Question.asked_at.desc(), Question.id.desc()).limit(limit)
    if since is not None:
        query = query.where(Question.asked_at >= since)
    if until is not None:
        query = query.where(Question.asked_at < until)
    for column, wanted in (
        (Question.band, band),
        (Question.feedback, feedback),
        (Question.language, language),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    return tuple(_value(question) for question in session.scalars(query))


def _value(question: Question) -> StoredQuestion:
    return StoredQuestion(
        turn_id=question.turn_id,
        conversation=question.conversation,
        language=question.language,
        text=question.text,
        band=question.band,
        mode=question.mode,
        confidence=question.confidence,
        hits=tuple(Nearest(**hit) for hit in question.hits),
        shown=tuple(question.shown),
        feedback=question.feedback,
        feedback_at=question.feedback_at,
        asked_at=question.asked_at,
    )
