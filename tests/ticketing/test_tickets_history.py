"""What a requester reads of a ticket's journal, and what it does not."""

from __future__ import annotations

import pytest

from storage.database import Database
from tests.databases import NOW, later
from tests.ticketing.builders import TEAM, Talk, a_conversation, claim_one, say_to
from tests.ticketing.tickets import a_ticket, journal, take
from ticketing.conversations.operations import take_over
from ticketing.tickets.erasing import erase_text
from ticketing.tickets.errors import TicketNotFound
from ticketing.tickets.handling import add_reply, add_work_note, move_ticket, reclassify
from ticketing.tickets.history import MOST_ENTRIES, SHOWN, OwnEntry, OwnStory, Writer, own_story, writer_of
from ticketing.tickets.journal import ASSISTANT, DESK, person
from ticketing.tickets.logic import STAFF_ONLY, EntryKind, HoldReason, ResolutionCode, Status
from ticketing.tickets.operations import hand_off_for_turn
from ticketing.tickets.priority import Impact
from ticketing.tickets.requesters import OwnWords, reopen_as_requester, reply_as_requester

SECRET = "internal words of the staff"
AGENT = "agent:ana.lopez"


@pytest.fixture
def talk(db: Database) -> Talk:
    return a_conversation(db)


def story(db: Database, talk: Talk, ticket_id: int) -> OwnStory:
    return db.read(own_story, talk.person_id, f"INC-{ticket_id:06d}")


def told(entry: OwnEntry) -> tuple[EntryKind, Writer, str | None, Status | None]:
    return entry.kind, entry.author, entry.text, entry.status


def test_a_requester_reads_what_happened_in_plain_terms(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db, talk)
    number = f"INC-{ticket_id:06d}"
    db.write(
        move_ticket, ticket_id, Status.ASSIGNED, actor=AGENT, now=later(1), reason=SECRET, assignee=AGENT
    )
    db.write(add_work_note, ticket_id, SECRET, actor=AGENT, now=later(2))
    db.write(reclassify, ticket_id, actor=AGENT, now=later(3), impact=Impact.HIGH, reason=SECRET)
    db.write(add_reply, ticket_id, "Which printer?", actor=AGENT, now=later(4))
    words = OwnWords("w-1", number, "the big one")
    db.write(reply_as_requester, talk.person_id, words, team=TEAM, character_limit=100, now=later(5))
    db.write(move_ticket, ticket_id, Status.IN_PROGRESS, actor=AGENT, now=later(6))
    code = ResolutionCode.FIXED
    db.write(
        move_ticket, ticket_id, Status.RESOLVED, actor=AGENT, now=later(7), reason="New toner.", code=code
    )
    words = OwnWords("w-2", number, "still nothing")
    db.write(reopen_as_requester, talk.person_id, words, team=TEAM, character_limit=100, now=later(8))

    seen = story(db, talk, ticket_id)

    assert [told(entry) for entry in seen.entries] == [
        (EntryKind.OPENED, Writer.ASSISTANT, None, None),
        (EntryKind.MOVED, Writer.TEAM, None, Status.ASSIGNED),
        (EntryKind.REPLIED, Writer.TEAM, "Which printer?", None),
        (EntryKind.REPLIED, Writer.ME, "the big one", None),
        (EntryKind.MOVED, Writer.TEAM, None, Status.IN_PROGRESS),
        (EntryKind.MOVED, Writer.TEAM, "New toner.", Status.RESOLVED),
        (EntryKind.REOPENED, Writer.ME, "still nothing", None),
    ]
    assert (seen.ticket.number, seen.ticket.may_reply, seen.ticket.may_reopen) == (number, True, False)
    assert seen.description == "the printer is on fire"
    assert SECRET not in repr(seen)
    assert "lopez" not in repr(seen)


def test_the_reason_of_a_reopening_by_the_staff_is_its_own(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db, talk, status=Status.RESOLVED)
    db.write(move_ticket, ticket_id, Status.ASSIGNED, actor=AGENT, now=later(1), reason=SECRET)

    assert told(story(db, talk, ticket_id).entries[-1]) == (EntryKind.REOPENED, Writer.TEAM, None, None)


def test_why_a_ticket_was_cancelled_is_told(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db, talk)
    take(db, ticket_id, Status.CANCELLED)

    last = story(db, talk, ticket_id).entries[-1]

    assert told(last) == (EntryKind.MOVED, Writer.TEAM, "because", Status.CANCELLED)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (HoldReason.REQUESTER, "The team is waiting for your answer."),
        (HoldReason.SUPPLIER, "The work is waiting for a supplier."),
        (HoldReason.CHANGE, "The work goes on when a change that is planned has been made."),
    ],
)
def test_what_a_ticket_waits_for_is_told_without_the_words_of_the_team(
    db: Database, talk: Talk, reason: HoldReason, said: str
) -> None:
    ticket_id = a_ticket(db, talk, status=Status.IN_PROGRESS)

    db.write(
        move_ticket,
        ticket_id,
        Status.ON_HOLD,
        actor="agent:1",
        now=NOW,
        reason="he is slow",
        hold_reason=reason,
    )

    assert told(story(db, talk, ticket_id).entries[-1]) == (
        EntryKind.MOVED,
        Writer.TEAM,
        said,
        Status.ON_HOLD,
    )


def test_that_a_person_was_asked_for_is_told_as_ones_own_act(db: Database, talk: Talk) -> None:
    say_to(db, talk, "a person please")
    opened = db.write(hand_off_for_turn, claim_one(db).claim.turn_id, team=TEAM, now=NOW)

    entries = db.read(own_story, talk.person_id, opened.number).entries

    assert told(entries[-1]) == (EntryKind.HANDOFF_REQUESTED, Writer.ME, None, None)


def test_words_that_were_erased_are_gone(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db, talk)
    entry = db.write(add_reply, ticket_id, "Which printer?", actor=AGENT, now=later(1))
    db.write(erase_text, ticket_id, entry, actor=AGENT, now=later(2))
    db.write(erase_text, ticket_id, 1, actor=AGENT, now=later(3))

    seen = story(db, talk, ticket_id)

    assert [told(e) for e in seen.entries][-1] == (EntryKind.REPLIED, Writer.TEAM, None, None)
    assert "printer" not in repr(seen)


def test_the_story_of_somebody_elses_ticket_does_not_exist(db: Database, talk: Talk) -> None:
    theirs = a_ticket(db)

    for ticket_id in (theirs, theirs + 1_000):
        with pytest.raises(TicketNotFound):
            story(db, talk, ticket_id)


def test_a_number_of_the_other_kind_does_not_exist(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db, talk)

    with pytest.raises(TicketNotFound):
        db.read(own_story, talk.person_id, f"REQ-{ticket_id:06d}")


def test_of_very_many_entries_the_last_ones_are_shown(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db, talk)

    def write_much(session: object) -> None:
        for number in range(MOST_ENTRIES + 5):
            add_reply(session, ticket_id, f"reply {number}", actor=AGENT, now=NOW)  # type: ignore[arg-type]

    db.write(write_much)

    entries = story(db, talk, ticket_id).entries
    assert len(entries) == MOST_ENTRIES
    assert entries[-1].text == f"reply {MOST_ENTRIES + 4}"
    assert [entry.number for entry in entries] == sorted(entry.number for entry in entries)


def test_what_the_staff_keeps_for_itself_is_never_shown() -> None:
    assert not SHOWN & STAFF_ONLY
    assert EntryKind.RECLASSIFIED not in SHOWN


@pytest.mark.parametrize(
    ("actor", "writer"),
    [
        (person(7), Writer.ME),
        (person(8), Writer.TEAM),
        (ASSISTANT, Writer.ASSISTANT),
        (DESK, Writer.DESK),
        ("agent:1", Writer.TEAM),
        ("Ana Lopez", Writer.TEAM),
    ],
)
def test_nobody_of_the_team_has_a_name(actor: str, writer: Writer) -> None:
    assert writer_of(actor, 7) is writer


def test_who_takes_a_conversation_over_changes_nothing_of_its_ticket(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db, talk)
    db.write(take_over, talk.public_id, agent_name="Bea", now=later(1))

    assert len(story(db, talk, ticket_id).entries) == len(journal(db, ticket_id)) == 1
