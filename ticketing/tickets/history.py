"""A ticket's journal as its requester may read it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.texts.catalogue import say
from ticketing.tickets.access import find_own
from ticketing.tickets.errors import TicketNotFound
from ticketing.tickets.fetching import OwnFile, files_of
from ticketing.tickets.journal import ASSISTANT, DESK, person
from ticketing.tickets.logic import EntryKind, Status, ticket_number
from ticketing.tickets.models import JournalEntry, JournalText, Ticket
from ticketing.tickets.queries import Moment, OwnTicket, own_ticket

MOST_ENTRIES = 200

SHOWN = frozenset(
    {
        EntryKind.OPENED,
        EntryKind.HANDOFF_REQUESTED,
        EntryKind.MOVED,
        EntryKind.REOPENED,
        EntryKind.REPLIED,
        EntryKind.TRANSFERRED,
        EntryKind.ESCALATED,
        EntryKind.MERGED,
    }
)
"""What the requester reads of; how the team judges a ticket and what it notes for itself is not among it."""

SAID_FOR = frozenset({EntryKind.TRANSFERRED, EntryKind.ESCALATED, EntryKind.MERGED})
"""What the desk has words for: a reason that the team gives there is meant for the team."""

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
    file: OwnFile | None = None


@dataclass(frozen=True)
class OwnStory:
    """A ticket with its words and what became of it; the last entries, if there are very many."""

    ticket: OwnTicket
    description: str
    details: str | None
    entries: tuple[OwnEntry, ...]


def own_story(
    session: Session,
    person_id: int,
    number_text: str,
    *,
    language: str | None = None,
    at: Moment | None = None,
) -> OwnStory:
    """The person's ticket whose number stands in a text, in full.

    Raises:
        TicketNotFound: no such ticket, or somebody else's.
    """
    ticket = session.scalars(find_own(person_id, number_text)).first()
    if ticket is None:
        raise TicketNotFound
    seen = own_ticket(session, person_id, number_text, language=language, at=at)
    entries = _entries(session, ticket, language or ticket.language)
    return OwnStory(seen, ticket.description, ticket.details, entries)


def writer_of(actor: str, requester_id: int) -> Writer:
    """Who an entry's actor is to the requester."""
    if actor == person(requester_id):
        return Writer.ME
    return {ASSISTANT: Writer.ASSISTANT, DESK: Writer.DESK}.get(actor, Writer.TEAM)


def _entries(session: Session, ticket: Ticket, language: str) -> tuple[OwnEntry, ...]:
    last = session.execute(
        select(JournalEntry, JournalText.text)
        .outerjoin(JournalText, JournalText.entry_id == JournalEntry.id)
        .where(JournalEntry.ticket_id == ticket.id, JournalEntry.kind.in_(SHOWN))
        .order_by(JournalEntry.number.desc())
        .limit(MOST_ENTRIES)
    ).all()
    shown = [(entry, text) for entry, text in reversed(last) if not _is_about_another(entry)]
    entries = [entry for entry, _ in shown]
    own_numbers, files = _own_numbers(session, ticket, entries), files_of(session, entries)
    seen = (_as_seen(entry, text, ticket.requester_id, own_numbers, language) for entry, text in shown)
    return tuple(replace(each, file=files.get(entry.id)) for each, entry in zip(seen, entries, strict=True))


def _is_about_another(entry: JournalEntry) -> bool:
    """Whether it tells that somebody else's ticket was merged into this one."""
    return entry.kind is EntryKind.MERGED and not entry.after


def _own_numbers(session: Session, ticket: Ticket, entries: list[JournalEntry]) -> dict[int, str]:
    """The numbers of tickets that this one was merged into, as far as they are of the same person."""
    ids = {entry.after["merged_into_id"] for entry in entries if entry.kind is EntryKind.MERGED}
    if not ids:
        return {}
    found = session.execute(
        select(Ticket.id, Ticket.type).where(Ticket.id.in_(ids), Ticket.requester_id == ticket.requester_id)
    )
    return {row.id: ticket_number(row.type, row.id) for row in found}


def _as_seen(
    entry: JournalEntry, text: str | None, requester_id: int, own_numbers: dict[int, str], language: str
) -> OwnEntry:
    author = writer_of(entry.actor, requester_id)
    status = Status(entry.after["status"]) if entry.kind is EntryKind.MOVED else None
    if entry.kind in SAID_FOR:
        text = _said_for(entry, own_numbers, language)
    elif status is Status.ON_HOLD:
        # The reason in words was written for the team.
        text = say(f"history_on_hold_{entry.after['hold_reason']}", language).text
    elif not _is_for_requester(entry.kind, status, author):
        text = None
    return OwnEntry(
        number=entry.number, kind=entry.kind, at=entry.at, author=author, text=text, status=status
    )


def _said_for(entry: JournalEntry, own_numbers: dict[int, str], language: str) -> str:
    """What the desk says of an entry, without a name of anybody or of a group."""
    if entry.kind is not EntryKind.MERGED:
        return say(f"history_{entry.kind.value}", language).text
    number = own_numbers.get(entry.after["merged_into_id"])
    if number is None:
        return say("history_merged", language).text
    return say("history_merged_into", language, ticket=number).text


def _is_for_requester(kind: EntryKind, status: Status | None, author: Writer) -> bool:
    """Whether the words of an entry were written for the requester, or by it."""
    return kind is EntryKind.REPLIED or status in TOLD_WITH_REASON or author is Writer.ME
