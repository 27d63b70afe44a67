"""Two tickets about one thing: joined, taken apart again, or one resolved as the other's duplicate."""

from __future__ import annotations

from typing import Any

import pytest

from notices.preferences.logic import NoticeKind
from storage.database import Database
from tests.databases import at_once, errors, later, values
from tests.ticketing.builders import ANA, TEAM, Talk, a_conversation
from tests.ticketing.teams import an_agent
from tests.ticketing.tickets import a_ticket, journal, letters, state, take, ticket_of
from ticketing.tickets.dossier import staff_ticket
from ticketing.tickets.errors import MergeNotAllowed, MoveNotAllowed, ReplyNotAllowed, TicketNotFound
from ticketing.tickets.handling import move_ticket
from ticketing.tickets.history import Writer, own_story
from ticketing.tickets.journal import person
from ticketing.tickets.logic import EntryKind, HoldReason, ResolutionCode, Status
from ticketing.tickets.merging import Joined, merge_ticket, resolve_as_duplicate, unmerge_ticket
from ticketing.tickets.queries import own_ticket
from ticketing.tickets.requesters import OwnWords, reopen_as_requester, reply_as_requester
from ticketing.tickets.verifying import verify_journal
from ticketing.tickets.watching import watch_ticket, watchers_of

AGENT = "agent:1"


@pytest.fixture
def talk(db: Database) -> Talk:
    return a_conversation(db, identity=ANA)


def merge(db: Database, source: int, target: int, **changes: Any) -> Joined:
    return db.write(merge_ticket, source, target, actor=AGENT, now=later(60), **changes)


def unmerge(db: Database, source: int) -> Joined:
    return db.write(unmerge_ticket, source, actor=AGENT, now=later(120))


def add(db: Database, talk: Talk, ticket_id: int, text: str, client_id: str = "w-1") -> Any:
    words = OwnWords(client_id, f"INC-{ticket_id:06d}", text)
    return db.write(reply_as_requester, talk.person_id, words, team=TEAM, character_limit=100, now=later(90))


def watching(db: Database, ticket_id: int) -> tuple[str, ...]:
    return db.read(watchers_of, ticket_id)


def is_sound(db: Database, *ticket_ids: int) -> bool:
    return all(db.read(verify_journal, each) is None for each in ticket_ids)


@pytest.mark.parametrize("status", [Status.NEW, Status.ASSIGNED, Status.IN_PROGRESS, Status.ON_HOLD])
def test_taken_apart_again_a_ticket_stands_as_it_stood(db: Database, talk: Talk, status: Status) -> None:
    source, target = a_ticket(db, talk, status=status), a_ticket(db)
    before = state(db, source)

    merge(db, source, target)
    merged = state(db, source)
    unmerge(db, source)

    assert (merged["status"], merged["merged_into_id"]) == ("closed", target)
    assert state(db, source) == before
    assert watching(db, target) == ()
    assert is_sound(db, source, target)


def test_requester_and_watchers_of_a_merged_ticket_watch_the_other_one(db: Database, talk: Talk) -> None:
    bea = an_agent(db, "bea")
    source, target = a_ticket(db, talk), a_ticket(db)
    db.write(watch_ticket, source, bea.actor, actor=AGENT, now=later(1))

    merge(db, source, target)

    assert watching(db, target) == (bea.actor, person(talk.person_id))


def test_who_asked_for_both_does_not_watch_one(db: Database, talk: Talk) -> None:
    source, target = a_ticket(db, talk), a_ticket(db, talk)

    merge(db, source, target)

    assert watching(db, target) == ()


def test_who_watched_before_watches_afterwards(db: Database, talk: Talk) -> None:
    source, target = a_ticket(db, talk), a_ticket(db)
    db.write(watch_ticket, target, person(talk.person_id), actor=AGENT, now=later(1))

    merge(db, source, target)
    unmerge(db, source)

    assert watching(db, target) == (person(talk.person_id),)


def test_of_two_merged_tickets_of_one_person_the_second_keeps_it_watching(db: Database, talk: Talk) -> None:
    first, second, target = a_ticket(db, talk), a_ticket(db, talk), a_ticket(db)
    merge(db, first, target)
    merge(db, second, target)

    unmerge(db, first)
    still = watching(db, target)
    unmerge(db, second)

    assert still == (person(talk.person_id),)
    # It came with the first one: whoever was taken along by a merge goes with the last.
    assert watching(db, target) == ()


def test_the_requester_is_told_where_it_goes_on_and_keeps_its_history(db: Database, talk: Talk) -> None:
    source, target = a_ticket(db, talk), a_ticket(db, talk)

    merge(db, source, target, reason="words among the staff")

    told = [each for each in letters(db) if f":{NoticeKind.MERGED.value}:" in each.key]
    assert {each.port for each in told} == {"mail", "conversation"}
    assert all(f"INC-{target:06d}" in each.payload["text"] for each in told)
    seen = db.read(own_story, talk.person_id, f"INC-{source:06d}")
    assert (seen.entries[-1].kind, seen.entries[-1].author) == (EntryKind.MERGED, Writer.TEAM)
    assert f"INC-{target:06d}" in str(seen.entries[-1].text)
    assert "words among the staff" not in repr(seen)


def test_of_somebody_elses_ticket_the_requester_learns_no_number(db: Database, talk: Talk) -> None:
    source, target = a_ticket(db, talk), a_ticket(db)

    merge(db, source, target)

    seen = db.read(own_story, talk.person_id, f"INC-{source:06d}")
    assert f"{target:06d}" not in repr(seen).replace(f"{source:06d}", "")
    told = [each for each in letters(db) if f":{NoticeKind.MERGED.value}:" in each.key]
    assert told
    assert not any(f"INC-{target:06d}" in str(each.payload) for each in told)


def test_what_the_requester_adds_goes_where_the_work_goes_on(db: Database, talk: Talk) -> None:
    source, target = a_ticket(db, talk), a_ticket(db, talk, status=Status.IN_PROGRESS)
    merge(db, source, target)

    added = add(db, talk, source, "now it smokes")

    there = journal(db, target)[-1]
    assert (there.kind, there.actor) == (EntryKind.REPLIED, person(talk.person_id))
    assert added.number == f"INC-{source:06d}"
    assert db.read(own_ticket, talk.person_id, f"INC-{source:06d}").may_reply
    assert db.read(own_story, talk.person_id, f"INC-{source:06d}").entries[-1].text == "now it smokes"
    assert is_sound(db, source, target)


def test_whoever_asked_for_the_other_ticket_reads_nothing_of_it(db: Database, talk: Talk) -> None:
    other = a_conversation(db)
    source, target = a_ticket(db, talk), a_ticket(db, other)
    merge(db, source, target)

    add(db, talk, source, "now it smokes")

    assert journal(db, target)[-1].kind is EntryKind.WORK_NOTED
    assert "smokes" not in repr(db.read(own_story, other.person_id, f"INC-{target:06d}"))
    assert "smokes" in repr(db.read(staff_ticket, target))


def test_what_is_added_through_two_merges_reaches_the_last_ticket(db: Database, talk: Talk) -> None:
    first, second, third = (a_ticket(db, talk) for _ in range(3))
    merge(db, first, second)
    merge(db, second, third)

    add(db, talk, first, "now it smokes")

    assert journal(db, third)[-1].kind is EntryKind.REPLIED


def test_nothing_is_added_where_nobody_works_any_more(db: Database, talk: Talk) -> None:
    source, target = a_ticket(db, talk), a_ticket(db, talk)
    merge(db, source, target)
    take(db, target, Status.CANCELLED)

    with pytest.raises(ReplyNotAllowed):
        add(db, talk, source, "now it smokes")

    assert not db.read(own_ticket, talk.person_id, f"INC-{source:06d}").may_reply


def test_a_merged_ticket_is_not_reopened_by_anybody(db: Database, talk: Talk) -> None:
    source, target = a_ticket(db, talk), a_ticket(db)
    merge(db, source, target)
    words = OwnWords("w-2", f"INC-{source:06d}", "no")

    with pytest.raises(MoveNotAllowed, match="merged"):
        db.write(move_ticket, source, Status.ASSIGNED, actor=AGENT, now=later(70), reason="r", assignee=AGENT)
    with pytest.raises(MoveNotAllowed):
        db.write(reopen_as_requester, talk.person_id, words, team=TEAM, character_limit=100, now=later(70))

    assert not db.read(own_ticket, talk.person_id, f"INC-{source:06d}").may_reopen


def test_refused_merges_change_nothing(db: Database) -> None:
    ticket, done = a_ticket(db), a_ticket(db, status=Status.RESOLVED)
    merged, target, cancelled = a_ticket(db), a_ticket(db), a_ticket(db, status=Status.CANCELLED)
    merge(db, merged, target)

    for source, into, why in (
        (ticket, ticket, "same ticket"),
        (done, ticket, "it is resolved"),
        (ticket, done, "--finished"),
        (ticket, merged, "goes on"),
        (ticket, cancelled, "cancelled"),
        (merged, ticket, "unmerge"),
    ):
        with pytest.raises(MergeNotAllowed, match=why):
            merge(db, source, into)
    with pytest.raises(MergeNotAllowed, match="not merged"):
        unmerge(db, ticket)
    for source, into in ((ticket, 999), (999, ticket)):
        with pytest.raises(TicketNotFound):
            merge(db, source, into)

    assert len(journal(db, ticket)) == 1


def test_into_something_finished_only_if_that_is_said(db: Database) -> None:
    ticket, done = a_ticket(db), a_ticket(db, status=Status.RESOLVED)

    merge(db, ticket, done, is_finished_fine=True)

    assert ticket_of(db, ticket).merged_into_id == done


def test_two_tickets_merged_into_each_other_at_once_are_merged_once(db: Database) -> None:
    one, other = a_ticket(db), a_ticket(db)

    results = at_once(2, lambda n: merge(db, *((one, other) if n else (other, one))))

    assert len(values(results)) == 1
    assert [type(error) for error in errors(results)] == [MergeNotAllowed]


def test_a_duplicate_is_resolved_with_a_link_and_its_requester_reads_the_text(
    db: Database, talk: Talk
) -> None:
    ticket, other = a_ticket(db, talk), a_ticket(db, status=Status.RESOLVED)

    db.write(resolve_as_duplicate, ticket, other, text="Pull the plug.", actor=AGENT, now=later(60))

    now = ticket_of(db, ticket)
    assert (now.status, now.resolution_code, now.duplicate_of_id) == (
        Status.RESOLVED,
        ResolutionCode.DUPLICATE,
        other,
    )
    assert db.read(own_story, talk.person_id, f"INC-{ticket:06d}").entries[-1].text == "Pull the plug."
    assert is_sound(db, ticket, other)


def test_a_duplicate_that_is_reopened_is_none_any_more(db: Database, talk: Talk) -> None:
    ticket, other = a_ticket(db, talk), a_ticket(db)
    db.write(resolve_as_duplicate, ticket, other, text="Pull the plug.", actor=AGENT, now=later(60))

    db.write(move_ticket, ticket, Status.ASSIGNED, actor=AGENT, now=later(70), reason="no", assignee=AGENT)

    assert ticket_of(db, ticket).duplicate_of_id is None
    assert is_sound(db, ticket)


def test_two_tickets_are_not_each_others_duplicates(db: Database) -> None:
    one, other = a_ticket(db), a_ticket(db)
    db.write(resolve_as_duplicate, one, other, text="See there.", actor=AGENT, now=later(60))

    with pytest.raises(MergeNotAllowed, match="elsewhere"):
        db.write(resolve_as_duplicate, other, one, text="See there.", actor=AGENT, now=later(60))


def test_what_is_resolved_already_is_no_duplicate_afterwards(db: Database) -> None:
    one, other = a_ticket(db, status=Status.RESOLVED), a_ticket(db)

    with pytest.raises(MoveNotAllowed):
        db.write(resolve_as_duplicate, one, other, text="See there.", actor=AGENT, now=later(60))

    assert ticket_of(db, one).duplicate_of_id is None


def test_a_hold_comes_back_with_its_reason(db: Database, talk: Talk) -> None:
    source, target = a_ticket(db, talk, status=Status.ON_HOLD), a_ticket(db)

    merge(db, source, target)
    unmerge(db, source)

    assert ticket_of(db, source).hold_reason is HoldReason.SUPPLIER
