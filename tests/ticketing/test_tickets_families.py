"""An incident with symptoms: one update and one resolution reach them all."""

from __future__ import annotations

import itertools

import pytest

from notices.preferences.logic import NoticeKind
from storage.database import Database
from tests.databases import at_once, errors, later, values
from tests.ticketing.builders import ANA, TEAM, a_conversation
from tests.ticketing.families import AGENT, a_family, link, reach, resolve
from tests.ticketing.tickets import a_ticket, journal, letters, take, ticket_of
from ticketing.tickets.errors import MoveNotAllowed, ParentNotAllowed
from ticketing.tickets.families import unset_parent
from ticketing.tickets.handling import add_reply, add_work_note, move_ticket
from ticketing.tickets.history import own_story
from ticketing.tickets.intake import Intake
from ticketing.tickets.logic import EntryKind, ResolutionCode, Status, TicketType
from ticketing.tickets.requesters import OwnWords, reply_as_requester
from ticketing.tickets.verifying import verify_journal

OPEN_ONES = (Status.NEW, Status.ASSIGNED, Status.IN_PROGRESS, Status.ON_HOLD)


def test_an_answer_on_the_parent_is_written_on_each_open_child_and_told(db: Database) -> None:
    parent = a_ticket(db, text="the network is down")
    talk = a_conversation(db, identity=ANA)
    child = a_ticket(db, talk)
    link(db, child, parent)

    said = db.write(add_reply, parent, "We are on it.", actor=AGENT, now=later(90))
    reach(db, parent)

    entry = journal(db, child)[-1]
    assert (entry.kind, entry.actor, entry.data) == (
        EntryKind.REPLIED,
        AGENT,
        {"parent": f"INC-{parent:06d}", "entry": said},
    )
    assert db.read(own_story, talk.person_id, f"INC-{child:06d}").entries[-1].text == "We are on it."
    told = [each for each in letters(db) if each.key.startswith(f"ticket:INC-{child:06d}:replied:")]
    assert {each.port for each in told} == {"mail", "conversation"}
    assert db.read(verify_journal, child) is None


def test_what_resolves_the_parent_resolves_its_open_children_in_the_same_way(db: Database) -> None:
    parent, children = a_family(db, *OPEN_ONES)

    resolve(db, parent)
    reach(db, parent)

    for child in children:
        now = ticket_of(db, child)
        assert (now.status, now.resolution_code, now.resolved_at) == (
            Status.RESOLVED,
            ResolutionCode.FIXED,
            later(95),
        )
        assert db.read(verify_journal, child) is None


@pytest.mark.parametrize("ending", [Status.RESOLVED, Status.CANCELLED])
def test_children_that_are_finished_are_left_alone(db: Database, ending: Status) -> None:
    parent, [child] = a_family(db, Status.IN_PROGRESS)
    take(db, child, ending)
    before = len(journal(db, child))

    db.write(add_reply, parent, "We are on it.", actor=AGENT, now=later(90))
    resolve(db, parent)
    reach(db, parent)

    assert len(journal(db, child)) == before


def test_an_unlinked_ticket_hears_no_more(db: Database) -> None:
    parent, [child] = a_family(db, Status.NEW)
    db.write(unset_parent, child, actor=AGENT, now=later(80))

    resolve(db, parent)
    reach(db, parent)

    assert ticket_of(db, child).status is Status.NEW
    assert db.read(verify_journal, child) is None


def test_notes_and_the_requesters_own_words_stay_on_the_parent(db: Database) -> None:
    talk = a_conversation(db)
    parent, child = a_ticket(db, talk), a_ticket(db)
    link(db, child, parent)
    before = len(journal(db, child))

    db.write(add_work_note, parent, "who did this?", actor=AGENT, now=later(80))
    words = OwnWords("w-1", f"INC-{parent:06d}", "my private number is …")
    db.write(reply_as_requester, talk.person_id, words, team=TEAM, character_limit=100, now=later(81))
    reach(db, parent)

    assert len(journal(db, child)) == before


def test_a_child_resolved_by_itself_changes_nothing_else(db: Database) -> None:
    parent, [one, other] = a_family(db, Status.IN_PROGRESS, Status.IN_PROGRESS)

    resolve(db, one)
    reach(db, one)
    reach(db, parent)

    assert [ticket_of(db, each).status for each in (parent, other)] == [Status.IN_PROGRESS] * 2


def test_there_is_one_level(db: Database) -> None:
    parent, [child] = a_family(db, Status.NEW)
    other = a_ticket(db)

    with pytest.raises(ParentNotAllowed, match="parent itself"):
        link(db, other, child)
    with pytest.raises(ParentNotAllowed, match="children itself"):
        link(db, parent, other)
    with pytest.raises(ParentNotAllowed, match="same ticket"):
        link(db, other, other)


def test_what_is_finished_or_no_incident_is_nobodys_parent(db: Database) -> None:
    ticket, done = a_ticket(db), a_ticket(db, status=Status.RESOLVED)
    wish = a_ticket(db, intake=Intake(type=TicketType.SERVICE_REQUEST))

    for child, parent, why in (
        (ticket, done, "it|nothing would come"),
        (done, ticket, "nothing would reach"),
        (ticket, wish, "no incident"),
    ):
        with pytest.raises(ParentNotAllowed, match=why):
            link(db, child, parent)
    with pytest.raises(ParentNotAllowed, match="none"):
        db.write(unset_parent, ticket, actor=AGENT, now=later(60))


def test_a_ticket_may_go_from_one_parent_to_another(db: Database) -> None:
    _, [child] = a_family(db, Status.NEW)
    other = a_ticket(db)

    link(db, child, other)
    before = len(journal(db, child))
    link(db, child, other)

    assert ticket_of(db, child).parent_id == other
    assert len(journal(db, child)) == before


def test_of_two_that_become_each_others_child_at_once_one_does(db: Database) -> None:
    one, other = a_ticket(db), a_ticket(db)

    results = at_once(2, lambda n: link(db, *((one, other) if n else (other, one))))

    assert len(values(results)) == 1
    assert [type(error) for error in errors(results)] == [ParentNotAllowed]


def test_a_parent_that_cannot_be_resolved_leaves_its_children_alone(db: Database) -> None:
    parent, [child] = a_family(db, Status.NEW)

    with pytest.raises(MoveNotAllowed):
        db.write(
            move_ticket,
            parent,
            Status.RESOLVED,
            actor=AGENT,
            now=later(90),
            reason=" ",
            code=ResolutionCode.FIXED,
        )
    reach(db, parent)

    assert ticket_of(db, child).status is Status.NEW


def test_each_child_is_told_once(db: Database) -> None:
    parent, children = a_family(db, Status.NEW, Status.NEW, Status.NEW)

    resolve(db, parent)
    reach(db, parent)

    keys = [each.key for each in letters(db) if f":{NoticeKind.RESOLVED.value}:" in each.key]
    assert len(keys) == len(set(keys))
    for child, entry in itertools.product(children, keys):
        assert entry.count(f"INC-{child:06d}") <= 1
    assert {key.split(":")[1] for key in keys} == {f"INC-{each:06d}" for each in (parent, *children)}
