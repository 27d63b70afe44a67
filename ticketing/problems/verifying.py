"""Checking that nobody but the desk has written into the journal of a problem."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from ticketing.problems.belongings import broken_links
from ticketing.problems.errors import ProblemNotFound
from ticketing.problems.journal import TRACKED, ProblemSaid, problem_link, state_of
from ticketing.problems.logic import ProblemEntryKind, problem_number
from ticketing.problems.models import Problem, ProblemEntry
from ticketing.tickets.chain import (
    Fault,
    ReplayFailed,
    broken_chain,
    erased_by_nobody,
    opening_words,
    replay,
    text_digest,
)
from ticketing.tickets.logic import ERASED
from ticketing.tickets.verifying import DAMAGED, Broken, first_unreadable


def verify_problem_journal(session: Session, problem_id: int) -> Broken | None:
    """The first thing that is not as it was written: an entry, or the problem itself; None if all is well.

    Raises:
        ProblemNotFound: no such problem.
    """
    number = problem_number(problem_id)
    try:
        problem = session.get(Problem, problem_id, populate_existing=True)
        if problem is None:
            raise ProblemNotFound
        rows = session.scalars(
            select(ProblemEntry)
            .where(ProblemEntry.problem_id == problem_id)
            .order_by(ProblemEntry.number)
            .execution_options(populate_existing=True)
        ).all()
        for entry, why in itertools.chain(
            _broken_entries(problem, rows),
            _erased_by_nobody(rows),
            _broken_problem(problem, rows),
            broken_links(session, problem_id, rows),
        ):
            return Broken(number, entry, why)
    except DAMAGED:
        return Broken(number, _first_unreadable(session, problem_id), "it cannot be read")
    return None


def _broken_entries(problem: Problem, rows: Sequence[ProblemEntry]) -> Iterator[Fault]:
    return broken_chain(
        rows,
        length=problem.journal_length,
        entry_of=lambda row: row,
        digest_of=lambda previous, row: problem_link(previous, _said(row)),
        fault_in=lambda row: _broken_text(problem, row),
    )


def _erased_by_nobody(rows: Sequence[ProblemEntry]) -> Iterator[Fault]:
    return erased_by_nobody(
        (row for row in rows if row.kind is ProblemEntryKind.TEXT_ERASED),
        (row for row in rows if _is_erased(row)),
    )


def _broken_text(problem: Problem, row: ProblemEntry) -> str | None:
    is_opening = row.kind is ProblemEntryKind.OPENED
    if row.text is not None and (is_opening or row.text_digest is None):
        return "it has a text it was not written with"  # the words of an opening are the problem's
    if row.text_digest is None:
        return None
    text = opening_words(problem.summary, problem.description) if is_opening else row.text
    if row.salt is None:
        # Erased; by whom, `_erased_by_nobody` asks.
        is_empty = text == opening_words(ERASED, "") if is_opening else text is None
        return None if is_empty else "it has a text again, which was erased"
    if text is None:
        return "its text is missing"
    return None if text_digest(row.salt, text) == row.text_digest else "its text is not what was written"


def _broken_problem(problem: Problem, rows: Sequence[ProblemEntry]) -> Iterator[Fault]:
    try:
        told = replay(map(_said, rows))
    except ReplayFailed as failure:
        yield failure.number, str(failure)
        return
    is_state = state_of(problem)
    for field in TRACKED:
        if told.get(field) != is_state[field]:
            yield None, f"its {field} is not what the journal tells"
    for field, text in words_told(rows).items():
        if getattr(problem, field) != text:
            yield None, f"its {field} is not what the journal tells"
    if problem.journal_length != len(rows) or (rows and problem.journal_head != rows[-1].digest):
        yield None, "its journal ends elsewhere"
    if rows and (problem.opened_at, problem.changed_at) != (rows[0].at, rows[-1].at):
        yield None, "its dates are not what the journal tells"


def words_told(rows: Sequence[ProblemEntry]) -> dict[str, str | None]:
    """Cause, workaround and resolution as the journal tells them."""
    words: dict[str, str | None] = dict.fromkeys(("root_cause", "workaround", "resolution"))
    for row in rows:
        to = row.after.get("status")
        if row.kind is ProblemEntryKind.CAUSE_FOUND:
            words["root_cause"] = _words(row)
        elif row.kind is ProblemEntryKind.WORKAROUND_SET:
            words["workaround"] = _words(row)
        elif to == "resolved":
            words["resolution"] = _words(row)
        if to in ("under_investigation", "known_error"):
            words["resolution"] = None
        if to == "under_investigation":
            words["root_cause"] = None
    return words


def _words(row: ProblemEntry) -> str | None:
    return ERASED if _is_erased(row) else row.text


def _is_erased(row: ProblemEntry) -> bool:
    return row.text_digest is not None and row.salt is None


def _first_unreadable(session: Session, problem_id: int) -> int | None:
    places = (
        select(ProblemEntry.id, ProblemEntry.number)
        .where(ProblemEntry.problem_id == problem_id)
        .order_by(ProblemEntry.number)
    )
    return first_unreadable(
        session, places, lambda entry_id: session.get(ProblemEntry, entry_id, populate_existing=True)
    )


def _said(row: ProblemEntry) -> ProblemSaid:
    return ProblemSaid(**{name: getattr(row, name) for name in ProblemSaid.__dataclass_fields__})
