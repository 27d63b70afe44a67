"""Taking words out of a ticket for good: out of its journal, out of letters, and the bytes of a file.

The desk has written some words on other tickets too (`copies`). Whoever erases words erases those first, in
batches, then the words themselves, and then what was copied meanwhile: so words that are left by a crash can
still be erased from where they came, and of words that are gone nothing is copied any more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.outbox.repairing import forget_words, mail_keys
from ticketing.tickets.access import access_ticket, access_tickets
from ticketing.tickets.copies import copies_of
from ticketing.tickets.errors import EntryNotFound
from ticketing.tickets.journal import Act, write_entry
from ticketing.tickets.logic import ERASED, EntryKind, ticket_number
from ticketing.tickets.models import JournalEntry, JournalText, Ticket, TicketAttachment

AT_ONCE = 25
"""Copies in one transaction."""


def erase_text(session: Session, ticket_id: int, entry: int, *, actor: str, now: datetime) -> None:
    """Take the words out of an entry for good; that there were some, and who took them out, stays.

    With the words a file loses its name, and letters that hold them lose theirs: what was not sent never is.
    The words a ticket was opened with are in the subject of all of its letters. Copies on other tickets stay:
    `erase_copies` takes them out.

    Raises:
        TicketNotFound, EntryNotFound: nothing is erased.
    """
    ticket = access_ticket(session, ticket_id)
    found = session.execute(
        select(JournalText, JournalEntry)
        .join(JournalEntry, JournalEntry.id == JournalText.entry_id)
        .where(JournalEntry.ticket_id == ticket.id, JournalEntry.number == entry)
        .where(JournalText.salt.is_not(None))
    ).first()
    if found is None:
        raise EntryNotFound(ticket_number(ticket.type, ticket.id), entry, last=ticket.journal_length)
    text, row = found
    _erase(session, ticket, row, text, actor, now)


def erase_copies(session: Session, entry_ids: Sequence[int], *, actor: str, now: datetime) -> int:
    """Take the words out of entries that `copies` has named; returns how many of them had some still."""
    wanted = (
        select(JournalText, JournalEntry)
        .join(JournalEntry, JournalEntry.id == JournalText.entry_id)
        .where(JournalEntry.id.in_(entry_ids), JournalText.salt.is_not(None))
        .order_by(JournalEntry.id)
        .execution_options(populate_existing=True)
    )
    tickets = {
        each.id: each
        for each in access_tickets(session, *{entry.ticket_id for _, entry in session.execute(wanted)})
    }
    # Again, now that they are locked: somebody else may have erased some.
    found = session.execute(wanted).all()
    for text, entry in found:
        _erase(session, tickets[entry.ticket_id], entry, text, actor, now)
    return len(found)


def letters_with(session: Session, ticket_id: int, entry: int) -> tuple[str, ...]:
    """The keys of the mail that has, or had, the words of an entry or of a copy."""
    wanted = select(JournalEntry.id).where(JournalEntry.ticket_id == ticket_id, JournalEntry.number == entry)
    copies = copies_of(session, ticket_id, entry, with_erased=True)
    return letters_of(session, (*session.scalars(wanted), *copies))


def letters_of(session: Session, entry_ids: Sequence[int]) -> tuple[str, ...]:
    """The keys of the mail that has, or had, words of these entries."""
    found = session.execute(
        select(JournalEntry, Ticket.id, Ticket.type)
        .join(Ticket, Ticket.id == JournalEntry.ticket_id)
        .where(JournalEntry.id.in_(entry_ids))
        .order_by(JournalEntry.id)
    )
    letters = (_letters(ticket_number(type_, ticket_id), entry) for entry, ticket_id, type_ in found)
    return tuple(key for each in letters for key in mail_keys(session, *each))


def erased_file(session: Session, ticket_id: int, entry: int) -> str | None:
    """The digest of the file that an erased entry brought, if no entry that has its words holds the same one:
    then its bytes are to go."""
    digest = session.scalar(
        select(TicketAttachment.digest)
        .join(JournalEntry, JournalEntry.id == TicketAttachment.entry_id)
        .where(JournalEntry.ticket_id == ticket_id, JournalEntry.number == entry)
    )
    needed = (
        select(TicketAttachment.entry_id)
        .join(JournalText, JournalText.entry_id == TicketAttachment.entry_id)
        .where(TicketAttachment.digest == digest, JournalText.salt.is_not(None))
        .limit(1)
    )
    return None if digest is None or session.scalar(needed) is not None else digest


def _erase(
    session: Session, ticket: Ticket, entry: JournalEntry, text: JournalText, actor: str, now: datetime
) -> None:
    text.salt = text.text = None
    if (file := session.get(TicketAttachment, entry.id)) is not None:
        file.name = ERASED
    is_opening = entry.kind is EntryKind.OPENED
    if is_opening:
        ticket.summary, ticket.description, ticket.details = ERASED, "", None
    forget_words(session, *_letters(ticket_number(ticket.type, ticket.id), entry))
    write_entry(session, ticket, Act(EntryKind.TEXT_ERASED, actor, now, data={"entry": entry.number}))


def _letters(number: str, entry: JournalEntry) -> tuple[str, Callable[[str], bool]]:
    """How the keys of letters with the words of an entry begin, and which of those are meant: all of them for
    the words a ticket was opened with. A key is `ticket:NUMBER:kind:ENTRY`, and perhaps to whom."""

    def is_of_it(key: str) -> bool:
        parts = key.split(":")
        return entry.kind is EntryKind.OPENED or (len(parts) > 3 and parts[3] == str(entry.number))

    return f"ticket:{number}:", is_of_it
