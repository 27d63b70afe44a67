"""When calendars, levels or rules are edited, the dates of open tickets follow, some at a time."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ticketing.sla.cache import refresh
from ticketing.sla.models import Clockwork
from ticketing.tickets.models import IS_OPEN, Ticket
from ticketing.tickets.verifying import DAMAGED, UNREADABLE

ONLY_ROW = 1
AT_ONCE = 200
FRESH = {"populate_existing": True}


def renew(session: Session) -> None:
    """Note that something was edited: called with every change of what clocks are computed from."""
    session.flush()
    row = session.get(Clockwork, ONLY_ROW, with_for_update=True, populate_existing=True)
    if row is None:
        row = Clockwork(id=ONLY_ROW)
        session.add(row)
    row.stamp, row.recomputed_to = secrets.token_hex(16), 0
    session.flush()


def recompute_some(
    session: Session, *, limit: int = AT_ONCE, broken: Callable[[int], object] | None = None
) -> bool:
    """Bring some open tickets up to the last edit; whether it is worth going on at once.

    A ticket that somebody is changing just now is not waited for, so that nobody waits for this in turn:
    there the next call begins. One whose journal cannot be read keeps its dates.

    Args:
        broken: is given the ids of those.
    """
    wanted = select(Clockwork).where(Clockwork.recomputed_to.is_not(None)).with_for_update(skip_locked=True)
    row = session.scalars(wanted, execution_options={"populate_existing": True}).first()
    if row is None:
        return False
    ids = session.scalars(
        select(Ticket.id).where(Ticket.id > row.recomputed_to, text(IS_OPEN)).order_by(Ticket.id).limit(limit)
    ).all()
    free = session.scalars(
        select(Ticket.id).where(Ticket.id.in_(ids)).order_by(Ticket.id).with_for_update(skip_locked=True)
    ).all()
    for ticket_id in _not_refreshed(session, free):
        if broken is not None:
            broken(ticket_id)
    before = row.recomputed_to
    left = set(ids) - set(free)
    if left:
        row.recomputed_to = min(left) - 1
    else:
        row.recomputed_to = ids[-1] if len(ids) == limit else None
    session.flush()
    return row.recomputed_to is not None and row.recomputed_to != before


def _not_refreshed(session: Session, ids: Sequence[int]) -> Iterator[int]:
    """Bring these up to date; the ones for which it cannot be done."""
    at_hand: dict[int, Ticket] = {}
    with contextlib.suppress(*UNREADABLE):
        found = session.scalars(select(Ticket).where(Ticket.id.in_(ids)), execution_options=FRESH)
        at_hand = {ticket.id: ticket for ticket in found}
    for ticket_id in ids:
        try:
            refresh(session, at_hand.get(ticket_id) or session.get_one(Ticket, ticket_id))
        except DAMAGED:
            yield ticket_id
