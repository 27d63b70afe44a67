"""What is said and done on a parent reaches its children afterwards, in batches: all of them, once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from storage.database import Database
from tests.databases import at_once, errors, later, values
from tests.ticketing.families import AGENT, a_family, answer, link, reach, resolve
from tests.ticketing.tickets import a_ticket, journal, letters, take, ticket_of
from ticketing.tickets.erasing import erase_text
from ticketing.tickets.families import unset_parent
from ticketing.tickets.handling import add_work_note
from ticketing.tickets.logic import EntryKind, Status
from ticketing.tickets.merging import merge_ticket
from ticketing.tickets.models import JournalText
from ticketing.tickets.reaching import children_to_reach, families_to_reach, reach_children
from ticketing.tickets.verifying import verify_journal


def kinds(db: Database, ticket_id: int) -> list[EntryKind]:
    return [entry.kind for entry in journal(db, ticket_id)]


def heard(db: Database, ticket_id: int) -> list[str | None]:
    """The words that came from the parent, in order."""
    came = [entry.id for entry in journal(db, ticket_id) if "parent" in entry.data]
    return db.read(lambda session: [session.get_one(JournalText, each).text for each in came])


def cancel(db: Database, child: int, _: int) -> None:
    take(db, child, Status.CANCELLED)


def finish(db: Database, child: int, _: int) -> None:
    resolve(db, child, "It was the cable.")


def finish_and_reopen(db: Database, child: int, _: int) -> None:
    resolve(db, child, "It was the cable.")
    take(db, child, Status.ASSIGNED)


def leave(db: Database, child: int, _: int) -> None:
    db.write(unset_parent, child, actor=AGENT, now=later(80))


def leave_and_return(db: Database, child: int, parent: int) -> None:
    leave(db, child, parent)
    link(db, child, parent)


def go_to_another(db: Database, child: int, _: int) -> None:
    link(db, child, a_ticket(db))


def merge(db: Database, child: int, _: int) -> None:
    db.write(merge_ticket, child, a_ticket(db), actor=AGENT, now=later(80))


Meanwhile = Callable[[Database, int, int], None]
STAYS_OPEN = [leave, leave_and_return, go_to_another, finish_and_reopen]


def test_the_parents_own_deed_waits_for_no_child(db: Database) -> None:
    parent, children = a_family(db, Status.NEW, Status.NEW)

    answer(db, parent)
    resolve(db, parent)

    assert ticket_of(db, parent).status is Status.RESOLVED
    assert [heard(db, each) for each in children] == [[], []]
    assert db.read(families_to_reach) == (parent,)
    assert db.read(children_to_reach, parent) == tuple(children)


def test_a_batch_is_bounded_and_who_is_left_comes_next(db: Database) -> None:
    parent, children = a_family(db, *[Status.NEW] * 5)
    answer(db, parent)

    sizes = [db.write(reach_children, parent, now=later(95), limit=2) for _ in range(4)]

    assert sizes == [2, 2, 1, 0]
    assert [heard(db, each) for each in children] == [["We are on it."]] * 5
    assert db.read(families_to_reach) == ()


def test_after_a_crash_whoever_is_left_is_reached_and_nobody_twice(db: Database) -> None:
    parent, children = a_family(db, *[Status.NEW] * 4)
    resolve(db, parent)
    db.write(reach_children, parent, now=later(95), limit=1)

    def killed(session: Session) -> None:
        reach_children(session, parent, now=later(95), limit=2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        db.write(killed)
    assert [ticket_of(db, each).status for each in children] == [Status.RESOLVED] + [Status.NEW] * 3

    assert reach(db, parent) == 3

    assert [heard(db, each) for each in children] == [["The switch was replaced."]] * 4
    told = [letter.key for letter in letters(db) if ":resolved:" in letter.key]
    assert {key.split(":")[1] for key in told} == {f"INC-{each:06d}" for each in (parent, *children)}
    assert all(db.read(verify_journal, each) is None for each in children)


def test_two_who_reach_them_at_once_reach_each_once(db: Database) -> None:
    parent, children = a_family(db, *[Status.NEW] * 6)
    answer(db, parent)
    resolve(db, parent)

    def work(_: int) -> int:
        total = 0
        while count := db.write(reach_children, parent, now=later(95), limit=2):
            total += count
        return total

    found = at_once(2, work)

    assert errors(found) == []
    assert sum(values(found)) == 12
    assert [heard(db, each) for each in children] == [["We are on it.", "The switch was replaced."]] * 6


def test_each_child_hears_things_in_the_order_in_which_they_were_said(db: Database) -> None:
    parent, children = a_family(db, Status.NEW, Status.NEW)
    for text in ("We are on it.", "It is the switch.", "A new one is on its way."):
        answer(db, parent, text)
    db.write(reach_children, parent, now=later(95), limit=3)
    resolve(db, parent)

    reach(db, parent)

    expected = ["We are on it.", "It is the switch.", "A new one is on its way.", "The switch was replaced."]
    assert [heard(db, each) for each in children] == [expected] * 2


@pytest.mark.parametrize("meanwhile", [*STAYS_OPEN, cancel, finish, merge])
def test_a_child_that_left_or_was_finished_meanwhile_is_left_alone(
    db: Database, meanwhile: Meanwhile
) -> None:
    parent, [child, other] = a_family(db, Status.NEW, Status.NEW)
    answer(db, parent)
    answer(db, parent, "It takes longer.")
    meanwhile(db, child, parent)
    before = journal(db, child)[-1].number

    assert reach(db, parent) == 2

    assert journal(db, child)[-1].number == before
    assert heard(db, other) == ["We are on it.", "It takes longer."]
    assert db.read(families_to_reach) == ()


@pytest.mark.parametrize("meanwhile", [leave, go_to_another, finish_and_reopen])
def test_a_child_that_left_or_is_open_again_is_not_resolved_late(db: Database, meanwhile: Meanwhile) -> None:
    parent, [child] = a_family(db, Status.NEW)
    resolve(db, parent)
    meanwhile(db, child, parent)

    reach(db, parent)

    assert ticket_of(db, child).status in (Status.NEW, Status.ASSIGNED)
    assert db.read(verify_journal, child) is None


def test_who_becomes_a_child_afterwards_does_not_hear_what_was_said_before(db: Database) -> None:
    parent, _ = a_family(db, Status.NEW)
    answer(db, parent)
    late = a_ticket(db)
    link(db, late, parent)

    reach(db, parent)

    assert heard(db, late) == []


def test_a_parent_that_is_open_again_resolves_no_more_children_but_what_it_said_is_told(db: Database) -> None:
    parent, children = a_family(db, Status.NEW, Status.NEW, Status.NEW)
    answer(db, parent)
    resolve(db, parent)
    for _ in range(2):
        db.write(reach_children, parent, now=later(95), limit=2)
    take(db, parent, Status.ASSIGNED)

    reach(db, parent)

    assert [ticket_of(db, each).status for each in children] == [Status.RESOLVED, Status.NEW, Status.NEW]
    assert [len(heard(db, each)) for each in children] == [2, 1, 1]


def test_words_that_were_erased_reach_nobody_any_more(db: Database) -> None:
    parent, children = a_family(db, *[Status.NEW] * 3)
    entry = answer(db, parent, "His number is 555 1234.")
    answer(db, parent)
    db.write(erase_text, parent, entry, actor=AGENT, now=later(90))

    while db.write(reach_children, parent, now=later(95), limit=1):
        pass

    assert [heard(db, each) for each in children] == [["We are on it."]] * 3


def test_a_resolution_whose_words_were_erased_resolves_all_the_same(db: Database) -> None:
    parent, [child] = a_family(db, Status.NEW)
    resolve(db, parent)
    entry = journal(db, parent)[-1].number
    db.write(erase_text, parent, entry, actor=AGENT, now=later(91))

    reach(db, parent)

    assert ticket_of(db, child).status is Status.RESOLVED
    assert heard(db, child) == ["…"]


def test_a_child_that_is_left_for_later_holds_nobody_up(db: Database) -> None:
    parent, [first, second] = a_family(db, Status.NEW, Status.NEW)
    answer(db, parent)

    assert db.write(reach_children, parent, now=later(95), without=[first]) == 1

    assert [len(heard(db, each)) for each in (first, second)] == [0, 1]
    assert db.read(families_to_reach, without=[first]) == ()
    assert db.read(families_to_reach) == (parent,)


def test_a_child_and_its_parent_may_change_at_once(db: Database) -> None:
    parent, children = a_family(db, *[Status.NEW] * 4)
    answer(db, parent)

    def work(number: int) -> object:
        if number == 0:
            return reach(db, parent)
        if number == 1:
            resolve(db, parent)
            return None
        return db.write(add_work_note, children[number], "seen", actor=AGENT, now=later(90))

    assert errors(at_once(4, work)) == []
    reach(db, parent)

    assert [ticket_of(db, each).status for each in children] == [Status.RESOLVED] * 4
    assert all(db.read(verify_journal, each) is None for each in children)
