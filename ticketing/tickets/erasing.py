"""Taking words out of a ticket for good: out of its journal, out of letters, and the bytes of a file."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.outbox.repairing import forget_words
from ticketing.tickets.access import access_ticket
from ticketing.tickets.errors import EntryNotFound
from ticketing.tickets.journal import Act, write_entry
from ticketing.tickets.logic import ERASED, EntryKind, ticket_number
from ticketing.tickets.models import JournalEntry, JournalText, Ticket, TicketAttachment


def erase_text(session: Session, ticket_id: int, entry: int, *, actor: str, now: datetime) -> None:
    """Take the words out of an entry for good; that there were some, and who took them out, stays.

    With the words a file loses its name, and letters that hold them lose theirs: what was not sent never is.
    The words a ticket was opened with are in the subject of all of its letters.

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
    if (file := session.get(TicketAttachment, text.entry_id)) is not None:
        file.name = ERASED
    if kind is EntryKind.OPENED:
        ticket.summary, ticket.description, ticket.details = ERASED, "", None
    _forget_letters(session, ticket, None if kind is EntryKind.OPENED else entry)
    write_entry(session, ticket, Act(EntryKind.TEXT_ERASED, actor, now, data={"entry": entry}))


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


def _forget_letters(session: Session, ticket: Ticket, entry: int | None) -> None:
    """Those of an entry; all of them for None. A key is `ticket:NUMBER:kind:ENTRY`, and perhaps to whom."""

    def is_of_it(key: str) -> bool:
        parts = key.split(":")
        return entry is None or (len(parts) > 3 and parts[3] == str(entry))

    forget_words(session, f"ticket:{ticket_number(ticket.type, ticket.id)}:", is_of_it)
