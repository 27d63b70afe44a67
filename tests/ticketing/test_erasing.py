"""Erased words are gone from the journal, from letters and from what is shown; the chain stays whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from notices.outbox.models import OutboxState
from storage.database import Database
from tests.databases import NOW, later
from tests.ticketing.builders import ANA, a_conversation
from tests.ticketing.problems import AGENT, a_problem, problem_of
from tests.ticketing.teams import L1, L2, a_group, a_team
from tests.ticketing.tickets import a_ticket, journal, letters
from ticketing.groups.logic import AssignmentMethod
from ticketing.problems.erasing import erase_problem_text
from ticketing.problems.errors import ProblemRefused
from ticketing.problems.operations import note_on_problem, set_cause
from ticketing.problems.queries import problem_in_full
from ticketing.problems.verifying import verify_problem_journal
from ticketing.problems.workarounds import set_workaround
from ticketing.tickets.assigning import transfer_ticket
from ticketing.tickets.attaching import attach_file
from ticketing.tickets.erasing import erase_text, erased_file
from ticketing.tickets.errors import EntryNotFound
from ticketing.tickets.escalating import decline_escalation, escalate_ticket
from ticketing.tickets.files import NewFile
from ticketing.tickets.handling import add_reply
from ticketing.tickets.logic import ERASED, Visibility
from ticketing.tickets.verifying import verify_journal

SECRET = "the password was Hunter2"
FILE = NewFile("salaries.pdf", "application/pdf", 10, "ab" * 32)


@pytest.fixture
def ticket_id(db: Database) -> int:
    return a_ticket(db, a_conversation(db, identity=ANA), "my keyboard is broken")


def test_letters_with_erased_words_lose_them_and_what_waits_is_never_sent(
    db: Database, ticket_id: int
) -> None:
    for text in (SECRET, "something else"):
        db.write(add_reply, ticket_id, text, actor=AGENT, now=later(60))
    entry = journal(db, ticket_id)[-2].number

    db.write(erase_text, ticket_id, entry, actor="agent:7", now=later(120))

    assert SECRET not in str([each.payload for each in letters(db)])
    emptied = [each for each in letters(db) if not each.payload]
    assert {each.key.split(":")[3] for each in emptied} == {str(entry)}
    assert {(each.state, each.recipient) for each in emptied} == {(OutboxState.DROPPED, "")}
    assert any("something else" in str(each.payload) for each in letters(db))
    assert db.read(verify_journal, ticket_id) is None


def test_the_words_it_was_opened_with_are_gone_from_every_letter_s_subject(
    db: Database, ticket_id: int
) -> None:
    db.write(add_reply, ticket_id, "look at it", actor=AGENT, now=later(60))

    db.write(erase_text, ticket_id, 1, actor="agent:7", now=later(120))

    assert "keyboard" not in str([each.payload for each in letters(db)])


def transferred(db: Database, ticket_id: int) -> int:
    a_team(db, a_group(db, "network", method=AssignmentMethod.ROUND_ROBIN), ["bea"])
    return db.write(transfer_ticket, ticket_id, "network", reason=SECRET, actor=AGENT, now=later(60)).entry


def escalated(db: Database, ticket_id: int) -> int:
    a_team(db, a_group(db, "workplace", tiers=(L1, L2), method=AssignmentMethod.ROUND_ROBIN), ["bea"], L2)
    return db.write(escalate_ticket, ticket_id, reason=SECRET, actor=AGENT, now=later(60)).entry


def declined(db: Database, ticket_id: int) -> int:
    a_team(db, a_group(db, "workplace", tiers=(L1, L2)), ["bea"])
    db.write(escalate_ticket, ticket_id, reason="needs the vendor", actor=AGENT, now=later(50))
    a_group(db, "workplace", tiers=(L1, L2), method=AssignmentMethod.ROUND_ROBIN)
    return db.write(decline_escalation, ticket_id, reason=SECRET, actor=AGENT, now=later(60)).entry


@pytest.mark.parametrize("passed", [transferred, escalated, declined])
def test_a_reason_to_pass_a_ticket_on_is_gone_from_the_letter_to_whoever_got_it(
    db: Database, ticket_id: int, passed: Callable[[Database, int], int]
) -> None:
    entry = passed(db, ticket_id)
    [told] = [each for each in letters(db) if ":assigned:" in each.key]
    assert SECRET in str(told.payload)

    db.write(erase_text, ticket_id, entry, actor="agent:7", now=later(120))

    assert SECRET not in str([each.payload for each in letters(db)])
    [told] = [each for each in letters(db) if ":assigned:" in each.key]
    assert told.state is OutboxState.DROPPED


def test_letters_of_another_ticket_keep_their_words(db: Database, ticket_id: int) -> None:
    other = a_ticket(db, a_conversation(db, identity=ANA), "my mouse is broken")

    db.write(erase_text, ticket_id, 1, actor="agent:7", now=later(120))

    assert "my mouse" in str([each.payload for each in letters(db)])
    assert db.read(verify_journal, other) is None


def test_a_file_goes_when_the_last_words_with_it_are_erased(db: Database, ticket_id: int) -> None:
    entries = [
        db.write(attach_file, ticket_id, FILE, visibility=visibility, actor=AGENT, now=NOW)
        for visibility in Visibility
    ]
    gone = []
    for entry in entries:
        db.write(erase_text, ticket_id, entry, actor="agent:7", now=later(60))
        gone.append(db.read(erased_file, ticket_id, entry))

    assert gone == [None, FILE.digest]
    assert db.read(erased_file, ticket_id, 1) is None
    assert db.read(verify_journal, ticket_id) is None


@pytest.fixture
def problem_id(db: Database) -> int:
    """1 opened, 2 a note, 3 the cause, 4 a workaround, 5 none any more, 6 another one."""
    found = a_problem(db, "Printing stops on Ana's floor")
    db.write(note_on_problem, found, SECRET, actor=AGENT, now=NOW)
    db.write(set_cause, found, "Ana pulls the plug", actor=AGENT, now=NOW)
    for text in ("ask Ana", None, "use the stairs"):
        db.write(set_workaround, found, text, actor=AGENT, now=NOW)
    return found


@pytest.mark.parametrize(
    ("entry", "words"), [(1, "Ana's floor"), (2, "Hunter2"), (3, "pulls the plug"), (4, "ask Ana")]
)
def test_words_of_a_problem_are_gone_wherever_they_stood_and_its_journal_is_whole(
    db: Database, problem_id: int, entry: int, words: str
) -> None:
    db.write(erase_problem_text, problem_id, entry, actor="agent:7", now=later(60))

    assert words not in str(db.read(problem_in_full, problem_id))
    assert words not in str(vars(problem_of(db, problem_id)))
    assert db.read(verify_problem_journal, problem_id) is None
    with pytest.raises(EntryNotFound):
        db.write(erase_problem_text, problem_id, entry, actor="agent:7", now=later(60))


def test_an_erased_cause_leaves_a_known_error(db: Database, problem_id: int) -> None:
    before = problem_of(db, problem_id).status

    db.write(erase_problem_text, problem_id, 3, actor="agent:7", now=later(60))

    assert problem_of(db, problem_id).root_cause == ERASED
    assert problem_of(db, problem_id).status is before


def test_a_workaround_that_is_being_told_is_taken_back_before_it_is_erased(
    db: Database, problem_id: int
) -> None:
    with pytest.raises(ProblemRefused, match="takes it back"):
        db.write(erase_problem_text, problem_id, 6, actor="agent:7", now=later(60))
    db.write(set_workaround, problem_id, None, actor=AGENT, now=later(60))

    db.write(erase_problem_text, problem_id, 6, actor="agent:7", now=later(120))

    assert db.read(verify_problem_journal, problem_id) is None
    assert problem_of(db, problem_id).workaround is None
