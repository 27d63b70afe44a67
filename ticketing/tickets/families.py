"""An incident with others that are its symptoms: what is said and done on it reaches them too.

An answer on a parent, and its resolution, leave word here for its open children; `reaching` brings it there.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, literal, select
from sqlalchemy.orm import Session

from ticketing.tickets.access import access_ticket, access_tickets
from ticketing.tickets.chain import change
from ticketing.tickets.errors import ParentNotAllowed
from ticketing.tickets.intake import kept
from ticketing.tickets.journal import Act, write_entry
from ticketing.tickets.logic import FINISHED, OPEN, EntryKind, TicketType, ticket_number
from ticketing.tickets.models import ChildToReach, JournalEntry, Ticket


def set_parent(
    session: Session, ticket_id: int, parent_id: int, *, actor: str, now: datetime, reason: str | None = None
) -> str:
    """Make a ticket a child of an incident, of another one than before if it has one; returns its number.

    There is one level: a parent has none itself, and a ticket with children becomes nobody's child.

    Raises:
        TicketNotFound, ParentNotAllowed: nothing is changed.
    """
    if ticket_id == parent_id:
        raise ParentNotAllowed(_number(access_ticket(session, ticket_id)), "it is the same ticket")
    # Both locked, the parent first: of two that become each other's child at once, the second is refused.
    ticket, parent = access_tickets(session, ticket_id, parent_id)
    if why := _why_not(session, ticket, parent):
        raise ParentNotAllowed(_number(ticket), why)
    return _relate(session, ticket, parent.id, actor=actor, now=now, reason=reason)


def unset_parent(
    session: Session, ticket_id: int, *, actor: str, now: datetime, reason: str | None = None
) -> str:
    """Take a ticket away from its parent; returns its number.

    Raises:
        TicketNotFound, ParentNotAllowed: nothing is changed.
    """
    ticket = access_ticket(session, ticket_id)
    if ticket.parent_id is None:
        raise ParentNotAllowed(_number(ticket), "it has none")
    return _relate(session, ticket, None, actor=actor, now=now, reason=reason)


def leave_for_children(session: Session, parent: Ticket, entry: JournalEntry) -> None:
    """Note which children an entry on a locked ticket is to reach: those that are open now."""
    if parent.parent_id is not None:
        return  # there is one level
    open_children = (
        select(literal(parent.id), literal(entry.id), Ticket.id, Ticket.journal_length)
        .where(Ticket.parent_id == parent.id, Ticket.status.in_(OPEN))
        .order_by(Ticket.id)
    )
    columns = ["parent_id", "entry_id", "child_id", "child_entry"]
    session.execute(insert(ChildToReach).from_select(columns, open_children))


def forget_resolution(session: Session, parent: Ticket) -> None:
    """A locked parent is open again: children that its resolution has not reached stay open as well."""
    resolutions = select(JournalEntry.id).where(
        JournalEntry.ticket_id == parent.id, JournalEntry.kind == EntryKind.MOVED
    )
    session.execute(
        delete(ChildToReach)
        .where(ChildToReach.parent_id == parent.id, ChildToReach.entry_id.in_(resolutions))
        .execution_options(synchronize_session=False)
    )


def _relate(
    session: Session,
    ticket: Ticket,
    parent_id: int | None,
    *,
    actor: str,
    now: datetime,
    reason: str | None,
) -> str:
    changed = change(ticket, parent_id=parent_id)
    if changed[1]:
        write_entry(session, ticket, Act(EntryKind.PARENT_CHANGED, actor, now, kept(reason)), *changed)
    return _number(ticket)


def _why_not(session: Session, ticket: Ticket, parent: Ticket) -> str | None:
    if ticket.status in FINISHED:
        return f"it is {ticket.status.words}: nothing would reach it any more"
    if parent.type is not TicketType.INCIDENT:
        return f"{_number(parent)} is no incident"
    if parent.status in FINISHED:
        return f"{_number(parent)} is {parent.status.words}: nothing would come from it any more"
    if parent.parent_id is not None:
        return f"{_number(parent)} has a parent itself; name that one"
    if session.scalar(select(Ticket.id).where(Ticket.parent_id == ticket.id).limit(1)) is not None:
        return "it has children itself"
    return None


def _number(ticket: Ticket) -> str:
    return ticket_number(ticket.type, ticket.id)
