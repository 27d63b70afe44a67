"""Files that agents put on tickets: with a reply that the requester reads, or with a note for the staff."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from notices.preferences.logic import NoticeKind
from ticketing.tickets.access import access_ticket
from ticketing.tickets.announcing import announce
from ticketing.tickets.errors import FileRefused
from ticketing.tickets.files import Files, NewFile, clean_file_name, media_type_of, why_not_file
from ticketing.tickets.intake import kept
from ticketing.tickets.journal import VISIBILITY, Act, write_entry
from ticketing.tickets.logic import EntryKind, Visibility
from ticketing.tickets.models import TicketAttachment

KINDS = {visibility: kind for kind, visibility in VISIBILITY.items()}


def take_file(files: Files, name: str, content: bytes) -> NewFile:
    """Look at a file and keep its bytes; called with the folder `held` until it is on a ticket.

    Raises:
        FileRefused: it is too large, empty, or not of a kind that is taken; nothing is kept.
    """
    name = clean_file_name(name)
    if why := why_not_file(name, content):
        raise FileRefused(why)
    return NewFile(name, media_type_of(name), len(content), files.keep(content))


def attach_file(
    session: Session,
    ticket_id: int,
    file: NewFile,
    *,
    visibility: Visibility,
    text: str | None = None,
    actor: str,
    now: datetime,
) -> int:
    """Put a file on a ticket, with words or else its name as a reply or a note; returns the entry's number.

    What is said of the file in the chain is its digest, its size and its kind; who may read the words may
    have the file.

    Raises:
        TicketNotFound: no such ticket.
    """
    ticket = access_ticket(session, ticket_id)
    words = kept(text) or file.name
    data = {"file": {"digest": file.digest, "size": file.size, "media_type": file.media_type}}
    entry = write_entry(session, ticket, Act(KINDS[visibility], actor, now, words, data))
    session.add(
        TicketAttachment(
            entry_id=entry.id,
            ticket_id=ticket.id,
            name=file.name,
            media_type=file.media_type,
            size=file.size,
            digest=file.digest,
            visibility=visibility,
        )
    )
    session.flush()
    if entry.kind is EntryKind.REPLIED:
        announce(session, ticket, NoticeKind.REPLIED, entry=entry, now=now, text=words)
    return entry.number
