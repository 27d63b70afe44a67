"""Writing the journal of a problem."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ticketing.problems.logic import ProblemEntryKind, problem_number
from ticketing.problems.models import Problem, ProblemEntry
from ticketing.tickets.chain import (
    Fields,
    link,
    text_digest,
    told_fields,
)

TRACKED = (
    "status",
    "assignment_group",
    "assignee",
    "category",
    "impact",
    "urgency",
    "priority",
    "workaround_entry",
)
"""The fields of a problem that its journal tells; its words are covered by digests."""


@dataclass(frozen=True)
class ProblemAct:
    """Who did what, and when; `text` is kept outside the chain."""

    kind: ProblemEntryKind
    actor: str
    at: datetime
    text: str | None = None
    data: Fields | None = None


@dataclass(frozen=True)
class ProblemSaid:
    """What an entry says, without its words."""

    problem_id: int
    number: int
    kind: ProblemEntryKind
    before: Fields
    after: Fields
    data: Fields
    actor: str
    at: datetime
    text_digest: str | None


def state_of(problem: Problem) -> Fields:
    """The tracked fields as the journal writes them."""
    return told_fields(problem, TRACKED)


def write_problem_entry(
    session: Session,
    problem: Problem,
    act: ProblemAct,
    before: Fields | None = None,
    after: Fields | None = None,
) -> ProblemEntry:
    """Add the next entry; the problem is locked by whoever calls, so there are no gaps."""
    salt = secrets.token_hex(16) if act.text is not None else None
    said = ProblemSaid(
        problem_id=problem.id,
        number=problem.journal_length + 1,
        kind=act.kind,
        before=before or {},
        after=after or {},
        data=act.data or {},
        actor=act.actor,
        at=act.at,
        text_digest=text_digest(salt, act.text) if salt and act.text is not None else None,
    )
    digest = problem_link(problem.journal_head, said)
    is_in_problem = act.kind is ProblemEntryKind.OPENED
    text = None if is_in_problem else act.text
    entry = ProblemEntry(**vars(said), salt=salt, text=text, digest=digest)
    session.add(entry)
    problem.journal_length, problem.journal_head, problem.changed_at = said.number, digest, act.at
    session.flush()
    return entry


def problem_link(previous: str, said: ProblemSaid) -> str:
    """The link of an entry of a problem."""
    # By its number: an entry of ticket 7 could otherwise pass for one of problem 7.
    return link(previous, problem_number(said.problem_id), said)
