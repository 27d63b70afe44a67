"""Problems: where they stand, what they are called by, and a journal that tells all of it."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import bindparam, text

from storage.base import UtcDateTime
from storage.database import Database
from tests.databases import NOW, later, take_away
from tests.ticketing.problems import AGENT, a_problem, problem_of
from tests.ticketing.teams import a_group, a_member, an_agent
from tests.ticketing.tickets import a_ticket
from ticketing.groups.errors import GroupUnknown
from ticketing.problems.audit import verify_problem_journals
from ticketing.problems.errors import ProblemMoveNotAllowed, ProblemNotFound, ProblemRefused
from ticketing.problems.journal import ProblemSaid
from ticketing.problems.linking import link_incident, unlink_incident
from ticketing.problems.logic import (
    FINISHED,
    MOVES,
    ProblemDraft,
    ProblemEntryKind,
    ProblemStatus,
    parse_problem_number,
    problem_number,
    why_not_move,
)
from ticketing.problems.operations import (
    assign_problem,
    move_problem,
    note_on_problem,
    open_problem,
    reclassify_problem,
    set_cause,
)
from ticketing.problems.queries import known_errors_like, list_problems, problem_in_full
from ticketing.problems.verifying import verify_problem_journal
from ticketing.problems.workarounds import set_workaround
from ticketing.tickets.chain import Entry, entry_digest, link
from ticketing.tickets.errors import TextMissing
from ticketing.tickets.logic import EntryKind
from ticketing.tickets.priority import Impact, Priority, Urgency
from ticketing.tickets.verifying import Broken

NEW, UNDER, KNOWN = ProblemStatus.NEW, ProblemStatus.UNDER_INVESTIGATION, ProblemStatus.KNOWN_ERROR
RESOLVED, CLOSED, CANCELLED = ProblemStatus.RESOLVED, ProblemStatus.CLOSED, ProblemStatus.CANCELLED


def test_every_status_has_its_moves() -> None:
    assert set(MOVES) == set(ProblemStatus)


@pytest.mark.parametrize(("before", "to"), list(itertools.product(ProblemStatus, repeat=2)))
def test_only_what_the_table_names_is_a_move(before: ProblemStatus, to: ProblemStatus) -> None:
    why = why_not_move(before, to, root_cause="a worn cable", reason="because")

    assert (why is None) == (to in MOVES[before])


def test_a_problem_can_be_ended_from_wherever_it_is_open_and_only_a_cancelled_one_has_no_way_back() -> None:
    assert all(MOVES[status] & FINISHED for status in set(ProblemStatus) - FINISHED)
    assert [status for status in ProblemStatus if not MOVES[status]] == [CANCELLED]


def test_nothing_is_a_known_error_without_a_cause() -> None:
    assert why_not_move(UNDER, KNOWN, root_cause=None, reason=None) is not None


@pytest.mark.parametrize(
    ("before", "to"), [(UNDER, RESOLVED), (NEW, CANCELLED), (CLOSED, UNDER), (RESOLVED, KNOWN)]
)
def test_what_ends_or_begins_again_needs_words(before: ProblemStatus, to: ProblemStatus) -> None:
    assert why_not_move(before, to, root_cause="a worn cable", reason=None) is not None


@pytest.mark.parametrize("written", ["PRB-000012", "prb-12", "PRB 12", " 12 "])
def test_a_number_is_read_as_people_write_it(written: str) -> None:
    assert parse_problem_number(written) == 12


@pytest.mark.parametrize("written", ["INC-000012", "", "PRB-", "12a", "9999999999"])
def test_what_is_no_number_is_none(written: str) -> None:
    assert parse_problem_number(written) is None


def test_a_problem_takes_group_category_and_priority_from_its_first_incident_but_no_word_of_it(
    db: Database,
) -> None:
    ticket_id = a_ticket(db, text="my wife Ana cannot print her medical file")

    problem_id = db.write(
        open_problem,
        ProblemDraft("The print server loses jobs"),
        incidents=[ticket_id],
        actor=AGENT,
        now=NOW,
    )

    found = db.read(problem_in_full, problem_id)
    assert (found.row.status, found.row.priority, found.row.category) == (NEW, Priority.P4, "printing")
    assert [each.id for each in found.incidents] == [ticket_id]
    assert "Ana" not in f"{found.row.summary} {found.description}"


def test_a_problem_without_incidents_names_its_group_and_category(db: Database) -> None:
    a_group(db, "network")

    with pytest.raises(ProblemRefused, match="name a group and a category"):
        db.write(open_problem, ProblemDraft("The network is slow"), actor=AGENT, now=NOW)
    draft = ProblemDraft("The network is slow", group="nobody", category="network")
    with pytest.raises(GroupUnknown):
        db.write(open_problem, draft, actor=AGENT, now=NOW)
    draft = ProblemDraft("The network is slow", group="network", category="nothing")
    with pytest.raises(ProblemRefused, match="no category"):
        db.write(open_problem, draft, actor=AGENT, now=NOW)
    assert db.read(list_problems) == ()


def test_the_cause_makes_a_known_error_and_going_back_unmakes_it(db: Database) -> None:
    problem_id = a_problem(db)

    assert db.write(set_cause, problem_id, "a worn cable", actor=AGENT, now=NOW) is KNOWN
    db.write(move_problem, problem_id, UNDER, actor=AGENT, now=later(1))

    problem = problem_of(db, problem_id)
    assert (problem.status, problem.root_cause) == (UNDER, None)
    told = [step.text for step in db.read(problem_in_full, problem_id).journal if step.text]
    assert told == ["a worn cable"]


def test_the_same_cause_is_no_news(db: Database) -> None:
    problem_id = a_problem(db)
    for _ in range(2):
        db.write(set_cause, problem_id, "a worn cable", actor=AGENT, now=NOW)

    assert problem_of(db, problem_id).journal_length == 2


def test_a_refused_move_changes_nothing(db: Database) -> None:
    problem_id = a_problem(db)

    with pytest.raises(ProblemMoveNotAllowed, match="cannot become closed: it is new"):
        db.write(move_problem, problem_id, CLOSED, actor=AGENT, now=NOW)
    with pytest.raises(ProblemNotFound):
        db.write(move_problem, problem_id + 1, UNDER, actor=AGENT, now=NOW)
    with pytest.raises(TextMissing):
        db.write(note_on_problem, problem_id, "  ", actor=AGENT, now=NOW)
    assert problem_of(db, problem_id).journal_length == 1


def test_priority_follows_from_impact_and_urgency_only(db: Database) -> None:
    problem_id = a_problem(db)

    priority = db.write(
        reclassify_problem, problem_id, impact=Impact.HIGH, urgency=Urgency.HIGH, actor=AGENT, now=NOW
    )

    assert priority is problem_of(db, problem_id).priority is Priority.P1


def test_only_active_members_of_its_group_get_a_problem(db: Database) -> None:
    problem_id = a_problem(db)
    group = problem_of(db, problem_id).assignment_group
    member, stranger = a_member(db, group, an_agent(db, "mia")), an_agent(db, "sam")

    with pytest.raises(ProblemRefused, match="only active members"):
        db.write(assign_problem, problem_id, agent_id=stranger.id, actor=AGENT, now=NOW)
    db.write(assign_problem, problem_id, agent_id=member.id, actor=AGENT, now=NOW)

    assert problem_of(db, problem_id).assignee == member.actor


def test_another_group_takes_a_problem_from_whoever_had_it(db: Database) -> None:
    problem_id = a_problem(db)
    member = a_member(db, problem_of(db, problem_id).assignment_group, an_agent(db, "mia"))
    db.write(assign_problem, problem_id, agent_id=member.id, actor=AGENT, now=NOW)

    db.write(assign_problem, problem_id, group=a_group(db, "network"), actor=AGENT, now=NOW)

    problem = problem_of(db, problem_id)
    assert (problem.assignment_group, problem.assignee) == ("network", None)


def test_problems_are_listed_by_priority_and_the_finished_ones_only_when_asked_for(db: Database) -> None:
    first, second, third = (a_problem(db) for _ in range(3))
    db.write(reclassify_problem, second, impact=Impact.HIGH, actor=AGENT, now=NOW)
    db.write(move_problem, third, CANCELLED, reason="no pattern", actor=AGENT, now=NOW)

    assert [row.id for row in db.read(list_problems)] == [second, first]
    assert [row.id for row in db.read(list_problems, statuses=[CANCELLED])] == [third]


def test_known_errors_come_before_other_problems_a_text_is_like(db: Database) -> None:
    suspected = a_problem(db, "Printing on floor 2 stops")
    known = a_problem(db, "Printing on floor two stops every morning")
    a_problem(db, "Mail arrives late")
    db.write(set_cause, known, "a worn cable", actor=AGENT, now=NOW)

    found = db.read(known_errors_like, "printing stops")

    assert [each.problem.id for each in found] == [known, suspected]
    assert db.read(known_errors_like, "my screen is dark") == ()


def a_life(db: Database) -> int:
    """A problem to which everything happened."""
    problem_id = a_problem(db, incidents=[a_ticket(db)])
    db.write(note_on_problem, problem_id, "seen on floor 2 too", actor=AGENT, now=later(1))
    db.write(set_cause, problem_id, "a worn cable", actor=AGENT, now=later(2))
    db.write(set_workaround, problem_id, "use the tray below", actor=AGENT, now=later(3))
    db.write(move_problem, problem_id, RESOLVED, reason="a new cable", actor=AGENT, now=later(4))
    db.write(move_problem, problem_id, KNOWN, reason="it was not the cable", actor=AGENT, now=later(5))
    db.write(set_workaround, problem_id, None, actor=AGENT, now=later(6))
    db.write(move_problem, problem_id, UNDER, actor=AGENT, now=later(7))
    return problem_id


def test_a_journal_that_nobody_touched_is_sound(db: Database) -> None:
    problem_id = a_life(db)

    assert db.read(verify_problem_journal, problem_id) is None
    found = db.read(verify_problem_journals)
    assert (found.tickets, found.entries, found.broken) == (1, problem_of(db, problem_id).journal_length, ())


TAMPERED: dict[str, tuple[str, int | None]] = {
    "UPDATE problem_entry SET actor = 'x' WHERE number = 3": ("it is not what was written", 3),
    "UPDATE problem_entry SET text = 'x' WHERE number = 3": ("its text is not what was written", 3),
    "UPDATE problem_entry SET text = NULL, salt = NULL WHERE number = 3": (
        "its text was erased by nobody",
        3,
    ),
    "DELETE FROM problem_entry WHERE number = 4": ("it is missing", 4),
    "DELETE FROM problem_entry WHERE number > 7": ("it is missing", 8),
    "UPDATE problem_entry SET kind = 'nonsense' WHERE number = 5": ("it cannot be read", 5),
    "UPDATE problem SET summary = 'x'": ("its text is not what was written", 1),
    "UPDATE problem SET priority = 'P1'": ("its priority is not what the journal tells", None),
    "UPDATE problem SET workaround = 'x'": ("its workaround is not what the journal tells", None),
    "UPDATE problem SET root_cause = 'x'": ("its root_cause is not what the journal tells", None),
    "UPDATE problem SET resolution = 'x'": ("its resolution is not what the journal tells", None),
    "UPDATE problem_entry SET text = 'x' WHERE number = 1": ("it has a text it was not written with", 1),
    "UPDATE problem SET journal_head = 'x'": ("its journal ends elsewhere", None),
}


@pytest.mark.parametrize("statement", TAMPERED)
def test_the_first_broken_entry_is_named(db: Database, statement: str) -> None:
    problem_id = a_life(db)
    db.write(lambda session: session.execute(text(statement)))

    broken = db.read(verify_problem_journal, problem_id)

    assert broken is not None
    assert (broken.ticket, broken.why, broken.entry) == (problem_number(problem_id), *TAMPERED[statement])


LINK_ANOTHER = (
    "INSERT INTO problem_incident (problem_id, ticket_id, linked_at) "
    "SELECT id, :other, opened_at FROM problem"
)
LINKS_TAMPERED: dict[str, tuple[str, int | None]] = {
    "DELETE FROM problem_incident WHERE ticket_id = :again": ("its link is gone", 5),
    "DELETE FROM problem_incident": ("its link is gone", 3),
    "UPDATE problem_incident SET linked_at = :late WHERE ticket_id = :kept": (
        "its link is not the one that was made",
        3,
    ),
    "UPDATE problem_incident SET ticket_id = :other WHERE ticket_id = :kept": ("its link is gone", 3),
    LINK_ANOTHER: (
        "its incidents are not what the journal tells",
        None,
    ),
}


@pytest.mark.parametrize("statement", [None, *LINKS_TAMPERED])
def test_incidents_linked_or_unlinked_behind_the_journal_are_named(
    db: Database, statement: str | None
) -> None:
    again, kept, other = a_ticket(db), a_ticket(db), a_ticket(db)
    problem_id = a_problem(db, incidents=[again, kept])
    db.write(unlink_incident, problem_id, again, actor=AGENT, now=later(1))
    db.write(link_incident, problem_id, again, actor=AGENT, now=later(2))
    if statement is not None:
        names = {name for name in ("again", "kept", "other", "late") if f":{name}" in statement}
        values = {"again": again, "kept": kept, "other": other, "late": later(9)}
        bound = text(statement).bindparams(
            *(bindparam(name, values[name], UtcDateTime() if name == "late" else None) for name in names)
        )
        db.write(lambda session: session.execute(bound))

    broken = db.read(verify_problem_journal, problem_id)

    found = broken and (broken.why, broken.entry)
    assert found == (LINKS_TAMPERED[statement] if statement else None)


def test_an_entry_of_a_ticket_cannot_pass_for_one_of_a_problem_with_the_same_id() -> None:
    said = ProblemSaid(7, 1, ProblemEntryKind.MOVED, {}, {}, {}, AGENT, NOW, None)
    of_ticket = Entry(7, 1, EntryKind.MOVED, {}, {}, {}, AGENT, NOW, None)

    assert link("", problem_number(7), said) != entry_digest("", of_ticket)


@pytest.mark.parametrize("limit", [2, 9])
def test_entries_whose_problem_is_gone_are_named_once(db: Database, limit: int) -> None:
    problems = [a_problem(db) for _ in range(3)]
    take_away(db, "problem", problems[0])
    take_away(db, "problem", problems[2])

    found: list[Broken] = []
    last: int | None = 0
    while last is not None:
        checked = db.read(verify_problem_journals, after=last, limit=limit)
        found, last = [*found, *checked.broken], checked.last_id

    assert found == [
        Broken(problem_number(problems[0]), 1, "its problem is gone"),
        Broken(problem_number(problems[2]), 1, "its problem is gone"),
    ]


def test_every_kind_of_entry_is_written_by_somebody(db: Database) -> None:
    problem_id = a_life(db)
    kinds = {step.kind for step in db.read(problem_in_full, problem_id).journal}

    assert kinds >= {
        ProblemEntryKind.OPENED,
        ProblemEntryKind.INCIDENT_LINKED,
        ProblemEntryKind.WORK_NOTED,
        ProblemEntryKind.CAUSE_FOUND,
        ProblemEntryKind.WORKAROUND_SET,
        ProblemEntryKind.MOVED,
    }
