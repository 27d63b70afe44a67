"""Closing what has been resolved for long enough without an answer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ticketing.tickets.handling import move
from ticketing.tickets.journal import DESK
from ticketing.tickets.logic import Status
from ticketing.tickets.models import IS_RESOLVED, Ticket

AT_ONCE = 100


def close_resolved(session: Session, *, before: datetime, now: datetime, limit: int = AT_ONCE) -> int:
    """Close resolved tickets on which nothing has happened since a moment; returns how many.

    What somebody works on in this moment is left for the next time. Called until it returns 0.
    """
    due = session.scalars(
        select(Ticket)
        .where(text(IS_RESOLVED), Ticket.resolved_at <= before, Ticket.changed_at <= before)
        .order_by(Ticket.resolved_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for ticket in due:
        move(session, ticket, Status.CLOSED, actor=DESK, now=now)
    return len(due)
