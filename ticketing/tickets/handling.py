"""What the staff does with a ticket; every change has its entry in the journal."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ticketing.tickets.access import access_ticket
from ticketing.tickets.errors import EntryNotFound, MoveNotAllowed, TextMissing
from ticketing.tickets.intake import kept
from ticketing.tickets.journal import Act, change, write_entry
from ticketing.tickets.logic import (
    EntryKind,
    HoldReason,
    Status,
    is_reopening,
    ticket_number,
    why_not_move,
)
from ticketing.tickets.models import JournalEntry, JournalText, Ticket
from ticketing.tickets.priority import Impact, Priority, Urgency, priority_of

ERASED_SUMMARY = "…"


def move_ticket(
    session: Session,
    ticket_id: int,
    to: Status,
    *,
    actor: str,
    now: datetime,
    reason: str | None = None,
    hold_reason: HoldReason | None = None,
    assignee: str | None = None,
) -> Status:
    """Take a ticket to another status; returns the one it had.

    Args:
        reason: why, or what was done; resolving, cancelling and reopening need it.
        assignee: who gets it; on the way to ASSIGNED only, where whoever has it keeps it otherwise.

    Raises:
        TicketNotFound, MoveNotAllowed: nothing is changed.
    """
    ticket = access_ticket(session, ticket_id)
    before = ticket.status
    move(
        session,
        ticket,
        to,
        actor=actor,
        now=now,
        reason=reason,
        hold_reason=hold_reason,
        assignee=assignee,
    )
    return before


def move(
    session: Session,
    ticket: Ticket,
    to: Status,
    *,
    actor: str,
    now: datetime,
    reason: str | None = None,
    hold_reason: HoldReason | None = None,
    assignee: str | None = None,
) -> int:
    """The same with a ticket that is locked; returns the number of the entry.

    Raises:
        MoveNotAllowed: nothing is changed.
    """
    before = ticket.status
    reason, assignee = kept(reason), assignee or ticket.assignee
    if why := why_not_move(before, to, reason=reason, hold_reason=hold_reason, assignee=assignee):
        raise MoveNotAllowed(ticket_number(ticket.type, ticket.id), to, why)
    changed = change(
        ticket, status=to, hold_reason=hold_reason, assignee=None if to is Status.NEW else assignee
    )
    kind = EntryKind.REOPENED if is_reopening(before, to) else EntryKind.MOVED
    return write_entry(session, ticket, Act(kind, actor, now, reason), *changed).number


def reclassify(
    session: Session,
    ticket_id: int,
    *,
    actor: str,
    now: datetime,
    impact: Impact | None = None,
    urgency: Urgency | None = None,
    reason: str | None = None,
) -> Priority:
    """Correct impact or urgency; returns the priority that follows from them. No change, no entry."""
    ticket = access_ticket(session, ticket_id)
    impact, urgency = impact or ticket.impact, urgency or ticket.urgency
    changed = change(ticket, impact=impact, urgency=urgency, priority=priority_of(impact, urgency))
    if changed[1]:
        write_entry(session, ticket, Act(EntryKind.RECLASSIFIED, actor, now, kept(reason)), *changed)
    return ticket.priority


def add_reply(session: Session, ticket_id: int, text: str, *, actor: str, now: datetime) -> int:
    """Write something the requester may read; returns the number of its entry.

    Raises:
        TicketNotFound, TextMissing: nothing is written.
    """
    return write_text(session, access_ticket(session, ticket_id), EntryKind.REPLIED, text, actor, now)


def add_work_note(session: Session, ticket_id: int, text: str, *, actor: str, now: datetime) -> int:
    """Write something for the staff alone; returns the number of its entry.

    Raises:
        TicketNotFound, TextMissing: nothing is written.
    """
    return write_text(session, access_ticket(session, ticket_id), EntryKind.WORK_NOTED, text, actor, now)


def write_text(
    session: Session, ticket: Ticket, kind: EntryKind, text: str, actor: str, now: datetime
) -> int:
    """Write a reply or a note on a ticket that is locked; returns the number of its entry."""
    words = kept(text)
    if words is None:
        raise TextMissing
    return write_entry(session, ticket, Act(kind, actor, now, words)).number


def erase_text(session: Session, ticket_id: int, entry: int, *, actor: str, now: datetime) -> None:
    """Take the words out of an entry for good; that there were some, and who took them out, stays.

    Raises:
        TicketNotFound, EntryNotFound: nothing is erased.
    """
    ticket = access_ticket(session, ticket_id)
    found = session.execute(
        select(JournalText, JournalEntry.kind)
        .join(JournalEntry, JournalEntry.id == JournalText.entry_id)
        .where(JournalEntry.ticket_id == ticket.id, JournalEntry.number == entry)
        .where(JournalText.salt.is_not(None))
    ).first()
    if found is None:
        raise EntryNotFound(ticket_number(ticket.type, ticket.id), entry)
    text, kind = found
    text.salt = text.text = None
    if kind is EntryKind.OPENED:
        ticket.summary, ticket.description, ticket.details = ERASED_SUMMARY, "", None
    write_entry(session, ticket, Act(EntryKind.TEXT_ERASED, actor, now, data={"entry": entry}))
