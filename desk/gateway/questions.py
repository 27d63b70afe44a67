"""What was asked, what the articles had, what the person made of it: recorded with the turn's replies."""

from __future__ import annotations

import contextlib
from datetime import datetime

from sqlalchemy.orm import Session

from knowledge.questions.logic import Asked, Feedback, read_slug
from knowledge.questions.operations import note_shown, record_feedback, record_question
from ticketing.conversations.logic import Reply
from ticketing.turns.queue import ClaimedTurn


def note_question(session: Session, claimed: ClaimedTurn, reply: Reply, *, now: datetime) -> None:
    """Record what a reply carries; what is malformed is left out, never the reply."""
    if reply.question is not None and (asked := Asked.read(reply.question)) is not None:
        record_question(
            session,
            asked,
            turn_id=claimed.claim.turn_id,
            conversation=claimed.conversation,
            language=claimed.language,
            text=claimed.text,
            now=now,
        )
    if reply.feedback is None:
        return
    with contextlib.suppress(ValueError):
        if (verdict := reply.feedback.get("verdict")) is not None:
            record_feedback(session, claimed.conversation, Feedback(verdict), now=now)
    if (slug := read_slug(reply.feedback.get("shown"))) is not None:
        note_shown(session, claimed.conversation, slug, now=now)
