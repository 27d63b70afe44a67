"""Finding tickets: what the staff asks for, in which order, page by page, in a few statements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, func, or_, select, text
from sqlalchemy.orm import Session

from ticketing.sla.logic import EventKind
from ticketing.sla.models import SlaEvent
from ticketing.tickets.access import LARGEST_ID
from ticketing.tickets.dossier import StaffTicket as StaffTicket  # its callers know both from here
from ticketing.tickets.dossier import staff_ticket as staff_ticket
from ticketing.tickets.logic import OPEN, Status, SupportTier, TicketType
from ticketing.tickets.models import IS_OPEN, Ticket, TicketTag, TicketWatcher
from ticketing.tickets.numbers import parse_number
from ticketing.tickets.priority import Priority
from ticketing.tickets.rows import COLUMNS, StaffRow, rows_of
from ticketing.tickets.sorting import STRETCHES, Place, StaffSort, cursor_of, place_of

_NUMBER = re.compile(r"(?:(?:INC|REQ)[\s-]?|#)?\d{1,18}", re.IGNORECASE)

MOST_ROWS = 200
"""The longest page, whatever is asked for."""


@dataclass(frozen=True)
class StaffFilter:
    """Which tickets; what is not named is not asked. Several values of one kind: any of them.

    Args:
        assignee: an agent's actor, `agent:7`.
        tags: all of them.
        watcher: `agent:7`, `person:7`.
        words: in the summary; or the ticket's number.
        is_breached: whether a target was missed, and told so.
        due_before: something is due before.
    """

    statuses: frozenset[Status] = OPEN
    groups: frozenset[str] = frozenset()
    assignee: str | None = None
    is_unassigned: bool = False
    tiers: frozenset[SupportTier] = frozenset()
    priorities: frozenset[Priority] = frozenset()
    categories: frozenset[str] = frozenset()
    types: frozenset[TicketType] = frozenset()
    tags: frozenset[str] = frozenset()
    requesters: frozenset[int] = frozenset()
    watcher: str | None = None
    words: str | None = None
    is_breached: bool | None = None
    due_before: datetime | None = None


@dataclass(frozen=True)
class StaffPage:
    """Some tickets in order; `next_cursor` is None where the list ends."""

    rows: tuple[StaffRow, ...]
    next_cursor: str | None


def staff_list(
    session: Session,
    which: StaffFilter | None = None,
    sort: StaffSort = StaffSort.DUE,
    *,
    limit: int = 50,
    cursor: str | None = None,
    language: str = "en",
) -> StaffPage:
    """One page of tickets, in six statements at most whatever its length.

    Args:
        limit: from 1 to `MOST_ROWS`; what is beyond is cut to it.
        cursor: the `next_cursor` of the page before, with the same filter and order.
        language: in which groups are named.

    Raises:
        CursorInvalid: the cursor is not one of this order.
    """
    limit = max(1, min(limit, MOST_ROWS))
    place = place_of(sort, cursor) if cursor else None
    found, ends = _some(session, which or StaffFilter(), sort, place, limit + 1)
    next_cursor = cursor_of(sort, ends[limit - 1]) if len(found) > limit else None
    return StaffPage(rows_of(session, found[:limit], language), next_cursor)


def staff_counts(session: Session, views: Mapping[str, StaffFilter]) -> dict[str, int]:
    """How many tickets each view holds, in one statement."""
    if not views:
        return {}
    counts = [
        select(func.count()).select_from(Ticket).where(*_conditions(which)).scalar_subquery()
        for which in views.values()
    ]
    return dict(zip(views, session.execute(select(*counts)).one(), strict=True))


def _some(
    session: Session, which: StaffFilter, sort: StaffSort, place: Place | None, limit: int
) -> tuple[list[Row[*tuple[Any, ...]]], list[Place]]:
    """The tickets behind a place, each with the place behind itself."""
    found: list[Row[*tuple[Any, ...]]] = []
    places: list[Place] = []
    wanted = select(*COLUMNS).where(*_conditions(which))
    for number, stretch in enumerate(STRETCHES[sort]):
        if (place is not None and number < place.stretch) or len(found) == limit:
            continue
        after = place.keys if place is not None and place.stretch == number else None
        for row in session.execute(stretch.page(wanted, after, limit - len(found))):
            found.append(row)
            places.append(Place(number, tuple(getattr(row, key.key) for key in stretch.keys)))
    return found, places


def _conditions(which: StaffFilter) -> Iterator[ColumnElement[bool]]:
    yield from _status_conditions(which.statuses)
    for column, values in (
        (Ticket.tier, which.tiers),
        (Ticket.priority, which.priorities),
        (Ticket.category, which.categories),
        (Ticket.type, which.types),
        (Ticket.assignment_group, which.groups),
    ):
        if values:
            # One value asked by `=` lets an index be read in its order; a list of one does not everywhere.
            yield column == next(iter(values)) if len(values) == 1 else column.in_(values)
    yield from _people_conditions(which)
    for tag in sorted(which.tags):
        yield exists().where(TicketTag.ticket_id == Ticket.id, TicketTag.tag == tag)
    if which.is_breached is not None:
        missed = exists().where(SlaEvent.ticket_id == Ticket.id, SlaEvent.kind == EventKind.BREACH)
        yield missed if which.is_breached else ~missed
    if which.due_before is not None:
        yield Ticket.next_due_at < which.due_before
    if which.words and which.words.strip():
        yield _says(which.words.strip())


def _people_conditions(which: StaffFilter) -> Iterator[ColumnElement[bool]]:
    if which.assignee is not None:
        yield Ticket.assignee == which.assignee
    if which.is_unassigned:
        yield Ticket.assignee.is_(None)
    if which.requesters:
        yield Ticket.requester_id.in_(which.requesters)
    if which.watcher is not None:
        yield exists().where(TicketWatcher.ticket_id == Ticket.id, TicketWatcher.watcher == which.watcher)


def _status_conditions(statuses: frozenset[Status]) -> Iterator[ColumnElement[bool]]:
    if statuses and statuses <= OPEN:
        # Written out, as the partial indices have it: a bound value would not match them.
        yield and_(text(IS_OPEN))
    if statuses and statuses != OPEN:
        yield Ticket.status.in_(statuses)


def _says(words: str) -> ColumnElement[bool]:
    # SQLite compares letters beyond ASCII as they are: É is not é.
    forms = {words} if words.isascii() else {words, words.lower(), words.upper(), words.capitalize()}
    hits = [Ticket.summary.icontains(form, autoescape=True) for form in sorted(forms)]
    # Nothing but a number: "100%" is to be found in a summary.
    parsed = parse_number(words) if _NUMBER.fullmatch(words) else None
    if parsed is None or parsed[1] > LARGEST_ID:
        return or_(*hits)
    type_, ticket_id = parsed
    named = Ticket.id == ticket_id
    return or_(named if type_ is None else and_(named, Ticket.type == type_), *hits)
