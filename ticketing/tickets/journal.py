"""Writing the journal of a ticket."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ticketing.sla.cache import refresh
from ticketing.sla.history import IRRELEVANT
from ticketing.tickets.chain import (
    Entry,
    Fields,
    entry_digest,
    text_digest,
    told_fields,
)
from ticketing.tickets.logic import STAFF_ONLY, EntryKind, Visibility
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

VISIBILITY = {EntryKind.REPLIED: Visibility.REPLY, EntryKind.WORK_NOTED: Visibility.WORK_NOTE}


@dataclass(frozen=True)
class Act:
    """Who did what, and when; `text` is kept outside the chain."""

    kind: EntryKind
    actor: str
    at: datetime
    text: str | None = None
    data: Fields | None = None


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
