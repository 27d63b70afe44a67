"""Closing what has been resolved for long enough without an answer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, select, text
from sqlalchemy.orm import Session

from ticketing.calendars.queries import days_before
from ticketing.tickets.handling import move
from ticketing.tickets.journal import DESK
from ticketing.tickets.logic import Status
from ticketing.tickets.models import IS_RESOLVED, Ticket

AT_ONCE = 100

Rows = TypeVar("Rows", bound=Select[*tuple[Any, ...]])


def tickets_to_close(
    session: Session, *, days: int, now: datetime, without: Collection[int] = (), limit: int = AT_ONCE
) -> tuple[int, ...]:
    """Resolved tickets on which nothing has happened for so many working days, the longest waiting first."""
    before = days_before(session, now, days)
    if before is None:
        return ()
    wanted = select(Ticket.id).order_by(Ticket.resolved_at).limit(limit)
    return tuple(session.scalars(_due(wanted, before).where(Ticket.id.not_in(without))))


def close_resolved(session: Session, ticket_id: int, *, days: int, now: datetime) -> int:
    """Close one of them; 0 if it is none any more, or if somebody works on it in this moment."""
    before = days_before(session, now, days)
    if before is None:
        return 0
    wanted = _due(select(Ticket).where(Ticket.id == ticket_id), before).with_for_update(skip_locked=True)
    ticket = session.scalars(wanted).first()
    if ticket is None:
        return 0
    move(session, ticket, Status.CLOSED, actor=DESK, now=now)
    return 1


def _due(wanted: Rows, before: datetime) -> Rows:
    return wanted.where(text(IS_RESOLVED), Ticket.resolved_at <= before, Ticket.changed_at <= before)
