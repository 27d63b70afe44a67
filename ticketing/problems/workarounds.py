"""What helps until the cause is removed, and telling everybody whose incident it would help.

Written first, told afterwards and in batches: whatever the number of incidents, no transaction is long, and
what a crash has left untold is told by the next one who asks. Each is told each workaround once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from notices.preferences.logic import NoticeKind
from ticketing.problems.access import access_problem
from ticketing.problems.errors import ProblemRefused
from ticketing.problems.journal import ProblemAct, write_problem_entry
from ticketing.problems.logic import OPEN, ProblemEntryKind, problem_number
from ticketing.problems.models import Problem, ProblemIncident
from ticketing.tickets.announcing import announce
from ticketing.tickets.chain import change
from ticketing.tickets.intake import kept
from ticketing.tickets.journal import DESK, Act, write_entry
from ticketing.tickets.logic import OPEN as OPEN_TICKET
from ticketing.tickets.logic import EntryKind, ticket_number
from ticketing.tickets.models import JournalEntry, Ticket

AT_ONCE = 50


def set_workaround(session: Session, problem_id: int, text: str | None, *, actor: str, now: datetime) -> bool:
    """Say what helps meanwhile, or (None) that nothing does any more; whether that is news.

    `tell_workaround`, called afterwards, tells it to those whose incidents are linked.

    Raises:
        ProblemNotFound, ProblemRefused: nothing is changed.
    """
    problem = access_problem(session, problem_id)
    if problem.status not in OPEN:
        raise ProblemRefused(
            f"{problem_number(problem.id)} is {problem.status.value}: nobody needs a way round it"
        )
    words = kept(text)
    if words == problem.workaround:
        return False
    entry = problem.journal_length + 1 if words else None
    changed = change(problem, workaround_entry=entry)
    problem.workaround = words
    write_problem_entry(
        session, problem, ProblemAct(ProblemEntryKind.WORKAROUND_SET, actor, now, words), *changed
    )
    return True


def problems_to_tell(session: Session, *, limit: int = AT_ONCE) -> tuple[int, ...]:
    """Problems with a workaround that somebody has not heard yet: after a crash, or a reopened incident."""
    found = session.scalars(
        select(Problem.id)
        .join(ProblemIncident, ProblemIncident.problem_id == Problem.id)
        .join(Ticket, Ticket.id == ProblemIncident.ticket_id)
        .where(*_untold())
        .distinct()
        .order_by(Problem.id)
        .limit(limit)
    )
    return tuple(found)


def tell_workaround(session: Session, problem_id: int, *, now: datetime, limit: int = AT_ONCE) -> int:
    """Tell a problem's workaround to the next ones who have not heard it; returns how many incidents that
    were. Called until it returns 0.

    Raises:
        ProblemNotFound: no such problem.
    """
    problem = access_problem(session, problem_id)
    waiting = session.execute(
        select(ProblemIncident, Ticket)
        .join(Ticket, Ticket.id == ProblemIncident.ticket_id)
        .join(Problem, Problem.id == ProblemIncident.problem_id)
        .where(Problem.id == problem_id, *_untold())
        .order_by(Ticket.id)
        .limit(limit)
        .with_for_update(of=Ticket)
        .execution_options(populate_existing=True)
    ).all()
    tell(session, problem, [(incident, ticket) for incident, ticket in waiting], now=now)
    return len(waiting)


def is_to_be_told(problem: Problem, ticket: Ticket) -> bool:
    """Whether there is a workaround, and somebody whom it still helps."""
    return problem.workaround is not None and problem.status in OPEN and ticket.status in OPEN_TICKET


def tell(
    session: Session, problem: Problem, incidents: Sequence[tuple[ProblemIncident, Ticket]], *, now: datetime
) -> int:
    """Tell a locked problem's workaround on locked tickets; returns how many had not heard it before."""
    told = []
    for incident, ticket in incidents:
        if not _was_told_before(session, problem, ticket):
            _tell_one(session, problem, ticket, now)
            told.append(ticket_number(ticket.type, ticket.id))
        incident.workaround_told = problem.workaround_entry
    session.flush()
    if told:
        data = {"workaround": problem.workaround_entry, "tickets": told}
        act = ProblemAct(ProblemEntryKind.WORKAROUND_TOLD, DESK, now, data=data)
        write_problem_entry(session, problem, act)
    return len(told)


def _tell_one(session: Session, problem: Problem, ticket: Ticket, now: datetime) -> None:
    # By the desk: words written for many are no first response by a person to this one.
    data = {"problem": problem_number(problem.id), "workaround": problem.workaround_entry}
    entry = write_entry(session, ticket, Act(EntryKind.REPLIED, DESK, now, problem.workaround, data))
    announce(session, ticket, NoticeKind.WORKAROUND, entry=entry, now=now, text=problem.workaround)


def _was_told_before(session: Session, problem: Problem, ticket: Ticket) -> bool:
    """Whether an incident that was unlinked and is linked again knows this workaround."""
    said = session.scalars(
        select(JournalEntry.data).where(
            JournalEntry.ticket_id == ticket.id,
            JournalEntry.kind == EntryKind.REPLIED,
            JournalEntry.actor == DESK,
        )
    )
    this = {"problem": problem_number(problem.id), "workaround": problem.workaround_entry}
    return any(each == this for each in said)


def _untold() -> tuple[ColumnElement[bool], ...]:
    return (
        Problem.status.in_(OPEN),
        Problem.workaround_entry.is_not(None),
        ProblemIncident.workaround_told.is_distinct_from(Problem.workaround_entry),
        Ticket.status.in_(OPEN_TICKET),
    )
