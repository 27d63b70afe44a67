"""Writing the journal of a ticket, and checking that nobody else has."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from ticketing.sla.cache import refresh
from ticketing.sla.history import IRRELEVANT
from ticketing.tickets.belongings import Belongings, Told, belongings_of, broken_belongings
from ticketing.tickets.chain import (
    Entry,
    Fields,
    ReplayFailed,
    entry_digest,
    opening_words,
    replay,
    text_digest,
    told_fields,
)
from ticketing.tickets.errors import TicketNotFound
from ticketing.tickets.logic import STAFF_ONLY, EntryKind, Visibility, ticket_number
from ticketing.tickets.models import JournalEntry, JournalText, Ticket, TicketReply

ASSISTANT = "assistant"
PERSON = "person:"
DESK = "desk"

TRACKED = (
    "type",
    "status",
    "hold_reason",
    "tier",
    "assignment_group",
    "assignee",
    "requester_id",
    "category",
    "impact",
    "urgency",
    "priority",
    "articles_tried",
    "language",
    "channel",
    "conversation_id",
    "first_seq",
    "last_seq",
    "resolution_code",
    "parent_id",
    "merged_into_id",
    "duplicate_of_id",
)
"""The fields of a ticket that its journal tells; its words are covered by a digest."""

UNREADABLE = (LookupError, ValueError, TypeError)
"""What SQLAlchemy raises for a value that the column's type does not know."""

VISIBILITY = {EntryKind.REPLIED: Visibility.REPLY, EntryKind.WORK_NOTED: Visibility.WORK_NOTE}


@dataclass(frozen=True)
class Act:
    """Who did what, and when; `text` is kept outside the chain."""

    kind: EntryKind
    actor: str
    at: datetime
    text: str | None = None
    data: Fields | None = None


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


def person(person_id: int) -> str:
    """How the journal names a requester: never by name, so that the name can be erased."""
    return f"{PERSON}{person_id}"


def person_id_of(actor: str) -> int | None:
    """The requester behind an actor; None for somebody else."""
    number = actor.removeprefix(PERSON)
    return int(number) if actor.startswith(PERSON) and number.isdecimal() else None


def state_of(ticket: Ticket) -> Fields:
    """The tracked fields as the journal writes them."""
    return told_fields(ticket, TRACKED)


def write_entry(
    session: Session, ticket: Ticket, act: Act, before: Fields | None = None, after: Fields | None = None
) -> JournalEntry:
    """Add the next entry; the ticket is locked by whoever calls, so there are no gaps."""
    salt = secrets.token_hex(16) if act.text is not None else None
    said = Entry(
        ticket_id=ticket.id,
        number=ticket.journal_length + 1,
        kind=act.kind,
        before=before or {},
        after=after or {},
        data=act.data or {},
        actor=act.actor,
        at=act.at,
        text_digest=text_digest(salt, act.text) if salt and act.text is not None else None,
    )
    entry = JournalEntry(**vars(said), digest=entry_digest(ticket.journal_head, said))
    session.add(entry)
    ticket.journal_length, ticket.journal_head = entry.number, entry.digest
    if act.kind not in STAFF_ONLY:
        ticket.changed_at = act.at
    session.flush()
    if salt:
        is_in_ticket = act.kind is EntryKind.OPENED
        session.add(JournalText(entry_id=entry.id, salt=salt, text=None if is_in_ticket else act.text))
    if act.kind in VISIBILITY:
        session.add(TicketReply(entry_id=entry.id, ticket_id=ticket.id, visibility=VISIBILITY[act.kind]))
    session.flush()
    if after or act.kind not in IRRELEVANT:
        refresh(session, ticket)
    return entry


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
    places = session.execute(
        select(JournalEntry.id, JournalEntry.number)
        .where(JournalEntry.ticket_id == ticket_id)
        .order_by(JournalEntry.number)
    ).all()
    for entry_id, number in places:
        try:
            what_is_written(session, JournalEntry.id == entry_id)
        except UNREADABLE:
            return number
    return None


def _told(row: Written) -> Told:
    entry = row.entry
    return Told(entry.id, entry.number, entry.kind, entry.data, row.reply.visibility if row.reply else None)


def _said(entry: JournalEntry) -> Entry:
    return Entry(**{name: getattr(entry, name) for name in Entry.__dataclass_fields__})


def _broken_entries(ticket: Ticket, rows: Sequence[Written]) -> Iterator[tuple[int | None, str]]:
    previous = ""
    for expected, row in enumerate(rows, start=1):
        entry = row.entry
        if entry.number != expected:
            yield expected, "it is missing"
            return
        if entry.digest != entry_digest(previous, _said(entry)):
            yield expected, "it is not what was written"
        if why := _broken_text(ticket, row):
            yield expected, why
        if why := _broken_reply(ticket, row):
            yield expected, why
        previous = entry.digest
    if ticket.journal_length > len(rows):
        yield len(rows) + 1, "it is missing"


def _erased_by_nobody(rows: Sequence[Written]) -> Iterator[tuple[int | None, str]]:
    # Asked last: the entry that tells of an erasure comes later, and must itself be sound.
    erased = {row.entry.data.get("entry") for row in rows if row.entry.kind is EntryKind.TEXT_ERASED}
    for row in rows:
        if row.text is not None and row.text.salt is None and row.entry.number not in erased:
            yield row.entry.number, "its text was erased by nobody"


def _broken_text(ticket: Ticket, row: Written) -> str | None:
    if row.entry.text_digest is None:
        return "it has a text it was not written with" if row.text else None
    if row.text is None:
        return "its text is missing"
    if row.text.salt is None:
        return None  # erased; by whom, `_erased_by_nobody` asks
    text = _words_of(ticket) if row.entry.kind is EntryKind.OPENED else row.text.text
    if text is None or text_digest(row.text.salt, text) != row.entry.text_digest:
        return "its text is not what was written"
    return None


def _broken_reply(ticket: Ticket, row: Written) -> str | None:
    visibility = VISIBILITY.get(row.entry.kind)
    shown = (row.reply.visibility, row.reply.ticket_id) if row.reply else None
    if shown != (visibility and (visibility, ticket.id)):
        return "it is not shown to those it was written for"
    return None


def _broken_ticket(ticket: Ticket, rows: Sequence[Written]) -> Iterator[tuple[int | None, str]]:
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
