"""Checking the journals of problems, and reading them out, a batch at a time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ticketing.problems.logic import problem_number
from ticketing.problems.models import Problem, ProblemEntry
from ticketing.problems.verifying import verify_problem_journal
from ticketing.tickets.audit import Checked, Exported, exported, strays, written_within
from ticketing.tickets.verifying import Broken


def problems_on_file(session: Session) -> int:
    """How many journals there are to check."""
    return session.scalars(select(func.count()).select_from(Problem)).one()


def export_problem_journal(
    session: Session,
    *,
    after: int = 0,
    limit: int = 1_000,
    since: datetime | None = None,
    until: datetime | None = None,
    with_texts: bool = False,
) -> list[Exported]:
    """The next entries behind an id, as `export_journal` gives those of tickets; ids are of their own."""
    wanted = (
        select(ProblemEntry)
        .where(*written_within(ProblemEntry, after, since, until))
        .order_by(ProblemEntry.id)
        .limit(limit)
    )
    return [
        exported(entry, problem_number(entry.problem_id), entry.text if with_texts else None)
        for entry in session.scalars(wanted)
    ]


def verify_problem_journals(session: Session, *, after: int = 0, limit: int = 200) -> Checked:
    """Check the journals of the next problems; `last_id` is None behind the last one."""
    ids = session.scalars(
        select(Problem.id).where(Problem.id > after).order_by(Problem.id).limit(limit)
    ).all()
    found = [verify_problem_journal(session, problem_id) for problem_id in ids]
    entries = session.scalar(
        select(func.count()).select_from(ProblemEntry).where(ProblemEntry.problem_id.in_(ids))
    )
    last = ids[-1] if len(ids) == limit else None
    gone = [
        Broken(problem_number(problem_id), number, "its problem is gone")
        for problem_id, number in strays(session, ProblemEntry.problem_id, Problem.id, after=after, last=last)
    ]
    return Checked(last, len(ids), entries or 0, (*(each for each in found if each), *gone))
