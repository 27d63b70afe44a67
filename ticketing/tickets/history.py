"""A ticket's journal as its requester may read it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ticketing.tickets.access import find_own
from ticketing.tickets.errors import TicketNotFound
from ticketing.tickets.journal import ASSISTANT, DESK, person
from ticketing.tickets.logic import EntryKind, Status
from ticketing.tickets.models import JournalEntry, JournalText, Ticket
from ticketing.tickets.queries import OwnTicket, own_ticket

MOST_ENTRIES = 200

SHOWN = frozenset(
    {
        EntryKind.OPENED,
        EntryKind.HANDOFF_REQUESTED,
        EntryKind.MOVED,
        EntryKind.REOPENED,
        EntryKind.REPLIED,
    }
)
"""What the requester reads of; how the team judges a ticket and what it notes for itself is not among it."""

TOLD_WITH_REASON = frozenset({Status.RESOLVED, Status.CANCELLED})
"""Moves whose reason is written for the requester: what was done, or why nothing will be."""


class Writer(enum.Enum):
    """Who did something, seen by the requester. Of the team nobody has a name."""

    ME = "me"
    TEAM = "team"
    ASSISTANT = "assistant"
    DESK = "desk"


@dataclass(frozen=True)
class OwnEntry:
    """One thing that happened; the status is that of a move."""

    number: int
    kind: EntryKind
    at: datetime
    author: Writer
    text: str | None
    status: Status | None


@dataclass(frozen=True)
class OwnStory:
    """A ticket with its words and what became of it; the last entries, if there are very many."""

    ticket: OwnTicket
    description: str
    details: str | None
    entries: tuple[OwnEntry, ...]


def own_story(session: Session, person_id: int, number_text: str, *, language: str | None = None) -> OwnStory:
    """The person's ticket whose number stands in a text, in full.

    Raises:
        TicketNotFound: no such ticket, or somebody else's.
    """
    ticket = session.scalars(find_own(person_id, number_text)).first()
    if ticket is None:
        raise TicketNotFound
    seen = own_ticket(session, person_id, number_text, language=language)
    return OwnStory(seen, ticket.description, ticket.details, _entries(session, ticket))


def writer_of(actor: str, requester_id: int) -> Writer:
    """Who an entry's actor is to the requester."""
    if actor == person(requester_id):
        return Writer.ME
    return {ASSISTANT: Writer.ASSISTANT, DESK: Writer.DESK}.get(actor, Writer.TEAM)


def _entries(session: Session, ticket: Ticket) -> tuple[OwnEntry, ...]:
    last = session.execute(
        select(JournalEntry, JournalText.text)
        .outerjoin(JournalText, JournalText.entry_id == JournalEntry.id)
        .where(JournalEntry.ticket_id == ticket.id, JournalEntry.kind.in_(SHOWN))
        .order_by(JournalEntry.number.desc())
        .limit(MOST_ENTRIES)
    ).all()
    return tuple(_as_seen(entry, text, ticket.requester_id) for entry, text in reversed(last))


def _as_seen(entry: JournalEntry, text: str | None, requester_id: int) -> OwnEntry:
    author = writer_of(entry.actor, requester_id)
    status = Status(entry.after["status"]) if entry.kind is EntryKind.MOVED else None
    return OwnEntry(
        number=entry.number,
        kind=entry.kind,
        at=entry.at,
        author=author,
        text=text if _is_for_requester(entry.kind, status, author) else None,
        status=status,
    )


def _is_for_requester(kind: EntryKind, status: Status | None, author: Writer) -> bool:
    """Whether the words of an entry were written for the requester, or by it."""
    return kind is EntryKind.REPLIED or status in TOLD_WITH_REASON or author is Writer.ME
