"""Words that the desk itself wrote on other tickets are erased with those they came from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import select

from identity.people.operations import OutsideIdentity
from storage.database import Database
from tests.databases import NOW, later
from tests.ticketing.builders import ANA, TEAM, a_conversation
from tests.ticketing.families import AGENT, a_family, answer, link, reach, resolve
from tests.ticketing.problems import a_problem, problem_of, say_workaround, tell_all
from tests.ticketing.tickets import a_ticket, journal, letters
from ticketing.problems.erasing import copies_of_problem, erase_problem_text
from ticketing.problems.errors import ProblemRefused
from ticketing.problems.logic import ProblemStatus
from ticketing.problems.operations import move_problem, set_cause
from ticketing.problems.resolving import close_problem, resolve_incidents, resolve_problem
from ticketing.problems.verifying import verify_problem_journal
from ticketing.problems.workarounds import set_workaround
from ticketing.tickets.copies import copies_of
from ticketing.tickets.erasing import erase_copies, erase_text, letters_with
from ticketing.tickets.handling import add_reply
from ticketing.tickets.logic import EntryKind, Status
from ticketing.tickets.merging import merge_ticket
from ticketing.tickets.models import JournalText
from ticketing.tickets.requesters import OwnWords, reply_as_requester
from ticketing.tickets.verifying import verify_journal

SECRET = "his number is 555 1234"


def words(db: Database) -> str:
    """All that stands on tickets and in letters."""
    texts = db.read(lambda session: session.scalars(select(JournalText.text)).all())
    return str(texts) + str([each.payload for each in letters(db)])


def erase_all(db: Database, ids: Sequence[int]) -> int:
    return db.write(erase_copies, ids, actor="agent:7", now=later(200))


def sound(db: Database, *ticket_ids: int) -> bool:
    return all(db.read(verify_journal, each) is None for each in ticket_ids)


def last(db: Database, ticket_id: int) -> int:
    return journal(db, ticket_id)[-1].number


def said(db: Database, parent: int) -> int:
    return answer(db, parent, SECRET)


def resolved(db: Database, parent: int) -> int:
    resolve(db, parent, SECRET)
    return last(db, parent)


@pytest.mark.parametrize("deed", [said, resolved])
def test_what_reached_children_is_erased_with_the_parent_s_words(
    db: Database, deed: Callable[[Database, int], int]
) -> None:
    parent, children = a_family(db, Status.NEW, Status.NEW)
    answer(db, parent, "We are on it.")
    entry = deed(db, parent)
    reach(db, parent)

    copies = db.read(copies_of, parent, entry)
    assert (len(copies), erase_all(db, copies)) == (2, 2)
    db.write(erase_text, parent, entry, actor="agent:7", now=later(200))

    assert SECRET not in words(db)
    assert "We are on it." in words(db)
    assert sound(db, parent, *children)
    assert journal(db, children[0])[-1].kind is EntryKind.TEXT_ERASED


def test_a_child_that_left_the_family_loses_the_words_too(db: Database) -> None:
    parent, [child] = a_family(db, Status.NEW)
    entry = said(db, parent)
    reach(db, parent)
    link(db, child, a_ticket(db))

    assert erase_all(db, db.read(copies_of, parent, entry)) == 1

    assert sound(db, child)


def test_copies_erased_once_are_erased_for_good_and_named_no_more(db: Database) -> None:
    parent, children = a_family(db, *[Status.NEW] * 3)
    entry = said(db, parent)
    reach(db, parent)
    copies = db.read(copies_of, parent, entry)
    # A batch, and then a crash.
    erase_all(db, copies[:1])
    length = last(db, children[0])

    assert db.read(copies_of, parent, entry) == copies[1:]
    assert erase_all(db, copies) == 2
    assert erase_all(db, copies) == 0

    assert last(db, children[0]) == length
    assert db.read(copies_of, parent, entry) == ()
    assert sound(db, *children)


@pytest.mark.parametrize("asked_by", [ANA, None])
def test_what_a_requester_added_to_a_merged_ticket_is_erased_where_the_work_goes_on(
    db: Database, asked_by: OutsideIdentity | None
) -> None:
    talk = a_conversation(db, identity=ANA)
    source = a_ticket(db, talk)
    target = a_ticket(db, a_conversation(db, identity=asked_by))
    db.write(merge_ticket, source, target, actor=AGENT, now=later(60))
    own = OwnWords("c1", f"INC-{source:06d}", SECRET)
    written = db.write(
        reply_as_requester, talk.person_id, own, team=TEAM, character_limit=1_000, now=later(70)
    )
    assert ":comment:" in str([each.key for each in letters(db)])

    assert erase_all(db, db.read(copies_of, source, written.entry)) == 1
    db.write(erase_text, source, written.entry, actor="agent:7", now=later(200))

    assert SECRET not in words(db)
    assert sound(db, source, target)


def test_letters_with_the_words_are_known_by_their_keys_also_when_they_are_erased(db: Database) -> None:
    parent = a_ticket(db, status=Status.IN_PROGRESS)
    child = a_ticket(db, a_conversation(db, identity=ANA))
    link(db, child, parent)
    answer(db, parent, "We are on it.")
    entry = said(db, parent)
    reach(db, parent)
    holding = {each.key for each in letters(db) if SECRET in str(each.payload) and each.port == "mail"}
    assert any(f":INC-{child:06d}:" in key for key in holding)

    before = db.read(letters_with, parent, entry)
    erase_all(db, db.read(copies_of, parent, entry))
    db.write(erase_text, parent, entry, actor="agent:7", now=later(200))

    assert set(before) == holding == set(db.read(letters_with, parent, entry))


def test_words_of_another_entry_stay(db: Database) -> None:
    parent, [child] = a_family(db, Status.NEW)
    first = said(db, parent)
    answer(db, parent, "We are on it.")
    reach(db, parent)
    own = db.write(add_reply, child, "Only here.", actor=AGENT, now=later(99))

    assert len(db.read(copies_of, parent, first)) == 1
    assert db.read(copies_of, child, own) == ()
    assert db.read(copies_of, parent, 1) == ()
    assert db.read(copies_of, parent, 99) == ()


def test_a_workaround_that_was_taken_back_is_erased_wherever_it_was_told(db: Database) -> None:
    parent, children = a_family(db, Status.NEW, Status.NEW)
    problem_id = a_problem(db, incidents=[parent])
    assert say_workaround(db, problem_id, SECRET) == 3
    entry = problem_of(db, problem_id).workaround_entry or 0
    with pytest.raises(ProblemRefused, match="takes it back"):
        db.read(copies_of_problem, problem_id, entry)
    db.write(set_workaround, problem_id, "use the stairs", actor=AGENT, now=NOW)
    tell_all(db, problem_id)

    assert erase_all(db, db.read(copies_of_problem, problem_id, entry)) == 3
    db.write(erase_problem_text, problem_id, entry, actor="agent:7", now=later(200))

    assert SECRET not in words(db)
    assert "use the stairs" in words(db)
    assert sound(db, parent, *children)
    assert db.read(copies_of_problem, problem_id, 1) == ()


def with_its_end(db: Database, problem_id: int) -> int:
    db.write(resolve_problem, problem_id, "internal", actor=AGENT, now=NOW, with_incidents=True, told=SECRET)
    return problem_of(db, problem_id).journal_length


def with_its_resolution(db: Database, problem_id: int) -> int:
    for text in ("first try", SECRET):
        db.write(resolve_problem, problem_id, text, actor=AGENT, now=NOW)
        entry = problem_of(db, problem_id).journal_length
        if text is not SECRET:
            db.write(
                move_problem, problem_id, ProblemStatus.KNOWN_ERROR, actor=AGENT, now=NOW, reason="not yet"
            )
    db.write(close_problem, problem_id, actor="agent:2", now=NOW, with_incidents=True)
    return entry


@pytest.mark.parametrize("end", [with_its_end, with_its_resolution])
def test_what_ended_incidents_with_a_problem_is_erased_on_them_and_on_their_children(
    db: Database, end: Callable[[Database, int], int]
) -> None:
    parent, children = a_family(db, Status.NEW)
    problem_id = a_problem(db, incidents=[parent])
    db.write(set_cause, problem_id, "a worn cable", actor=AGENT, now=NOW)
    entry = end(db, problem_id)
    db.write(resolve_incidents, problem_id, now=NOW)
    reach(db, parent)

    assert erase_all(db, db.read(copies_of_problem, problem_id, entry)) == 2
    db.write(erase_problem_text, problem_id, entry, actor="agent:7", now=later(200))

    assert SECRET not in words(db)
    assert sound(db, parent, *children)
    assert db.read(verify_problem_journal, problem_id) is None


def test_a_copy_is_found_behind_one_that_is_erased_already(db: Database) -> None:
    parent, children = a_family(db, Status.NEW)
    problem_id = a_problem(db, incidents=[parent])
    db.write(set_cause, problem_id, "a worn cable", actor=AGENT, now=NOW)
    entry = with_its_end(db, problem_id)
    db.write(resolve_incidents, problem_id, now=NOW)
    reach(db, parent)
    erase_all(db, db.read(copies_of_problem, problem_id, entry)[:1])

    assert erase_all(db, db.read(copies_of_problem, problem_id, entry)) == 1

    assert SECRET not in words(db)
    assert sound(db, parent, *children)


def test_erased_words_for_requesters_are_not_replaced_by_the_team_s_own(db: Database) -> None:
    incident = a_ticket(db)
    problem_id = a_problem(db, incidents=[incident])
    db.write(set_cause, problem_id, "a worn cable", actor=AGENT, now=NOW)
    entry = with_its_end(db, problem_id)
    db.write(erase_problem_text, problem_id, entry, actor="agent:7", now=NOW)

    db.write(resolve_incidents, problem_id, now=NOW)

    assert "internal" not in words(db)
    assert sound(db, incident)
