"""What is recorded about questions. Nothing fails for want of one: recording is never in the way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.questions.logic import LONGEST_TEXT, MOST_SHOWN, Asked, Feedback, is_about_the_last
from knowledge.questions.models import Question


def record_question(
    session: Session,
    asked: Asked,
    *,
    turn_id: str,
    conversation: str,
    language: str,
    text: str,
    now: datetime,
) -> None:
    """Keep a question and its outcome; once per turn, however often the turn is ended."""
    if session.scalar(select(Question.id).where(Question.turn_id == turn_id)) is not None:
        return
    session.add(
        Question(
            turn_id=turn_id,
            conversation=conversation,
            language=language,
            text=text[:LONGEST_TEXT],
            band=asked.band,
            mode=asked.mode,
            confidence=asked.confidence,
            hits=[hit._asdict() for hit in asked.hits],
            shown=list(asked.shown),
            asked_at=now,
        )
    )


def note_shown(session: Session, conversation: str, slug: str, *, now: datetime) -> bool:
    """One more article was shown for the conversation's last question; returns whether that was news."""
    question = _last(session, conversation, now)
    if question is None or slug in question.shown or len(question.shown) >= MOST_SHOWN:
        return False
    question.shown = [*question.shown, slug]
    return True


def record_feedback(session: Session, conversation: str, verdict: Feedback, *, now: datetime) -> bool:
    """What was said about the conversation's last question; the last word counts.

    Returns whether there was a question it can be about: a recent one, for which an article was shown.
    """
    question = _last(session, conversation, now)
    if question is None or not question.shown:
        return False
    question.feedback = verdict
    question.feedback_at = now
    return True


def _last(session: Session, conversation: str, now: datetime) -> Question | None:
    query = (
        select(Question).where(Question.conversation == conversation).order_by(Question.id.desc()).limit(1)
    )
    question = session.scalars(query).first()
    return question if question is not None and is_about_the_last(question.asked_at, now) else None
