"""What the staff does with a ticket; every change has its entry in the journal."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from identity.agents.logic import agent_id_of
from notices.preferences.logic import NoticeKind
from ticketing.ratings.operations import ask_for_rating
from ticketing.routing.queries import check_chosen
from ticketing.tickets.access import access_ticket
from ticketing.tickets.announcing import announce
from ticketing.tickets.chain import Fields, change
from ticketing.tickets.errors import MoveNotAllowed, ReclassifyNotAllowed, TextMissing
from ticketing.tickets.families import forget_resolution, leave_for_children
from ticketing.tickets.intake import kept
from ticketing.tickets.journal import DESK, Act, person, write_entry
from ticketing.tickets.logic import (
    EntryKind,
    HoldReason,
    ResolutionCode,
    Status,
    is_reopening,
    ticket_number,
    why_not_move,
)
from ticketing.tickets.models import JournalEntry, Ticket
from ticketing.tickets.priority import Impact, Priority, Urgency, priority_of

NOTICE_OF = {
    Status.ON_HOLD: NoticeKind.ON_HOLD,
    Status.RESOLVED: NoticeKind.RESOLVED,
    Status.CANCELLED: NoticeKind.CANCELLED,
}
"""Moves that people are told of; that a resolved ticket is closed at last is no news to anybody."""


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
    code: ResolutionCode | None = None,
) -> Status:
    """Take a ticket to another status; returns the one it had.

    Args:
        reason: why, or what was done; resolving, cancelling and reopening need it.
        code: how it was resolved; on the way to RESOLVED only, which needs it.
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
        code=code,
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
    code: ResolutionCode | None = None,
    data: Fields | None = None,
) -> JournalEntry:
    """The same with a ticket that is locked, telling whom it concerns; returns the entry.

    What resolves a parent resolves its open children too, afterwards and in batches (`reaching`), in the
    same way and with the same words. Those whom it has not reached when the parent is reopened stay open.

    Raises:
        MoveNotAllowed: nothing is changed.
    """
    before = ticket.status
    reason, assignee = kept(reason), assignee or ticket.assignee
    why = why_not_move(before, to, reason=reason, hold_reason=hold_reason, assignee=assignee, code=code)
    if ticket.merged_into_id is not None:
        why = "it is merged into another ticket; `guichet ticket unmerge` takes it apart"
    if why:
        raise MoveNotAllowed(ticket_number(ticket.type, ticket.id), to, why)
    kind = EntryKind.REOPENED if is_reopening(before, to) else EntryKind.MOVED
    changed = change(
        ticket,
        status=to,
        hold_reason=hold_reason,
        assignee=None if to is Status.NEW else assignee,
        resolution_code=ticket.resolution_code if to is Status.CLOSED else code,
        duplicate_of_id=None if kind is EntryKind.REOPENED else ticket.duplicate_of_id,
    )
    if to is not Status.CLOSED:
        ticket.resolved_at = now if to is Status.RESOLVED else None
    entry = write_entry(session, ticket, Act(kind, actor, now, reason, data), *changed)
    if notice := NoticeKind.REOPENED if kind is EntryKind.REOPENED else NOTICE_OF.get(to):
        link = ask_for_rating(session, ticket, entry=entry, now=now) if to is Status.RESOLVED else None
        announce(session, ticket, notice, entry=entry, now=now, text=reason, link=link)
    if to is Status.RESOLVED:
        leave_for_children(session, ticket, entry)
    elif kind is EntryKind.REOPENED:
        forget_resolution(session, ticket)
    return entry


def reclassify(
    session: Session,
    ticket_id: int,
    *,
    actor: str,
    now: datetime,
    impact: Impact | None = None,
    urgency: Urgency | None = None,
    category: str | None = None,
    reason: str | None = None,
) -> Priority:
    """Correct impact, urgency or category; returns the priority that follows. No change, no entry.

    Of another category a ticket stays in its group: `transfer_ticket` passes it on.

    Raises:
        TicketNotFound, ReclassifyNotAllowed: nothing is changed.
        CategoryNotChosen: no ticket gets the category that was named.
    """
    ticket = access_ticket(session, ticket_id)
    if ticket.status is Status.CANCELLED:
        raise ReclassifyNotAllowed(ticket_number(ticket.type, ticket.id), "it is cancelled")
    if category is not None:
        check_chosen(session, category)
    impact, urgency = impact or ticket.impact, urgency or ticket.urgency
    changed = change(
        ticket,
        category=category or ticket.category,
        impact=impact,
        urgency=urgency,
        priority=priority_of(impact, urgency),
    )
    if changed[1]:
        write_entry(session, ticket, Act(EntryKind.RECLASSIFIED, actor, now, kept(reason)), *changed)
    return ticket.priority


def add_reply(session: Session, ticket_id: int, text: str, *, actor: str, now: datetime) -> int:
    """Write something the requester may read, and is told; returns the number of its entry.

    Raises:
        TicketNotFound, TextMissing: nothing is written.
    """
    return reply(session, access_ticket(session, ticket_id), text, actor=actor, now=now).number


def reply(
    session: Session, ticket: Ticket, text: str, *, actor: str, now: datetime, data: Fields | None = None
) -> JournalEntry:
    """The same with a ticket that is locked, whoever writes; what waited for the requester's answer goes on.

    What an agent writes on a parent is written on its open children too, afterwards and in batches
    (`reaching`): each requester is told.

    Raises:
        TextMissing: nothing is written.
    """
    entry = write_text(session, ticket, EntryKind.REPLIED, text, actor, now, data)
    announce(session, ticket, NoticeKind.REPLIED, entry=entry, now=now, text=kept(text))
    is_awaited = ticket.status is Status.ON_HOLD and ticket.hold_reason is HoldReason.REQUESTER
    if is_awaited and actor == person(ticket.requester_id):
        move(session, ticket, Status.IN_PROGRESS, actor=DESK, now=now)
    if agent_id_of(actor) is not None:
        leave_for_children(session, ticket, entry)
    return entry


def add_work_note(session: Session, ticket_id: int, text: str, *, actor: str, now: datetime) -> int:
    """Write something for the staff alone; returns the number of its entry.

    Raises:
        TicketNotFound, TextMissing: nothing is written.
    """
    ticket = access_ticket(session, ticket_id)
    return write_text(session, ticket, EntryKind.WORK_NOTED, text, actor, now).number


def write_text(
    session: Session,
    ticket: Ticket,
    kind: EntryKind,
    text: str,
    actor: str,
    now: datetime,
    data: Fields | None = None,
) -> JournalEntry:
    """Write a reply or a note on a ticket that is locked; returns its entry."""
    words = kept(text)
    if words is None:
        raise TextMissing
    return write_entry(session, ticket, Act(kind, actor, now, words, data))
