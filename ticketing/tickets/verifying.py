"""Checking that nobody but the desk has written into the journal of a ticket."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from ticketing.tickets.belongings import Belongings, Told, belongings_of, broken_belongings
from ticketing.tickets.chain import (
    Entry,
    Fault,
    ReplayFailed,
    broken_chain,
    entry_digest,
    erased_by_nobody,
    opening_words,
    replay,
    text_digest,
)
from ticketing.tickets.errors import TicketNotFound
from ticketing.tickets.journal import TRACKED, VISIBILITY, state_of
from ticketing.tickets.logic import ERASED, STAFF_ONLY, EntryKind, ticket_number
from ticketing.tickets.models import JournalEntry, JournalText, Ticket, TicketReply

UNREADABLE = (LookupError, ValueError, TypeError)
"""What SQLAlchemy raises for a value that the column's type does not know."""

DAMAGED = (*UNREADABLE, AttributeError)
"""What comes of values that are not even of the right shape."""


ERASED_WORDS = opening_words(ERASED, "", None)
"""What erasing leaves of the words that a ticket was opened with."""


@dataclass(frozen=True)
class Broken:
    """What is wrong with a ticket's journal: at which entry, or (None) in the ticket itself."""

    ticket: str
    entry: int | None
    why: str


@dataclass(frozen=True)
class Written:
    """An entry with what stands beside it."""

    entry: JournalEntry
    text: JournalText | None
    reply: TicketReply | None


def verify_journal(session: Session, ticket_id: int) -> Broken | None:
    """The first thing that is not as it was written: an entry, or the ticket itself; None if all is well.

    Raises:
        TicketNotFound: no such ticket.
    """
    try:
        ticket = session.get(Ticket, ticket_id, populate_existing=True)
    except UNREADABLE:
        return Broken(f"ticket {ticket_id}", None, "it cannot be read")
    if ticket is None:
        raise TicketNotFound
    number = ticket_number(ticket.type, ticket.id)
    try:
        rows = what_is_written(session, JournalEntry.ticket_id == ticket_id)
    except UNREADABLE:
        return Broken(number, _first_unreadable(session, ticket_id), "it cannot be read")
    return first_broken(ticket, rows, belongings_of(session, [ticket_id])[ticket_id])


def first_broken(ticket: Ticket, rows: Sequence[Written], belongings: Belongings) -> Broken | None:
    """The same for what was read before: all rows of one ticket, in order, and what stands beside it."""
    number = ticket_number(ticket.type, ticket.id)
    checks = (
        _broken_entries(ticket, rows),
        _erased_by_nobody(rows),
        _broken_ticket(ticket, rows),
        broken_belongings(map(_told, rows), belongings),
    )
    for entry, why in itertools.chain.from_iterable(checks):
        return Broken(number, entry, why)
    return None


def what_is_written(session: Session, which: ColumnElement[bool]) -> list[Written]:
    """The rows of the journal, by ticket and in order."""
    found = session.execute(
        select(JournalEntry, JournalText, TicketReply)
        .outerjoin(JournalText, JournalText.entry_id == JournalEntry.id)
        .outerjoin(TicketReply, TicketReply.entry_id == JournalEntry.id)
        .where(which)
        .order_by(JournalEntry.ticket_id, JournalEntry.number)
        .execution_options(populate_existing=True)
    )
    return [Written(*row) for row in found]


def _first_unreadable(session: Session, ticket_id: int) -> int | None:
    places = (
        select(JournalEntry.id, JournalEntry.number)
        .where(JournalEntry.ticket_id == ticket_id)
        .order_by(JournalEntry.number)
    )
    return first_unreadable(
        session, places, lambda entry_id: what_is_written(session, JournalEntry.id == entry_id)
    )


def first_unreadable(session: Session, places: Select[int, int], read: Callable[[int], object]) -> int | None:
    """The number of the first entry, of ids and numbers in order, that cannot be read."""
    for entry_id, number in session.execute(places).all():
        try:
            read(entry_id)
        except UNREADABLE:
            return number
    return None


def _told(row: Written) -> Told:
    entry = row.entry
    return Told(entry.id, entry.number, entry.kind, entry.data, row.reply.visibility if row.reply else None)


def _said(entry: JournalEntry) -> Entry:
    return Entry(**{name: getattr(entry, name) for name in Entry.__dataclass_fields__})


def _broken_entries(ticket: Ticket, rows: Sequence[Written]) -> Iterator[Fault]:
    return broken_chain(
        rows,
        length=ticket.journal_length,
        entry_of=lambda row: row.entry,
        digest_of=lambda previous, row: entry_digest(previous, _said(row.entry)),
        fault_in=lambda row: _broken_text(ticket, row) or _broken_reply(ticket, row),
    )


def _erased_by_nobody(rows: Sequence[Written]) -> Iterator[Fault]:
    return erased_by_nobody(
        (row.entry for row in rows if row.entry.kind is EntryKind.TEXT_ERASED),
        (row.entry for row in rows if row.text is not None and row.text.salt is None),
    )


def _broken_text(ticket: Ticket, row: Written) -> str | None:
    if row.entry.text_digest is None:
        return "it has a text it was not written with" if row.text else None
    if row.text is None:
        return "its text is missing"
    is_opening = row.entry.kind is EntryKind.OPENED
    if is_opening and row.text.text is not None:
        return "it has a text it was not written with"  # its words are those of the ticket
    if row.text.salt is None:
        # Erased; by whom, `_erased_by_nobody` asks.
        is_empty = _words_of(ticket) == ERASED_WORDS if is_opening else row.text.text is None
        return None if is_empty else "it has a text again, which was erased"
    text = _words_of(ticket) if is_opening else row.text.text
    if text is None or text_digest(row.text.salt, text) != row.entry.text_digest:
        return "its text is not what was written"
    return None


def _broken_reply(ticket: Ticket, row: Written) -> str | None:
    visibility = VISIBILITY.get(row.entry.kind)
    shown = (row.reply.visibility, row.reply.ticket_id) if row.reply else None
    if shown != (visibility and (visibility, ticket.id)):
        return "it is not shown to those it was written for"
    return None


def _broken_ticket(ticket: Ticket, rows: Sequence[Written]) -> Iterator[Fault]:
    try:
        told = replay(_said(row.entry) for row in rows)
    except ReplayFailed as failure:
        yield failure.number, str(failure)
        return
    is_state = state_of(ticket)
    for field in TRACKED:
        if told.get(field) != is_state[field]:
            yield None, f"its {field} is not what the journal tells"
    if ticket.journal_length != len(rows) or (rows and ticket.journal_head != rows[-1].entry.digest):
        yield None, "its journal ends elsewhere"
    public = [row.entry.at for row in rows if row.entry.kind not in STAFF_ONLY]
    if public and (ticket.opened_at, ticket.changed_at) != (public[0], public[-1]):
        yield None, "its dates are not what the journal tells"
    if ticket.resolved_at != _resolved_at(rows):
        yield None, "it was not resolved when it says"


def _resolved_at(rows: Sequence[Written]) -> datetime | None:
    """When a ticket was resolved last, as long as it stayed so."""
    resolved_at = None
    for row in rows:
        status = row.entry.after.get("status", "closed")
        if status != "closed":
            resolved_at = row.entry.at if status == "resolved" else None
    return resolved_at


def _words_of(ticket: Ticket) -> str:
    return opening_words(ticket.summary, ticket.description, ticket.details)
