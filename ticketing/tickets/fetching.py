"""The files of a ticket that its requester may have: those of replies, whole, and with their words."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from ticketing.tickets.access import find_own
from ticketing.tickets.errors import FileGone, FileNotFound, TicketNotFound
from ticketing.tickets.files import Files
from ticketing.tickets.logic import Visibility
from ticketing.tickets.models import JournalEntry, JournalText, TicketAttachment

ANY_BYTES = "application/octet-stream"

INERT = frozenset(
    {"image/png", "image/jpeg", "image/gif", "text/plain", "text/csv", "application/zip", ANY_BYTES}
)
"""What no browser runs or follows, whatever is in it. XML may be a page, PDF has scripts, a mail has both."""


@dataclass(frozen=True)
class OwnFile:
    """A file as its requester sees it, and the number of the entry that brought it."""

    entry: int
    name: str
    size: int


@dataclass(frozen=True)
class FoundFile:
    """A file that may be handed to who asked, if its bytes are there."""

    name: str
    media_type: str
    digest: str


def own_file(session: Session, person_id: int, number_text: str, entry: int) -> FoundFile:
    """The file that an entry of a person's own ticket brought with a reply.

    Raises:
        FileNotFound: there is none; the answer for a file of a work note or of somebody else is the same.
        FileGone: there was one, and its words were erased.
    """
    try:
        ticket = session.scalars(find_own(person_id, number_text)).first()
    except TicketNotFound:
        raise FileNotFound from None
    if ticket is None:
        raise FileNotFound
    found = session.execute(
        select(TicketAttachment, JournalText.salt)
        .join(JournalEntry, JournalEntry.id == TicketAttachment.entry_id)
        .outerjoin(JournalText, JournalText.entry_id == TicketAttachment.entry_id)
        .where(TicketAttachment.ticket_id == ticket.id, JournalEntry.number == entry)
        .where(TicketAttachment.visibility == Visibility.REPLY)
    ).first()
    if found is None:
        raise FileNotFound
    file, salt = found
    if salt is None:
        # The bytes may still be there, for another entry that brought the same.
        raise FileGone
    return FoundFile(file.name, file.media_type if file.media_type in INERT else ANY_BYTES, file.digest)


def whole_file(files: Files, digest: str) -> Path:
    """Where the bytes of a file lie.

    Raises:
        FileGone: they are not there any more, or are not what was put there.
    """
    path = files.path(digest)
    try:
        with path.open("rb") as file:
            is_whole = hashlib.file_digest(file, "sha256").hexdigest() == digest
    except OSError:
        raise FileGone from None
    if not is_whole:
        raise FileGone
    return path


def files_of(session: Session, entries: Collection[JournalEntry]) -> dict[int, OwnFile]:
    """Of entries whose words were not erased the files that came with a reply, by the entry's id."""
    numbers = {entry.id: entry.number for entry in entries}
    found = session.scalars(
        select(TicketAttachment)
        .join(JournalText, JournalText.entry_id == TicketAttachment.entry_id)
        .where(TicketAttachment.entry_id.in_(numbers), TicketAttachment.visibility == Visibility.REPLY)
        .where(JournalText.salt.is_not(None))
    )
    return {file.entry_id: OwnFile(numbers[file.entry_id], file.name, file.size) for file in found}
