"""Problems as the team reads them; known errors that a new text may be about."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from ticketing.problems.errors import ProblemNotFound
from ticketing.problems.logic import OPEN, ProblemEntryKind, ProblemStatus, problem_number
from ticketing.problems.models import Problem, ProblemEntry, ProblemIncident
from ticketing.tickets.logic import OPEN as OPEN_TICKET
from ticketing.tickets.logic import Status, ticket_number
from ticketing.tickets.models import Ticket
from ticketing.tickets.names import names_of
from ticketing.tickets.priority import Impact, Priority, Urgency
from ticketing.tickets.similarity import are_alike

MOST_COMPARED = 200


@dataclass(frozen=True)
class ProblemRow:
    """A problem in a list; `incidents` counts all that are linked, `open_incidents` those not finished."""

    id: int
    number: str
    status: ProblemStatus
    priority: Priority
    assignment_group: str
    assignee: str | None
    assignee_name: str | None
    category: str
    summary: str
    workaround: str | None
    incidents: int
    open_incidents: int
    opened_at: datetime
    changed_at: datetime


@dataclass(frozen=True)
class LinkedIncident:
    """An incident of a problem; `knows_workaround` is whether its requester was told the present one."""

    id: int
    number: str
    status: Status
    priority: Priority
    summary: str
    linked_at: datetime
    knows_workaround: bool


@dataclass(frozen=True)
class ProblemStep:
    """One entry of the journal, with its words."""

    number: int
    kind: ProblemEntryKind
    at: datetime
    actor: str
    actor_name: str
    after: dict[str, Any]
    data: dict[str, Any]
    text: str | None


@dataclass(frozen=True)
class ProblemInFull:
    """A problem with its words, its incidents and its journal."""

    row: ProblemRow
    impact: Impact
    urgency: Urgency
    description: str
    root_cause: str | None
    resolution: str | None
    incidents: tuple[LinkedIncident, ...]
    journal: tuple[ProblemStep, ...]


@dataclass(frozen=True)
class Likeness:
    """A problem that a text may be about, and how much, 0 to 1."""

    problem: ProblemRow
    score: float


def list_problems(
    session: Session,
    *,
    statuses: Collection[ProblemStatus] = OPEN,
    group: str | None = None,
    limit: int = 100,
) -> tuple[ProblemRow, ...]:
    """Problems by priority, the oldest first."""
    wanted: list[ColumnElement[bool]] = [Problem.status.in_(statuses)]
    if group is not None:
        wanted.append(Problem.assignment_group == group)
    found = session.scalars(
        select(Problem).where(*wanted).order_by(Problem.priority, Problem.opened_at, Problem.id).limit(limit)
    )
    return _rows(session, list(found))


def problem_in_full(session: Session, problem_id: int) -> ProblemInFull:
    """Everything of one problem.

    Raises:
        ProblemNotFound: no such problem.
    """
    problem = session.get(Problem, problem_id)
    if problem is None:
        raise ProblemNotFound
    return ProblemInFull(
        row=_rows(session, [problem])[0],
        impact=problem.impact,
        urgency=problem.urgency,
        description=problem.description,
        root_cause=problem.root_cause,
        resolution=problem.resolution,
        incidents=_incidents(session, problem, ProblemIncident.problem_id == problem.id),
        journal=_journal(session, problem.id),
    )


def open_incidents_of(session: Session, problem_id: int) -> tuple[LinkedIncident, ...]:
    """The incidents of a problem that are not finished.

    Raises:
        ProblemNotFound: no such problem.
    """
    problem = session.get(Problem, problem_id)
    if problem is None:
        raise ProblemNotFound
    return _incidents(
        session, problem, ProblemIncident.problem_id == problem.id, Ticket.status.in_(OPEN_TICKET)
    )


def known_errors_like(
    session: Session, text: str, *, category: str | None = None, limit: int = 3
) -> tuple[Likeness, ...]:
    """Open problems that a text may be about, for agents: known errors first, then the most alike.

    Compared are the newest ones, by their summary and by all their words.

    Args:
        category: only problems of this category, if one is named.
    """
    wanted: list[ColumnElement[bool]] = [Problem.status.in_(OPEN)]
    if category is not None:
        wanted.append(Problem.category == category)
    newest = session.scalars(select(Problem).where(*wanted).order_by(Problem.id.desc()).limit(MOST_COMPARED))
    scored = [
        (are_alike(text, (each.summary, f"{each.summary}\n{each.description}")), each) for each in newest
    ]
    alike = [(score, each) for score, each in scored if score is not None]
    alike.sort(key=lambda pair: (pair[1].status is not ProblemStatus.KNOWN_ERROR, -pair[0], -pair[1].id))
    best = alike[:limit]
    rows = _rows(session, [each for _, each in best])
    return tuple(Likeness(row, score) for row, (score, _) in zip(rows, best, strict=True))


def _rows(session: Session, problems: list[Problem]) -> tuple[ProblemRow, ...]:
    counts = _counts(session, [each.id for each in problems])
    names = names_of(session, (each.assignee for each in problems))
    return tuple(
        ProblemRow(
            id=each.id,
            number=problem_number(each.id),
            status=each.status,
            priority=each.priority,
            assignment_group=each.assignment_group,
            assignee=each.assignee,
            assignee_name=names.get(each.assignee) if each.assignee else None,
            category=each.category,
            summary=each.summary,
            workaround=each.workaround,
            incidents=sum(counts.get(each.id, {}).values()),
            open_incidents=sum(n for status, n in counts.get(each.id, {}).items() if status in OPEN_TICKET),
            opened_at=each.opened_at,
            changed_at=each.changed_at,
        )
        for each in problems
    )


def _counts(session: Session, problem_ids: list[int]) -> dict[int, dict[Status, int]]:
    found = session.execute(
        select(ProblemIncident.problem_id, Ticket.status, func.count())
        .join(Ticket, Ticket.id == ProblemIncident.ticket_id)
        .where(ProblemIncident.problem_id.in_(problem_ids))
        .group_by(ProblemIncident.problem_id, Ticket.status)
    )
    counts: dict[int, dict[Status, int]] = {}
    for problem_id, status, number in found:
        counts.setdefault(problem_id, {})[status] = number
    return counts


def _incidents(session: Session, problem: Problem, *which: ColumnElement[bool]) -> tuple[LinkedIncident, ...]:
    found = session.execute(
        select(ProblemIncident, Ticket)
        .join(Ticket, Ticket.id == ProblemIncident.ticket_id)
        .where(*which)
        .order_by(Ticket.id)
    )
    return tuple(
        LinkedIncident(
            id=ticket.id,
            number=ticket_number(ticket.type, ticket.id),
            status=ticket.status,
            priority=ticket.priority,
            summary=ticket.summary,
            linked_at=incident.linked_at,
            knows_workaround=problem.workaround_entry is not None
            and incident.workaround_told == problem.workaround_entry,
        )
        for incident, ticket in found
    )


def _journal(session: Session, problem_id: int) -> tuple[ProblemStep, ...]:
    rows = session.scalars(
        select(ProblemEntry).where(ProblemEntry.problem_id == problem_id).order_by(ProblemEntry.number)
    ).all()
    names = names_of(session, (row.actor for row in rows))
    return tuple(
        ProblemStep(
            number=row.number,
            kind=row.kind,
            at=row.at,
            actor=row.actor,
            actor_name=names[row.actor],
            after=row.after,
            data=row.data,
            text=row.text,
        )
        for row in rows
    )
