"""A ticket as the page behind a letter shows it: how it stands, and not a word of what was said on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from identity.people.models import Person
from identity.sites.models import Site
from ticketing.calendars.queries import office_zone
from ticketing.conversations.models import Conversation
from ticketing.tickets.access import LARGEST_ID
from ticketing.tickets.errors import TicketNotFound
from ticketing.tickets.journal import person
from ticketing.tickets.logic import FINISHED, HoldReason, Status, may_reopen, ticket_number
from ticketing.tickets.models import Ticket, TicketWatcher
from ticketing.tickets.places import is_genuine, is_over, place_in
from ticketing.tickets.queries import Moment


@dataclass(frozen=True)
class ShownTicket:
    """How a ticket stands; its title only for an address that somebody vouches for.

    `site` is where it was asked, if that was in a conversation; `is_own`: seen by its requester, not by
    somebody who watches it; `zone` is that of the office, in which its days are told.
    """

    number: str
    summary: str | None
    language: str
    status: Status
    hold_reason: HoldReason | None
    opened_at: datetime
    changed_at: datetime
    site: str | None
    is_own: bool
    is_merged: bool
    may_reopen: bool
    zone: ZoneInfo


def shown_ticket(session: Session, token: str, *, key: str, at: Moment) -> ShownTicket:
    """The ticket behind a link in a letter.

    Raises:
        TicketNotFound: the link is none of the desk's, is too old, or is no longer this person's.
    """
    place = place_in(token)
    if place is None or max(place.ticket_id, place.person_id) > LARGEST_ID:
        raise TicketNotFound
    ticket, reader = session.get(Ticket, place.ticket_id), session.get(Person, place.person_id)
    if ticket is None or reader is None or not reader.email:
        raise TicketNotFound
    is_own = ticket.requester_id == reader.id
    if not is_genuine(token, place, reader.email, key=key) or not (
        is_own or _watches(session, ticket, reader)
    ):
        raise TicketNotFound
    if ticket.status in FINISHED and is_over(ticket.changed_at, at.now):
        raise TicketNotFound
    is_merged = ticket.merged_into_id is not None
    return ShownTicket(
        number=ticket_number(ticket.type, ticket.id),
        summary=ticket.summary if reader.is_verified else None,
        language=ticket.language if is_own else reader.language,
        status=ticket.status,
        hold_reason=ticket.hold_reason,
        opened_at=ticket.opened_at,
        changed_at=ticket.changed_at,
        site=_site(session, ticket),
        is_own=is_own,
        is_merged=is_merged,
        may_reopen=is_own
        and not is_merged
        and may_reopen(ticket.status, resolved_at=ticket.resolved_at, now=at.now, window=at.window),
        zone=office_zone(session),
    )


def _watches(session: Session, ticket: Ticket, reader: Person) -> bool:
    return session.get(TicketWatcher, (ticket.id, person(reader.id))) is not None


def _site(session: Session, ticket: Ticket) -> str | None:
    if ticket.conversation_id is None:
        return None
    key = session.get_one(Conversation, ticket.conversation_id).site_key
    site = session.get(Site, key)
    return site.name if site is not None else key
