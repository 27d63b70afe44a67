"""Bringing to the children what was said or done on their parent, in batches: no transaction is long.

The parent's own entry has left word for each (`families`), and each batch takes that word away with what it
does. So a crash loses nothing, nothing is done twice, and whoever asks next goes on: a command, or the desk's
sweep.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, exists, not_, select
from sqlalchemy.orm import Session

from ticketing.tickets.access import access_ticket
from ticketing.tickets.handling import move, reply
from ticketing.tickets.logic import ERASED, OPEN, EntryKind, ResolutionCode, Status, ticket_number
from ticketing.tickets.models import ChildToReach, JournalEntry, JournalText, Ticket

AT_ONCE = 25
FAMILIES_AT_ONCE = 50

LEFT_ALONE = frozenset({EntryKind.REOPENED, EntryKind.PARENT_CHANGED})
"""Came between: it was finished and its requester says that it is not over, or it left and may be back."""


def families_to_reach(
    session: Session, *, without: Collection[int] = (), limit: int = FAMILIES_AT_ONCE
) -> tuple[int, ...]:
    """Parents of which something has not reached a child yet.

    Args:
        without: children that do not count.
    """
    found = session.scalars(
        select(ChildToReach.parent_id)
        .where(ChildToReach.child_id.not_in(without))
        .distinct()
        .order_by(ChildToReach.parent_id)
        .limit(limit)
    )
    return tuple(found)


def children_to_reach(session: Session, parent_id: int) -> tuple[int, ...]:
    """The children that something said or done on a parent has not reached yet."""
    found = session.scalars(
        select(ChildToReach.child_id)
        .where(ChildToReach.parent_id == parent_id)
        .distinct()
        .order_by(ChildToReach.child_id)
    )
    return tuple(found)


def reach_children(
    session: Session,
    parent_id: int,
    *,
    now: datetime,
    limit: int = AT_ONCE,
    without: Collection[int] = (),
    only: int | None = None,
) -> int:
    """Bring to the next children what was said or done on their parent; returns how often it reached one.
    Called until it returns 0.

    The parent stays locked meanwhile: of two who do this at once, the second goes on where the first ends.

    Args:
        without: children that are left for later.
        only: this one alone.

    Raises:
        TicketNotFound: no such parent.
    """
    parent = access_ticket(session, parent_id)
    _forget_who_is_gone(session, parent.id)
    which = ChildToReach.child_id.not_in(without) if only is None else ChildToReach.child_id == only
    words = session.execute(
        select(ChildToReach, JournalEntry, JournalText.text)
        .join(JournalEntry, JournalEntry.id == ChildToReach.entry_id)
        .outerjoin(JournalText, JournalText.entry_id == ChildToReach.entry_id)
        .where(ChildToReach.parent_id == parent.id, which)
        .order_by(ChildToReach.entry_id, ChildToReach.child_id)
        .limit(limit)
    ).all()
    children = _access(session, {word.child_id for word, _, _ in words})
    reached = 0
    for word, entry, text in words:
        child = children[word.child_id]
        if child.parent_id == parent.id and child.status in OPEN:
            _reach(session, child, parent, entry, text or ERASED, now)
            reached += 1
        session.delete(word)
    session.flush()
    return reached


def _reach(
    session: Session, child: Ticket, parent: Ticket, entry: JournalEntry, text: str, now: datetime
) -> None:
    data = {"parent": ticket_number(parent.type, parent.id), "entry": entry.number}
    if entry.kind is EntryKind.REPLIED:
        reply(session, child, text, actor=entry.actor, now=now, data=data)
        return
    code = ResolutionCode(entry.after["resolution_code"])
    move(session, child, Status.RESOLVED, actor=entry.actor, now=now, reason=text, code=code, data=data)


def _access(session: Session, ticket_ids: Collection[int]) -> dict[int, Ticket]:
    wanted = select(Ticket).where(Ticket.id.in_(ticket_ids)).order_by(Ticket.id).with_for_update()
    return {
        ticket.id: ticket for ticket in session.scalars(wanted, execution_options={"populate_existing": True})
    }


def _forget_who_is_gone(session: Session, parent_id: int) -> None:
    """Whoever left the family or was finished meanwhile is left alone, also if it came back since; and
    words that were erased reach nobody any more."""
    is_open = exists().where(Ticket.id == ChildToReach.child_id, Ticket.status.in_(OPEN))
    came_back = exists().where(
        JournalEntry.ticket_id == ChildToReach.child_id,
        JournalEntry.number > ChildToReach.child_entry,
        JournalEntry.kind.in_(LEFT_ALONE),
    )
    erased = exists().where(
        JournalEntry.id == ChildToReach.entry_id,
        JournalEntry.kind == EntryKind.REPLIED,
        JournalText.entry_id == JournalEntry.id,
        JournalText.salt.is_(None),
    )
    session.execute(
        delete(ChildToReach)
        .where(ChildToReach.parent_id == parent_id, not_(is_open) | came_back | erased)
        .execution_options(synchronize_session=False)
    )
