"""Everything there is on one ticket, for the staff."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, or_, select
from sqlalchemy.orm import Session

from identity.agents.logic import agent_actor, agent_id_of
from ticketing.problems.logic import ProblemStatus, problem_number
from ticketing.problems.models import Problem, ProblemIncident
from ticketing.tickets.access import LARGEST_ID
from ticketing.tickets.errors import TicketNotFound
from ticketing.tickets.journal import person_id_of
from ticketing.tickets.logic import (
    STAFF_ONLY,
    EntryKind,
    ResolutionCode,
    Status,
    Visibility,
    ticket_number,
)
from ticketing.tickets.models import (
    JournalEntry,
    JournalText,
    Ticket,
    TicketAttachment,
    TicketWatcher,
)
from ticketing.tickets.names import names_of
from ticketing.tickets.numbers import parse_number
from ticketing.tickets.priority import Impact, Urgency
from ticketing.tickets.rows import COLUMNS, StaffRow, rows_of

_PARTS = (Ticket.parent_id, Ticket.merged_into_id, Ticket.duplicate_of_id)


@dataclass(frozen=True)
class StaffEntry:
    """One thing that happened. A text is None where there was none, or where it was erased.

    Args:
        visibility: whether the requester is told of it at all.
    """

    number: int
    kind: EntryKind
    at: datetime
    actor: str
    actor_name: str
    visibility: Visibility
    text: str | None
    is_erased: bool
    before: dict[str, Any]
    after: dict[str, Any]
    data: dict[str, Any]


@dataclass(frozen=True)
class StaffAttachment:
    """A file on a ticket, and the entry that brought it."""

    entry: int
    name: str
    media_type: str
    size: int
    digest: str
    visibility: Visibility


@dataclass(frozen=True)
class Related:
    """Another ticket that this one has to do with."""

    id: int
    number: str
    status: Status
    summary: str


@dataclass(frozen=True)
class RelatedProblem:
    """A problem behind a ticket."""

    id: int
    number: str
    status: ProblemStatus
    summary: str
    workaround: str | None


@dataclass(frozen=True)
class Watcher:
    """Somebody told what happens to a ticket."""

    actor: str
    name: str


@dataclass(frozen=True)
class StaffTicket:
    """A ticket with its words, its journal and all that belongs to it.

    `names` are those of everybody who acts in the journal or is named by it, by actor; `numbers` those of
    the tickets it names by id.
    """

    row: StaffRow
    impact: Impact
    urgency: Urgency
    description: str
    details: str | None
    language: str
    channel: str
    conversation_id: int | None
    articles_tried: tuple[str, ...]
    resolution_code: ResolutionCode | None
    resolved_at: datetime | None
    parent: Related | None
    children: tuple[Related, ...]
    merged_into: Related | None
    merged_here: tuple[Related, ...]
    duplicate_of: Related | None
    duplicates: tuple[Related, ...]
    problems: tuple[RelatedProblem, ...]
    watchers: tuple[Watcher, ...]
    attachments: tuple[StaffAttachment, ...]
    entries: tuple[StaffEntry, ...]
    names: dict[str, str]
    numbers: dict[int, str]


def staff_ticket(session: Session, which: int | str, *, language: str = "en") -> StaffTicket:
    """The ticket of an id, or the one whose number stands in a text; a dozen statements whatever its length.

    Raises:
        TicketNotFound: no such ticket.
    """
    ticket = session.scalars(_find(which), execution_options={"populate_existing": True}).first()
    if ticket is None:
        raise TicketNotFound
    [row] = rows_of(session, session.execute(select(*COLUMNS).where(Ticket.id == ticket.id)).all(), language)
    entries, watchers = _entries(session, ticket.id), _watchers(session, ticket.id)
    named = [actor for entry, _, _ in entries for actor in _named_in(entry)]
    names = names_of(session, [*named, *watchers])
    related = _related(session, ticket, {each for entry, _, _ in entries for each in _tickets_in(entry)})
    return StaffTicket(
        row=row,
        impact=ticket.impact,
        urgency=ticket.urgency,
        description=ticket.description,
        details=ticket.details,
        language=ticket.language,
        channel=ticket.channel,
        conversation_id=ticket.conversation_id,
        articles_tried=tuple(ticket.articles_tried),
        resolution_code=ticket.resolution_code,
        resolved_at=ticket.resolved_at,
        parent=_named(related, ticket.parent_id),
        children=_that_name(related, ticket.id, Ticket.parent_id.key),
        merged_into=_named(related, ticket.merged_into_id),
        merged_here=_that_name(related, ticket.id, Ticket.merged_into_id.key),
        duplicate_of=_named(related, ticket.duplicate_of_id),
        duplicates=_that_name(related, ticket.id, Ticket.duplicate_of_id.key),
        problems=_problems(session, ticket.id),
        watchers=tuple(Watcher(actor, names[actor]) for actor in watchers),
        attachments=_attachments(session, ticket.id),
        entries=tuple(_as_seen(entry, salt, text, names) for entry, salt, text in entries),
        names=names,
        numbers={each.id: ticket_number(each.type, each.id) for each in related},
    )


def _named_in(entry: JournalEntry) -> Iterator[str]:
    """Who acted, and everybody whom the entry is about."""
    yield entry.actor
    for value in (*entry.before.values(), *entry.after.values(), *entry.data.values()):
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, str) and (agent_id_of(each) or person_id_of(each)) is not None:
                yield each
    yield from map(agent_actor, entry.data.get("agents") or ())


def _tickets_in(entry: JournalEntry) -> Iterator[int]:
    """The tickets that an entry names by id: a parent it had, say."""
    for part in _PARTS:
        for fields in (entry.before, entry.after):
            if isinstance(named := fields.get(part.key), int):
                yield named


def _find(which: int | str) -> Any:
    if isinstance(which, int):
        type_, ticket_id = None, which
    else:
        parsed = parse_number(which)
        if parsed is None:
            raise TicketNotFound
        type_, ticket_id = parsed
    if not 0 < ticket_id <= LARGEST_ID:
        raise TicketNotFound
    found = select(Ticket).where(Ticket.id == ticket_id)
    return found if type_ is None else found.where(Ticket.type == type_)


def _entries(session: Session, ticket_id: int) -> Sequence[tuple[JournalEntry, str | None, str | None]]:
    return session.execute(
        select(JournalEntry, JournalText.salt, JournalText.text)
        .outerjoin(JournalText, JournalText.entry_id == JournalEntry.id)
        .where(JournalEntry.ticket_id == ticket_id)
        .order_by(JournalEntry.number)
    ).all()


def _as_seen(entry: JournalEntry, salt: str | None, text: str | None, names: dict[str, str]) -> StaffEntry:
    return StaffEntry(
        number=entry.number,
        kind=entry.kind,
        at=entry.at,
        actor=entry.actor,
        actor_name=names[entry.actor],
        visibility=Visibility.WORK_NOTE if entry.kind in STAFF_ONLY else Visibility.REPLY,
        text=text,
        is_erased=entry.text_digest is not None and salt is None,
        before=entry.before,
        after=entry.after,
        data=entry.data,
    )


def _watchers(session: Session, ticket_id: int) -> list[str]:
    found = select(TicketWatcher.watcher).where(TicketWatcher.ticket_id == ticket_id)
    return list(session.scalars(found.order_by(TicketWatcher.watcher)))


def _attachments(session: Session, ticket_id: int) -> tuple[StaffAttachment, ...]:
    found = session.execute(
        select(TicketAttachment, JournalEntry.number)
        .join(JournalEntry, JournalEntry.id == TicketAttachment.entry_id)
        .where(TicketAttachment.ticket_id == ticket_id)
        .order_by(JournalEntry.number)
    )
    return tuple(
        StaffAttachment(number, file.name, file.media_type, file.size, file.digest, file.visibility)
        for file, number in found
    )


def _problems(session: Session, ticket_id: int) -> tuple[RelatedProblem, ...]:
    found = session.scalars(
        select(Problem)
        .join(ProblemIncident, ProblemIncident.problem_id == Problem.id)
        .where(ProblemIncident.ticket_id == ticket_id)
        .order_by(Problem.id)
    )
    return tuple(
        RelatedProblem(
            problem.id,
            problem_number(problem.id),
            problem.status,
            problem.summary,
            problem.workaround,
        )
        for problem in found
    )


def _related(session: Session, ticket: Ticket, told: set[int]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Those it names and those that name it, with those of which its journal tells."""
    which: list[ColumnElement[bool]] = [part == ticket.id for part in _PARTS]
    if named := told | {getattr(ticket, part.key) for part in _PARTS} - {None}:
        which.append(Ticket.id.in_(named))
    found = select(Ticket.id, Ticket.type, Ticket.status, Ticket.summary, *_PARTS).order_by(Ticket.id)
    return session.execute(found.where(or_(*which))).all()


def _named(related: Sequence[Row[*tuple[Any, ...]]], ticket_id: int | None) -> Related | None:
    return next((_as_related(row) for row in related if row.id == ticket_id), None)


def _that_name(related: Sequence[Row[*tuple[Any, ...]]], ticket_id: int, part: str) -> tuple[Related, ...]:
    return tuple(_as_related(row) for row in related if getattr(row, part) == ticket_id)


def _as_related(row: Row[*tuple[Any, ...]]) -> Related:
    return Related(row.id, ticket_number(row.type, row.id), row.status, row.summary)
