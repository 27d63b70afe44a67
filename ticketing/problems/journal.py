"""Writing the journal of a problem, and checking that nobody else has."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ticketing.problems.belongings import broken_links
from ticketing.problems.errors import ProblemNotFound
from ticketing.problems.logic import ProblemEntryKind, problem_number
from ticketing.problems.models import Problem, ProblemEntry
from ticketing.tickets.audit import DAMAGED, Checked, Exported
from ticketing.tickets.chain import (
    Fields,
    ReplayFailed,
    link,
    opening_words,
    replay,
    text_digest,
    told_fields,
)
from ticketing.tickets.journal import UNREADABLE, Broken
from ticketing.tickets.logic import ERASED

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
    digest = _link(problem.journal_head, said)
    is_in_problem = act.kind is ProblemEntryKind.OPENED
    text = None if is_in_problem else act.text
    entry = ProblemEntry(**vars(said), salt=salt, text=text, digest=digest)
    session.add(entry)
    problem.journal_length, problem.journal_head, problem.changed_at = said.number, digest, act.at
    session.flush()
    return entry


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
    wanted = select(ProblemEntry).where(ProblemEntry.id > after).order_by(ProblemEntry.id).limit(limit)
    if since is not None:
        wanted = wanted.where(ProblemEntry.at >= since)
    if until is not None:
        wanted = wanted.where(ProblemEntry.at < until)
    return [
        Exported(
            id=entry.id,
            number=problem_number(entry.problem_id),
            entry=entry.number,
            kind=entry.kind.value,
            actor=entry.actor,
            at=entry.at,
            before=entry.before,
            after=entry.after,
            data=entry.data,
            text_digest=entry.text_digest,
            digest=entry.digest,
            text=entry.text if with_texts else None,
        )
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
    return Checked(last, len(ids), entries or 0, tuple(each for each in found if each))


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


def _broken_entries(problem: Problem, rows: Sequence[ProblemEntry]) -> Iterator[tuple[int | None, str]]:
    previous = ""
    for expected, row in enumerate(rows, start=1):
        if row.number != expected:
            yield expected, "it is missing"
            return
        if row.digest != _link(previous, _said(row)):
            yield expected, "it is not what was written"
        if why := _broken_text(problem, row):
            yield expected, why
        previous = row.digest
    if problem.journal_length > len(rows):
        yield len(rows) + 1, "it is missing"


def _erased_by_nobody(rows: Sequence[ProblemEntry]) -> Iterator[tuple[int | None, str]]:
    erased = {row.data.get("entry") for row in rows if row.kind is ProblemEntryKind.TEXT_ERASED}
    for row in rows:
        if row.text_digest is not None and row.salt is None and row.number not in erased:
            yield row.number, "its text was erased by nobody"


def _broken_text(problem: Problem, row: ProblemEntry) -> str | None:
    is_opening = row.kind is ProblemEntryKind.OPENED
    text = opening_words(problem.summary, problem.description) if is_opening else row.text
    if row.text_digest is None:
        return "it has a text it was not written with" if text else None
    if row.salt is None:
        return None  # erased; by whom, `_erased_by_nobody` asks
    if text is None:
        return "its text is missing"
    return None if text_digest(row.salt, text) == row.text_digest else "its text is not what was written"


def _broken_problem(problem: Problem, rows: Sequence[ProblemEntry]) -> Iterator[tuple[int | None, str]]:
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
    is_erased = row.text_digest is not None and row.salt is None
    return ERASED if is_erased else row.text


def _first_unreadable(session: Session, problem_id: int) -> int | None:
    places = session.execute(
        select(ProblemEntry.id, ProblemEntry.number)
        .where(ProblemEntry.problem_id == problem_id)
        .order_by(ProblemEntry.number)
    ).all()
    for entry_id, number in places:
        try:
            session.get(ProblemEntry, entry_id, populate_existing=True)
        except UNREADABLE:
            return number
    return None


def _link(previous: str, said: ProblemSaid) -> str:
    # By its number: an entry of ticket 7 could otherwise pass for one of problem 7.
    return link(previous, problem_number(said.problem_id), said)


def _said(row: ProblemEntry) -> ProblemSaid:
    return ProblemSaid(**{name: getattr(row, name) for name in ProblemSaid.__dataclass_fields__})
