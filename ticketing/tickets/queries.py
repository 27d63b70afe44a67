"""What a requester may know of its tickets. Work notes are not among it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ticketing.calendars.queries import office_zone
from ticketing.groups.logic import name_in
from ticketing.groups.models import AssignmentGroup
from ticketing.tickets.access import find_own
from ticketing.tickets.errors import TicketNotFound
from ticketing.tickets.journal import person
from ticketing.tickets.logic import (
    OPEN,
    REOPEN_WINDOW,
    HoldReason,
    Status,
    TicketType,
    Visibility,
    may_reopen,
    may_reply,
    ticket_number,
)
from ticketing.tickets.models import JournalEntry, JournalText, Ticket, TicketReply
from ticketing.tickets.priority import Priority
from ticketing.tickets.similarity import are_alike

MOST_COMPARED = 50


@dataclass(frozen=True)
class OwnReply:
    """Something written on a ticket that its requester may read."""

    text: str
    at: datetime
    is_mine: bool


@dataclass(frozen=True)
class OwnTicket:
    """A ticket as its requester sees it; `zone` is that of the office, in which its days are told."""

    id: int
    number: str
    type: TicketType
    summary: str
    status: Status
    hold_reason: HoldReason | None
    priority: Priority
    group: str
    opened_at: datetime
    changed_at: datetime
    last_reply: OwnReply | None
    may_reply: bool
    may_reopen: bool
    zone: ZoneInfo


@dataclass(frozen=True)
class Moment:
    """When somebody looks, and how long after its resolution a ticket may be reopened."""

    now: datetime
    window: timedelta = REOPEN_WINDOW


def own_ticket(
    session: Session,
    person_id: int,
    number_text: str,
    *,
    language: str | None = None,
    at: Moment | None = None,
) -> OwnTicket:
    """The person's ticket whose number stands in a text.

    Args:
        language: in which its group is named; the ticket's own if None.
        at: for what may still be reopened; without it no time is too late.

    Raises:
        TicketNotFound: no such ticket, or somebody else's.
    """
    ticket = session.scalars(find_own(person_id, number_text)).first()
    if ticket is None:
        raise TicketNotFound
    return _as_seen(session, [ticket], language, at)[0]


def own_tickets(
    session: Session,
    person_id: int,
    *,
    open_only: bool = True,
    limit: int = 5,
    language: str | None = None,
    at: Moment | None = None,
) -> tuple[OwnTicket, ...]:
    """The person's tickets, the one that changed last first."""
    wanted = select(Ticket).where(Ticket.requester_id == person_id)
    if open_only:
        wanted = wanted.where(Ticket.status.in_(OPEN))
    latest = wanted.order_by(Ticket.changed_at.desc(), Ticket.id.desc()).limit(limit)
    return _as_seen(session, session.scalars(latest), language, at)


def goes_on_in(session: Session, ticket: Ticket) -> int | None:
    """The ticket in which the work on a merged one goes on, at the end of all merges; None without one."""
    seen, next_id = {ticket.id}, ticket.merged_into_id
    while next_id is not None and next_id not in seen:
        seen.add(next_id)
        further = session.scalar(select(Ticket.merged_into_id).where(Ticket.id == next_id))
        if further is None:
            return next_id
        next_id = further
    return None


def similar_open_tickets(
    session: Session, person_id: int, text: str, *, limit: int = 3, language: str | None = None
) -> tuple[OwnTicket, ...]:
    """The person's open tickets that a text may be about, the most alike first."""
    latest = session.scalars(
        select(Ticket)
        .where(Ticket.requester_id == person_id, Ticket.status.in_(OPEN))
        .order_by(Ticket.id.desc())
        .limit(MOST_COMPARED)
    )
    scored = [(are_alike(text, _texts_of(ticket)), ticket) for ticket in latest]
    alike = [(score, ticket) for score, ticket in scored if score is not None]
    alike.sort(key=lambda pair: (-pair[0], -pair[1].id))
    return _as_seen(session, [ticket for _, ticket in alike[:limit]], language)


def _texts_of(ticket: Ticket) -> tuple[str, ...]:
    whole = f"{ticket.description}\n{ticket.details or ''}"
    return (ticket.summary, whole)


def _as_seen(
    session: Session, tickets: Iterable[Ticket], language: str | None, at: Moment | None = None
) -> tuple[OwnTicket, ...]:
    rows = list(tickets)
    replies, zone = _last_replies(session, rows), office_zone(session)
    return tuple(
        OwnTicket(
            id=ticket.id,
            number=ticket_number(ticket.type, ticket.id),
            type=ticket.type,
            summary=ticket.summary,
            status=ticket.status,
            hold_reason=ticket.hold_reason,
            priority=ticket.priority,
            group=_group_name(session, ticket, language),
            opened_at=ticket.opened_at,
            changed_at=ticket.changed_at,
            last_reply=replies.get(ticket.id),
            may_reply=may_reply(_status_where_it_goes_on(session, ticket)),
            may_reopen=ticket.merged_into_id is None
            and may_reopen(
                ticket.status,
                resolved_at=ticket.resolved_at,
                now=at.now if at else None,
                window=at.window if at else REOPEN_WINDOW,
            ),
            zone=zone,
        )
        for ticket in rows
    )


def _status_where_it_goes_on(session: Session, ticket: Ticket) -> Status:
    """Its own, or that of the ticket it was merged into: what is added goes there."""
    elsewhere = goes_on_in(session, ticket) if ticket.merged_into_id is not None else None
    if elsewhere is None:
        return ticket.status
    return session.scalars(select(Ticket.status).where(Ticket.id == elsewhere)).one()


def _last_replies(session: Session, tickets: list[Ticket]) -> dict[int, OwnReply]:
    """The last thing that was written for the requester on each ticket and that was not erased."""
    last = (
        select(func.max(TicketReply.entry_id))
        .join(JournalText, JournalText.entry_id == TicketReply.entry_id)
        .where(
            TicketReply.ticket_id.in_([ticket.id for ticket in tickets]),
            TicketReply.visibility == Visibility.REPLY,
            JournalText.text.is_not(None),
        )
        .group_by(TicketReply.ticket_id)
    )
    found = session.execute(
        select(JournalEntry.ticket_id, JournalEntry.actor, JournalEntry.at, JournalText.text)
        .join(JournalText, JournalText.entry_id == JournalEntry.id)
        .where(JournalEntry.id.in_(last))
    )
    requesters = {ticket.id: person(ticket.requester_id) for ticket in tickets}
    return {
        row.ticket_id: OwnReply(row.text, row.at, is_mine=row.actor == requesters[row.ticket_id])
        for row in found
    }


def _group_name(session: Session, ticket: Ticket, language: str | None) -> str:
    group = session.get_one(AssignmentGroup, ticket.assignment_group)
    return name_in(group.names, language or ticket.language, group.key)
