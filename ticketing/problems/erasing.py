"""Taking words out of a problem for good. What was told of them on tickets is erased there before."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ticketing.problems.access import access_problem
from ticketing.problems.errors import ProblemRefused
from ticketing.problems.journal import ProblemAct, write_problem_entry
from ticketing.problems.logic import ProblemEntryKind, problem_number
from ticketing.problems.models import Problem, ProblemEntry
from ticketing.problems.verifying import words_told
from ticketing.tickets.copies import copies_from
from ticketing.tickets.errors import EntryNotFound
from ticketing.tickets.logic import ERASED

COPIED = frozenset(
    {ProblemEntryKind.WORKAROUND_SET, ProblemEntryKind.RESOLVING_INCIDENTS, ProblemEntryKind.MOVED}
)
"""What is told on incidents."""


def copies_of_problem(
    session: Session, problem_id: int, entry: int, *, with_erased: bool = False
) -> tuple[int, ...]:
    """The ids of entries on tickets that have the words of an entry, to be erased before it.

    Args:
        with_erased: also those whose words are erased.

    Raises:
        ProblemRefused: it is the workaround that stands; nothing of it may be erased.
    """
    problem = session.get(Problem, problem_id)
    kind = session.scalar(
        select(ProblemEntry.kind).where(ProblemEntry.problem_id == problem_id, ProblemEntry.number == entry)
    )
    if problem is None or kind not in COPIED:
        return ()
    _refuse_workaround(problem, entry)
    return copies_from(session, (problem_number(problem_id), entry), with_erased=with_erased)


def erase_problem_text(session: Session, problem_id: int, entry: int, *, actor: str, now: datetime) -> None:
    """Take the words out of an entry for good; that there were some, and who took them out, stays.

    A workaround that still stands is taken back first: erased words must not be told to anybody. What was
    told on tickets stays there: `erase_copies` takes it out.

    Raises:
        ProblemNotFound, EntryNotFound, ProblemRefused: nothing is erased.
    """
    problem = access_problem(session, problem_id)
    rows = session.scalars(
        select(ProblemEntry).where(ProblemEntry.problem_id == problem.id).order_by(ProblemEntry.number)
    ).all()
    row = next((each for each in rows if each.number == entry and each.salt is not None), None)
    if row is None:
        raise EntryNotFound(problem_number(problem.id), entry, last=len(rows))
    _refuse_workaround(problem, entry)
    row.salt = row.text = None
    if row.kind is ProblemEntryKind.OPENED:
        problem.summary, problem.description = ERASED, ""
    for field, words in words_told(rows).items():
        setattr(problem, field, words)
    act = ProblemAct(ProblemEntryKind.TEXT_ERASED, actor, now, data={"entry": entry})
    write_problem_entry(session, problem, act)


def _refuse_workaround(problem: Problem, entry: int) -> None:
    if problem.workaround_entry == entry:
        raise ProblemRefused(
            f"entry {entry} of {problem_number(problem.id)} is the workaround that requesters are told; "
            "`guichet problem workaround --none` takes it back"
        )
