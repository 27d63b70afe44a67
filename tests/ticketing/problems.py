"""What the tests of problems start from, and how they look into them."""

from __future__ import annotations

from collections.abc import Sequence

from storage.database import Database
from tests.databases import NOW
from tests.ticketing.teams import a_group
from ticketing.problems.logic import ProblemDraft
from ticketing.problems.models import Problem, ProblemIncident
from ticketing.problems.operations import open_problem
from ticketing.problems.workarounds import set_workaround, tell_workaround
from ticketing.tickets.logic import EntryKind
from ticketing.tickets.models import JournalEntry

AGENT = "agent:1"


def a_problem(db: Database, summary: str = "Printing stops", *, incidents: Sequence[int] = ()) -> int:
    """The id of a problem of the service desk."""
    a_group(db, "service-desk")
    draft = ProblemDraft(summary, group="service-desk", category="printing")
    return db.write(open_problem, draft, incidents=incidents, actor=AGENT, now=NOW)


def problem_of(db: Database, problem_id: int) -> Problem:
    """The row as it is."""
    return db.read(lambda session: session.get_one(Problem, problem_id))


def incident_of(db: Database, problem_id: int, ticket_id: int) -> ProblemIncident | None:
    """The link as it is."""
    return db.read(lambda session: session.get(ProblemIncident, (problem_id, ticket_id)))


def say_workaround(db: Database, problem_id: int, text: str) -> int:
    """Set a workaround and tell it to everybody; returns how many incidents heard it."""
    db.write(set_workaround, problem_id, text, actor=AGENT, now=NOW)
    return tell_all(db, problem_id)


def tell_all(db: Database, problem_id: int, limit: int = 50) -> int:
    """Batch after batch until nobody is left."""
    total = 0
    while told := db.write(tell_workaround, problem_id, now=NOW, limit=limit):
        total += told
    return total


def said(entries: Sequence[JournalEntry]) -> int:
    """How many answers are among the entries of a ticket."""
    return sum(entry.kind is EntryKind.REPLIED for entry in entries)
