"""The cause is removed: the problem ends, and its incidents may end with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ticketing.problems.access import access_problem
from ticketing.problems.errors import ProblemRefused
from ticketing.problems.logic import ProblemStatus, problem_number
from ticketing.problems.models import Problem, ProblemIncident
from ticketing.problems.operations import move
from ticketing.problems.queries import LinkedIncident, open_incidents_of
from ticketing.tickets.handling import move as move_ticket
from ticketing.tickets.intake import kept
from ticketing.tickets.logic import OPEN as OPEN_TICKET
from ticketing.tickets.logic import ResolutionCode, Status, ticket_number
from ticketing.tickets.models import Ticket

AT_ONCE = 50


@dataclass(frozen=True)
class Finished:
    """A problem that has ended, the incidents that ended with it, and those still open."""

    number: str
    status: ProblemStatus
    resolved: tuple[str, ...]
    still_open: tuple[LinkedIncident, ...]


def resolve_problem(
    session: Session,
    problem_id: int,
    resolution: str,
    *,
    actor: str,
    now: datetime,
    resolve_incidents: bool = False,
    told: str | None = None,
) -> Finished:
    """Write down what removed the cause; its open incidents are resolved too, or else named.

    Args:
        told: what the requesters read; the resolution itself, if nothing is said.

    Raises:
        ProblemNotFound, ProblemMoveNotAllowed, MoveNotAllowed: nothing is changed.
    """
    problem = access_problem(session, problem_id)
    move(session, problem, ProblemStatus.RESOLVED, actor=actor, now=now, reason=resolution)
    return _finished(session, problem, resolve_incidents, told, actor, now)


def close_problem(
    session: Session,
    problem_id: int,
    *,
    actor: str,
    now: datetime,
    resolve_incidents: bool = False,
    told: str | None = None,
) -> Finished:
    """Close a resolved problem; what of its incidents is still open is resolved too, or else named.

    Raises:
        ProblemNotFound, ProblemMoveNotAllowed, MoveNotAllowed: nothing is changed.
    """
    problem = access_problem(session, problem_id)
    move(session, problem, ProblemStatus.CLOSED, actor=actor, now=now, reason=None)
    return _finished(session, problem, resolve_incidents, told, actor, now)


def resolve_incidents_of(
    session: Session,
    problem_id: int,
    *,
    actor: str,
    now: datetime,
    told: str | None = None,
    limit: int | None = AT_ONCE,
) -> tuple[str, ...]:
    """Resolve the next open incidents of a finished problem; their numbers. Called until there are none.

    Raises:
        ProblemNotFound, ProblemRefused, MoveNotAllowed: nothing is changed.
    """
    problem = access_problem(session, problem_id)
    return _resolve_incidents(session, problem, told, actor, now, limit)


def _finished(
    session: Session, problem: Problem, resolve_incidents: bool, told: str | None, actor: str, now: datetime
) -> Finished:
    resolved = _resolve_incidents(session, problem, told, actor, now, None) if resolve_incidents else ()
    still_open = open_incidents_of(session, problem.id)
    return Finished(problem_number(problem.id), problem.status, resolved, still_open)


def _resolve_incidents(
    session: Session, problem: Problem, told: str | None, actor: str, now: datetime, limit: int | None
) -> tuple[str, ...]:
    if problem.status not in (ProblemStatus.RESOLVED, ProblemStatus.CLOSED):
        raise ProblemRefused(
            f"{problem_number(problem.id)} is {problem.status.value}: resolve it before its incidents"
        )
    found = session.scalars(
        select(Ticket)
        .join(ProblemIncident, ProblemIncident.ticket_id == Ticket.id)
        .where(ProblemIncident.problem_id == problem.id, Ticket.status.in_(OPEN_TICKET))
        .order_by(Ticket.id)
        .limit(limit)
        .with_for_update(of=Ticket)
        .execution_options(populate_existing=True)
    ).all()
    resolved = []
    for ticket in found:
        if ticket.status not in OPEN_TICKET:
            continue  # with its parent, just now
        move_ticket(
            session,
            ticket,
            Status.RESOLVED,
            actor=actor,
            now=now,
            reason=kept(told) or problem.resolution,
            code=ResolutionCode.BY_PROBLEM,
            data={"problem": problem_number(problem.id)},
        )
        resolved.append(ticket_number(ticket.type, ticket.id))
    return tuple(resolved)
