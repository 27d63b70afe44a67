"""What helps until the cause is removed, and telling everybody whose incident it would help.

Written first, told afterwards and in batches: whatever the number of incidents, no transaction is long, and
what a crash has left untold is told by the next one who asks. Each is told each workaround once. The children
of an incident are its symptoms: what helps there helps them, so they are told as if they were linked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, not_, select, union
from sqlalchemy.orm import Session, aliased

from notices.preferences.logic import NoticeKind
from ticketing.problems.access import access_problem
from ticketing.problems.errors import ProblemRefused
from ticketing.problems.journal import ProblemAct, write_problem_entry
from ticketing.problems.logic import OPEN, ProblemEntryKind, problem_number
from ticketing.problems.models import Problem, ProblemIncident, WorkaroundHeard
from ticketing.tickets.announcing import announce
from ticketing.tickets.chain import change
from ticketing.tickets.intake import kept
from ticketing.tickets.journal import DESK, Act, write_entry
from ticketing.tickets.logic import OPEN as OPEN_TICKET
from ticketing.tickets.logic import EntryKind, ticket_number
from ticketing.tickets.models import JournalEntry, Ticket

AT_ONCE = 50

Rows = TypeVar("Rows", bound=Select[*tuple[Any, ...]])


def set_workaround(session: Session, problem_id: int, text: str | None, *, actor: str, now: datetime) -> bool:
    """Say what helps meanwhile, or (None) that nothing does any more; whether that is news.

    `tell_workaround`, called afterwards, tells it to those whose incidents are linked.

    Raises:
        ProblemNotFound, ProblemRefused: nothing is changed.
    """
    problem = access_problem(session, problem_id)
    if problem.status not in OPEN:
        raise ProblemRefused(
            f"{problem_number(problem.id)} is {problem.status.words}: nobody needs a way round it"
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
    """Problems with a workaround that somebody has not heard yet.

    After a crash, or because an incident was opened again, or because a ticket has become the child of one.
    """
    linked = _linked(select(Problem.id.label("id"))).where(*_untold())
    children = _children(select(Problem.id.label("id"))).where(*_unheard())
    either = union(linked, children).subquery()
    return tuple(session.scalars(select(either.c.id).order_by(either.c.id).limit(limit)))


def tell_workaround(session: Session, problem_id: int, *, now: datetime, limit: int = AT_ONCE) -> int:
    """Tell a problem's workaround to the next ones who have not heard it; returns how many incidents that
    were. Called until it returns 0.

    Raises:
        ProblemNotFound: no such problem.
    """
    problem = access_problem(session, problem_id)
    waiting = session.execute(
        _locked(_linked(select(ProblemIncident, Ticket)).where(Problem.id == problem_id, *_untold()), limit)
    ).all()
    if waiting:
        tell(session, problem, [(incident, ticket) for incident, ticket in waiting], now=now)
        return len(waiting)
    if problem.workaround_entry is None:
        return 0
    # In a batch of their own: parents are locked before children.
    children = session.execute(
        _locked(
            _children(select(Ticket, WorkaroundHeard)).where(Problem.id == problem_id, *_unheard()), limit
        )
    ).all()
    for ticket, heard in children:
        if heard is None:
            heard = WorkaroundHeard(problem_id=problem.id, ticket_id=ticket.id)
            session.add(heard)
        heard.workaround_entry = problem.workaround_entry
    _say(session, problem, [ticket for ticket, _ in children], now)
    return len(children)


def is_to_be_told(problem: Problem, ticket: Ticket) -> bool:
    """Whether there is a workaround, and somebody whom it still helps."""
    return problem.workaround is not None and problem.status in OPEN and ticket.status in OPEN_TICKET


def tell(
    session: Session, problem: Problem, incidents: Sequence[tuple[ProblemIncident, Ticket]], *, now: datetime
) -> int:
    """Tell a locked problem's workaround on locked tickets; returns how many had not heard it before."""
    for incident, _ in incidents:
        incident.workaround_told = problem.workaround_entry
    return _say(session, problem, [ticket for _, ticket in incidents], now)


def _say(session: Session, problem: Problem, tickets: Sequence[Ticket], now: datetime) -> int:
    told = []
    for ticket in tickets:
        if not _was_told_before(session, problem, ticket):
            _tell_one(session, problem, ticket, now)
            told.append(ticket_number(ticket.type, ticket.id))
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


def _linked(wanted: Rows) -> Rows:
    """Of problems, the incidents that are linked."""
    return (
        wanted.select_from(Problem)
        .join(ProblemIncident, ProblemIncident.problem_id == Problem.id)
        .join(Ticket, Ticket.id == ProblemIncident.ticket_id)
    )


def _children(wanted: Rows) -> Rows:
    """Of problems, the children of incidents that are linked, with what they have heard."""
    return (
        wanted.select_from(Problem)
        .join(ProblemIncident, ProblemIncident.problem_id == Problem.id)
        .join(Ticket, Ticket.parent_id == ProblemIncident.ticket_id)
        .outerjoin(
            WorkaroundHeard,
            and_(WorkaroundHeard.problem_id == Problem.id, WorkaroundHeard.ticket_id == Ticket.id),
        )
    )


def _untold() -> tuple[ColumnElement[bool], ...]:
    return (*_helps(), ProblemIncident.workaround_told.is_distinct_from(Problem.workaround_entry))


def _unheard() -> tuple[ColumnElement[bool], ...]:
    own = aliased(ProblemIncident)
    is_linked_itself = exists().where(own.problem_id == Problem.id, own.ticket_id == Ticket.id)
    return (
        *_helps(),
        WorkaroundHeard.workaround_entry.is_distinct_from(Problem.workaround_entry),
        not_(is_linked_itself),
    )


def _helps() -> tuple[ColumnElement[bool], ...]:
    return (
        Problem.status.in_(OPEN),
        Problem.workaround_entry.is_not(None),
        Ticket.status.in_(OPEN_TICKET),
    )


def _locked(wanted: Rows, limit: int) -> Rows:
    return (
        # Parents before their children, as whoever works on a parent takes them.
        wanted.order_by(Ticket.parent_id.is_not(None), Ticket.id)
        .limit(limit)
        .with_for_update(of=Ticket)
        .execution_options(populate_existing=True)
    )
