"""Checking all journals, and reading them out, a batch at a time: neither the desk nor memory is held up."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, text, true
from sqlalchemy.orm import Session

from ticketing.tickets.belongings import Belongings, belongings_of
from ticketing.tickets.chain import Linked
from ticketing.tickets.errors import TicketNotFound
from ticketing.tickets.logic import ticket_number
from ticketing.tickets.models import JournalEntry, JournalText, Ticket, TicketAttachment
from ticketing.tickets.verifying import (
    DAMAGED,
    UNREADABLE,
    Broken,
    Written,
    first_broken,
    verify_journal,
    what_is_written,
)


@dataclass(frozen=True)
class Checked:
    """What became of some journals, of tickets or of problems; `last_id` is None behind the last one."""

    last_id: int | None
    tickets: int
    entries: int
    broken: tuple[Broken, ...]


@dataclass(frozen=True)
class Exported:
    """A journal entry for an archive outside: no words unless they were asked for."""

    id: int
    number: str
    entry: int
    kind: str
    actor: str
    at: datetime
    before: dict[str, Any]
    after: dict[str, Any]
    data: dict[str, Any]
    text_digest: str | None
    digest: str
    text: str | None = None


def see_one_state(session: Session) -> None:
    """What is written between two questions must not look like damage. SQLite is so by itself."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


def tickets_on_file(session: Session) -> int:
    """How many journals there are to check."""
    return session.scalars(select(func.count()).select_from(Ticket)).one()


def verify_journals(session: Session, *, after: int = 0, limit: int = 200) -> Checked:
    """Check the journals of the next tickets, all in one state of the database."""
    see_one_state(session)
    ids = session.scalars(select(Ticket.id).where(Ticket.id > after).order_by(Ticket.id).limit(limit)).all()
    last = ids[-1] if len(ids) == limit else None
    entries, broken = _verified(session, ids)
    gone = [
        Broken(f"ticket {ticket_id}", number, "its ticket is gone")
        for ticket_id, number in strays(session, JournalEntry.ticket_id, Ticket.id, after=after, last=last)
    ]
    return Checked(last, len(ids), entries, (*broken, *gone))


def verify_some(session: Session, ticket_ids: Sequence[int]) -> Checked:
    """Check the journals of these tickets.

    Raises:
        TicketNotFound: one of them is not there.
    """
    see_one_state(session)
    there = session.scalars(select(Ticket.id).where(Ticket.id.in_(ticket_ids)).order_by(Ticket.id)).all()
    if set(there) != set(ticket_ids):
        raise TicketNotFound
    entries, broken = _verified(session, there)
    return Checked(None, len(there), entries, broken)


@dataclass(frozen=True)
class AttachedFile:
    """A file that a ticket should have: the entry that brought it, and the digest of its bytes."""

    entry_id: int
    ticket: str
    entry: int
    digest: str


def attached_files(
    session: Session, *, after: int = 0, limit: int = 500, tickets: Collection[int] | None = None
) -> list[AttachedFile]:
    """The next files behind an entry's id, without those whose words were erased.

    Args:
        tickets: of these only.
    """
    wanted = (
        select(TicketAttachment, Ticket.type, JournalEntry.number)
        .join(Ticket, Ticket.id == TicketAttachment.ticket_id)
        .join(JournalEntry, JournalEntry.id == TicketAttachment.entry_id)
        .join(JournalText, JournalText.entry_id == TicketAttachment.entry_id)
        .where(TicketAttachment.entry_id > after, JournalText.salt.is_not(None))
        .where(TicketAttachment.ticket_id.in_(tickets) if tickets is not None else true())
        .order_by(TicketAttachment.entry_id)
        .limit(limit)
    )
    return [
        AttachedFile(file.entry_id, ticket_number(type_, file.ticket_id), number, file.digest)
        for file, type_, number in session.execute(wanted)
    ]


def export_journal(
    session: Session,
    *,
    after: int = 0,
    limit: int = 1_000,
    since: datetime | None = None,
    until: datetime | None = None,
    with_texts: bool = False,
) -> list[Exported]:
    """The next entries behind an id, in the order in which they were written.

    Args:
        since, until: from this moment on, and before that one.
    """
    wanted = (
        select(JournalEntry, Ticket.type, JournalText.text)
        .join(Ticket, Ticket.id == JournalEntry.ticket_id)
        .outerjoin(JournalText, JournalText.entry_id == JournalEntry.id)
        .where(*written_within(JournalEntry, after, since, until))
        .order_by(JournalEntry.id)
        .limit(limit)
    )
    return [
        exported(entry, ticket_number(type_, entry.ticket_id), words if with_texts else None)
        for entry, type_, words in session.execute(wanted)
    ]


def written_within(
    entries: type[Any], after: int, since: datetime | None, until: datetime | None
) -> Iterator[ColumnElement[bool]]:
    """Conditions for entries of a journal behind an id, from a moment on, and before another."""
    yield entries.id > after
    if since is not None:
        yield entries.at >= since
    if until is not None:
        yield entries.at < until


def exported(entry: Linked, number: str, words: str | None) -> Exported:
    """An entry as it is read out."""
    return Exported(
        id=entry.id,
        number=number,
        entry=entry.number,
        kind=entry.kind.value,
        actor=entry.actor,
        at=entry.at,
        before=entry.before,
        after=entry.after,
        data=entry.data,
        text_digest=entry.text_digest,
        digest=entry.digest,
        text=words,
    )


def _verified(session: Session, ids: Sequence[int]) -> tuple[int, tuple[Broken, ...]]:
    try:
        tickets = session.scalars(select(Ticket).where(Ticket.id.in_(ids)).order_by(Ticket.id)).all()
        rows = what_is_written(session, JournalEntry.ticket_id.in_(ids))
        beside = belongings_of(session, ids)
    except UNREADABLE:
        # One of them cannot be read: which, shows when they are read one by one.
        return _one_by_one(session, ids)
    of_ticket = {
        ticket_id: list(its) for ticket_id, its in itertools.groupby(rows, lambda row: row.entry.ticket_id)
    }
    judged = (_judged(ticket, of_ticket.get(ticket.id, []), beside[ticket.id]) for ticket in tickets)
    return len(rows), tuple(each for each in judged if each)


def _judged(ticket: Ticket, rows: Sequence[Written], beside: Belongings) -> Broken | None:
    try:
        return first_broken(ticket, rows, beside)
    except DAMAGED:
        return Broken(ticket_number(ticket.type, ticket.id), None, "it cannot be read")


def _one_by_one(session: Session, ids: Iterable[int]) -> tuple[int, tuple[Broken, ...]]:
    broken = []
    for ticket_id in ids:
        try:
            found = verify_journal(session, ticket_id)
        except DAMAGED:
            found = Broken(f"ticket {ticket_id}", None, "it cannot be read")
        broken += [found] if found else []
    entries = session.scalars(
        select(func.count()).select_from(JournalEntry).where(JournalEntry.ticket_id.in_(ids))
    )
    return entries.one(), tuple(broken)


def strays(
    session: Session, subject: Any, owners: Any, *, after: int, last: int | None
) -> list[tuple[int, int]]:
    """Whose entries are left though it is gone, and the first of them, among the ids of a batch; behind it
    too when it is the last one.

    Args:
        subject: the column of an entry that says whose it is.
        owners: the column it refers to.
    """
    lost = (
        select(subject, func.min(subject.class_.number))
        .outerjoin(owners.class_, owners == subject)
        .where(owners.is_(None), subject > after)
        .group_by(subject)
        .order_by(subject)
    )
    if last is not None:
        lost = lost.where(subject <= last)
    return [(owner, number) for owner, number in session.execute(lost)]
