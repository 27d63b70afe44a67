"""The cause is removed: the problem ends, and its incidents may end with it.

Which ones is noted with the end itself; they are resolved afterwards, in batches. What a crash has left is
resolved by whoever asks next: a command, or the desk's sweep.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, not_, select, update
from sqlalchemy.orm import Session

from ticketing.problems.access import access_problem
from ticketing.problems.journal import ProblemAct, write_problem_entry
from ticketing.problems.logic import ProblemEntryKind, ProblemStatus, problem_number
from ticketing.problems.models import Problem, ProblemEntry, ProblemIncident
from ticketing.problems.operations import forget_incidents, move
from ticketing.problems.queries import LinkedIncident, open_incidents_of
from ticketing.tickets.handling import move as move_ticket
from ticketing.tickets.intake import kept
from ticketing.tickets.logic import ERASED, EntryKind, ResolutionCode, Status
from ticketing.tickets.logic import OPEN as OPEN_TICKET
from ticketing.tickets.models import JournalEntry, Ticket

AT_ONCE = 25


@dataclass(frozen=True)
class Finished:
    """A problem that has ended, and its incidents that are still open: also those that are to end with it."""

    number: str
    status: ProblemStatus
    still_open: tuple[LinkedIncident, ...]


def resolve_problem(
    session: Session,
    problem_id: int,
    resolution: str,
    *,
    actor: str,
    now: datetime,
    with_incidents: bool = False,
    told: str | None = None,
) -> Finished:
    """Write down what removed the cause; its open incidents are named, and perhaps to be resolved too.

    `resolve_incidents`, called afterwards, resolves them.

    Args:
        told: what the requesters read; the resolution itself, if nothing is said.

    Raises:
        ProblemNotFound, ProblemMoveNotAllowed: nothing is changed.
    """
    problem = access_problem(session, problem_id)
    move(session, problem, ProblemStatus.RESOLVED, actor=actor, now=now, reason=resolution)
    return _finished(session, problem, with_incidents, told, actor, now)


def close_problem(
    session: Session,
    problem_id: int,
    *,
    actor: str,
    now: datetime,
    with_incidents: bool = False,
    told: str | None = None,
) -> Finished:
    """Close a resolved problem; what of its incidents is still open is named, and perhaps to be resolved too.

    `resolve_incidents`, called afterwards, resolves it. Of a problem that is closed already, open incidents
    can still be resolved so.

    Raises:
        ProblemNotFound, ProblemMoveNotAllowed: nothing is changed.
    """
    problem = access_problem(session, problem_id)
    is_late = problem.status is ProblemStatus.CLOSED and with_incidents
    if is_late and open_incidents_of(session, problem.id):
        return _finished(session, problem, with_incidents, told, actor, now)
    move(session, problem, ProblemStatus.CLOSED, actor=actor, now=now, reason=None)
    return _finished(session, problem, with_incidents, told, actor, now)


def problems_to_finish(
    session: Session, *, without: Collection[int] = (), limit: int = AT_ONCE
) -> tuple[int, ...]:
    """Problems of which an incident is still to be resolved.

    Args:
        without: incidents that do not count.
    """
    found = session.scalars(
        select(ProblemIncident.problem_id)
        .where(ProblemIncident.resolving_entry.is_not(None), ProblemIncident.ticket_id.not_in(without))
        .distinct()
        .order_by(ProblemIncident.problem_id)
        .limit(limit)
    )
    return tuple(found)


def incidents_to_resolve(session: Session, problem_id: int) -> tuple[int, ...]:
    """The incidents that are still to be resolved with a problem."""
    found = session.scalars(
        select(ProblemIncident.ticket_id)
        .where(ProblemIncident.problem_id == problem_id, ProblemIncident.resolving_entry.is_not(None))
        .order_by(ProblemIncident.ticket_id)
    )
    return tuple(found)


def resolve_incidents(
    session: Session,
    problem_id: int,
    *,
    now: datetime,
    limit: int = AT_ONCE,
    without: Collection[int] = (),
    only: int | None = None,
) -> int:
    """Resolve the next incidents that are to end with a problem; returns how many. Called until it returns 0.

    Args:
        without: incidents that are left for later.
        only: this one alone.

    Raises:
        ProblemNotFound: no such problem.
    """
    problem = access_problem(session, problem_id)
    _forget_who_is_gone(session, problem.id)
    which = ProblemIncident.ticket_id.not_in(without) if only is None else ProblemIncident.ticket_id == only
    found = session.execute(
        select(ProblemIncident, ProblemEntry, Ticket)
        .join(Ticket, Ticket.id == ProblemIncident.ticket_id)
        .join(
            ProblemEntry,
            and_(
                ProblemEntry.problem_id == ProblemIncident.problem_id,
                ProblemEntry.number == ProblemIncident.resolving_entry,
            ),
        )
        .where(ProblemIncident.problem_id == problem.id, which)
        # Parents before their children, as whoever works on a parent takes them.
        .order_by(Ticket.parent_id.is_not(None), Ticket.id)
        .limit(limit)
        .with_for_update(of=Ticket)
        .execution_options(populate_existing=True)
    ).all()
    resolved = 0
    for incident, entry, ticket in found:
        incident.resolving_entry = incident.resolving_after = None
        if ticket.status in OPEN_TICKET:
            _resolve(session, problem, entry, ticket, now)
            resolved += 1
    session.flush()
    return resolved


def _resolve(session: Session, problem: Problem, entry: ProblemEntry, ticket: Ticket, now: datetime) -> None:
    words, number = _told(session, problem, entry)
    move_ticket(
        session,
        ticket,
        Status.RESOLVED,
        actor=entry.actor,
        now=now,
        reason=words,
        code=ResolutionCode.BY_PROBLEM,
        data={"problem": problem_number(problem.id), "entry": number},
    )


def _told(session: Session, problem: Problem, entry: ProblemEntry) -> tuple[str | None, int]:
    """What requesters read, and the number of the entry whose words they are: its own or the resolution's."""
    if entry.text_digest is not None:
        return entry.text or ERASED, entry.number
    moves = session.execute(
        select(ProblemEntry.number, ProblemEntry.after)
        .where(ProblemEntry.problem_id == problem.id, ProblemEntry.kind == ProblemEntryKind.MOVED)
        .order_by(ProblemEntry.number.desc())
    )
    resolved = ProblemStatus.RESOLVED.value
    return problem.resolution, next(number for number, after in moves if after.get("status") == resolved)


def _finished(
    session: Session, problem: Problem, with_incidents: bool, told: str | None, actor: str, now: datetime
) -> Finished:
    still_open = open_incidents_of(session, problem.id)
    if with_incidents and still_open:
        _leave_incidents(session, problem, kept(told), actor, now)
    return Finished(problem_number(problem.id), problem.status, still_open)


def _leave_incidents(session: Session, problem: Problem, told: str | None, actor: str, now: datetime) -> None:
    """Note that the incidents which are open now are to be resolved with the words of an entry."""
    act = ProblemAct(ProblemEntryKind.RESOLVING_INCIDENTS, actor, now, told)
    entry = write_problem_entry(session, problem, act)
    its_end = select(Ticket.journal_length).where(Ticket.id == ProblemIncident.ticket_id).scalar_subquery()
    is_open = exists().where(Ticket.id == ProblemIncident.ticket_id, Ticket.status.in_(OPEN_TICKET))
    session.execute(
        update(ProblemIncident)
        .where(ProblemIncident.problem_id == problem.id, is_open)
        .values(resolving_entry=entry.number, resolving_after=its_end)
        .execution_options(synchronize_session=False)
    )


def _forget_who_is_gone(session: Session, problem_id: int) -> None:
    """An incident that was finished meanwhile is left alone, also if it is open again since."""
    is_open = exists().where(Ticket.id == ProblemIncident.ticket_id, Ticket.status.in_(OPEN_TICKET))
    came_back = exists().where(
        JournalEntry.ticket_id == ProblemIncident.ticket_id,
        JournalEntry.number > ProblemIncident.resolving_after,
        JournalEntry.kind == EntryKind.REOPENED,
    )
    forget_incidents(session, problem_id, not_(is_open) | came_back)
