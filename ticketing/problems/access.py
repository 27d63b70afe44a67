"""The door to a problem: it exists, it is locked."""

from __future__ import annotations

from sqlalchemy.orm import Session

from ticketing.problems.errors import ProblemNotFound
from ticketing.problems.models import Problem


def access_problem(session: Session, problem_id: int) -> Problem:
    """Load and lock a problem; its incidents are locked after it, never before.

    Raises:
        ProblemNotFound: no such problem.
    """
    problem = session.get(Problem, problem_id, with_for_update=True, populate_existing=True)
    if problem is None:
        raise ProblemNotFound
    return problem
