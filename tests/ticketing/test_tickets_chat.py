"""What a person does with its own tickets in the chat: sees them, adds to them, and never another one's."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from identity.people.operations import OutsideIdentity, leave_contact
from notices.texts.catalogue import say
from storage.database import Database
from tests.databases import NOW, at_once, errors, later, values
from tests.ticketing.builders import (
    ANA,
    TEAM,
    Talk,
    a_conversation,
    answer,
    claim_one,
    count,
    say_to,
    transcript,
)
from tests.ticketing.calendars import an_office
from tests.ticketing.tickets import a_ticket, journal, letters, opened, take, team_letters, ticket_of
from ticketing.calendars.models import Calendar
from ticketing.calendars.queries import OFFICE
from ticketing.conversations.logic import Author, Reply
from ticketing.conversations.operations import take_over
from ticketing.effects.models import Effect
from ticketing.tickets.access import access_own_ticket
from ticketing.tickets.erasing import erase_text
from ticketing.tickets.errors import ReplyNotAllowed, TextMissing, TicketNotFound
from ticketing.tickets.handling import add_reply, add_work_note
from ticketing.tickets.intake import Intake
from ticketing.tickets.logic import FINISHED, OPEN, REOPEN_WINDOW, EntryKind, Status, TicketType
from ticketing.tickets.merging import merge_ticket
from ticketing.tickets.models import TicketReply
from ticketing.tickets.operations import Commented, add_comment_for_turn, open_ticket_for_turn
from ticketing.tickets.priority import Priority
from ticketing.tickets.queries import OwnReply, OwnTicket, own_ticket, own_tickets, similar_open_tickets
from ticketing.tickets.verifying import verify_journal
from ticketing.turns.errors import TurnLost
from ticketing.turns.logic import LEASE, TurnOutcome
from ticketing.turns.operations import finish_turn
from ticketing.turns.queue import ClaimedTurn
from ticketing.turns.settlement import settle_turn

BOB = OutsideIdentity(issuer=ANA.issuer, subject="bob", name="Bob", email="bob@example.org")
A_MINUTE_LATER = later(60)


@pytest.fixture
def talk(db: Database) -> Talk:
    return a_conversation(db, identity=ANA)


@pytest.fixture
def ticket_id(db: Database, talk: Talk) -> int:
    """A ticket of the person."""
    return a_ticket(db, talk)


def a_turn(db: Database, talk: Talk, text: str = "add to my ticket: it smokes") -> ClaimedTurn:
    say_to(db, talk, text)
    return claim_one(db)


def comment(
    db: Database,
    turn: ClaimedTurn,
    number: str,
    text: str = "it smokes",
    *,
    now: datetime = A_MINUTE_LATER,
    window: timedelta = REOPEN_WINDOW,
) -> Commented:
    return db.write(add_comment_for_turn, turn.claim.turn_id, number, text, team=TEAM, now=now, window=window)


# The one door


@pytest.mark.parametrize("form", ["INC-{:06d}", "inc {}", "{}", "any news of ticket {}?", "#{}"])
def test_one_s_own_ticket_is_found_by_its_number_however_it_is_written(
    db: Database, talk: Talk, ticket_id: int, form: str
) -> None:
    number = form.format(ticket_id)

    assert db.write(access_own_ticket, talk.person_id, number).id == ticket_id
    assert db.read(own_ticket, talk.person_id, number).id == ticket_id


def test_an_unknown_and_a_foreign_number_are_refused_alike(db: Database, talk: Talk, ticket_id: int) -> None:
    bob = a_conversation(db, identity=BOB)
    foreign = f"INC-{ticket_id:06d}"
    refusals = []
    for number in (foreign, "INC-000999", "REQ-000999", "INC-999999999999", "no number", "", "#0"):
        for door in (own_ticket, access_own_ticket):
            with pytest.raises(TicketNotFound) as refusal:
                db.write(door, bob.person_id, number)
            refusals.append((type(refusal.value), str(refusal.value), refusal.value.args))

    assert len(set(refusals)) == 1


def test_a_number_of_the_other_kind_is_another_number(db: Database, talk: Talk, ticket_id: int) -> None:
    with pytest.raises(TicketNotFound):
        db.read(own_ticket, talk.person_id, f"REQ-{ticket_id:06d}")


def test_an_anonymous_person_with_somebody_s_address_sees_nothing_of_theirs(
    db: Database, talk: Talk, ticket_id: int
) -> None:
    stranger = a_conversation(db)
    db.write(leave_contact, stranger.person_id, name="Ana", email="ana@example.org", now=NOW)

    assert db.read(own_tickets, stranger.person_id, open_only=False) == ()
    with pytest.raises(TicketNotFound):
        db.read(own_ticket, stranger.person_id, f"INC-{ticket_id:06d}")


# What is seen


def test_a_ticket_is_seen_with_where_it_stands_and_who_has_it(db: Database, talk: Talk) -> None:
    intake = Intake(category="network", description="no wifi")
    ticket_id = a_ticket(db, talk, intake=intake)
    take(db, ticket_id, Status.ASSIGNED)

    seen = db.read(own_ticket, talk.person_id, str(ticket_id))

    assert seen == OwnTicket(
        id=ticket_id,
        number=f"INC-{ticket_id:06d}",
        type=TicketType.INCIDENT,
        summary="no wifi",
        status=Status.ASSIGNED,
        hold_reason=None,
        priority=Priority.P4,
        group="Network and telephony",
        opened_at=NOW,
        changed_at=NOW,
        last_reply=None,
        may_reply=True,
        may_reopen=False,
        zone=ZoneInfo("UTC"),
    )
    assert db.read(own_ticket, talk.person_id, str(ticket_id), language="fr").group == "Réseau et téléphonie"


def test_a_ticket_is_seen_with_the_zone_of_the_office(db: Database, talk: Talk, ticket_id: int) -> None:
    an_office(db, "Europe/Paris")
    assert db.read(own_ticket, talk.person_id, str(ticket_id)).zone.key == "Europe/Paris"

    db.write(lambda session: session.delete(session.get_one(Calendar, OFFICE)))
    assert db.read(own_ticket, talk.person_id, str(ticket_id)).zone.key == "UTC"


def test_only_open_tickets_are_listed_unless_all_are_asked_for(db: Database, talk: Talk) -> None:
    made = {status: a_ticket(db, talk, status=status) for status in Status}

    listed = db.read(own_tickets, talk.person_id, limit=99)
    all_ = db.read(own_tickets, talk.person_id, open_only=False, limit=99)

    assert {ticket.id for ticket in listed} == {made[status] for status in OPEN}
    assert {ticket.id for ticket in all_} == set(made.values())
    assert len(db.read(own_tickets, talk.person_id, limit=2)) == 2


def test_the_ticket_that_changed_last_comes_first(db: Database, talk: Talk) -> None:
    first, second = a_ticket(db, talk), a_ticket(db, talk)
    assert [ticket.id for ticket in db.read(own_tickets, talk.person_id)] == [second, first]

    db.write(add_reply, first, "we are on it", actor="agent:1", now=later(60))

    assert [ticket.id for ticket in db.read(own_tickets, talk.person_id)] == [first, second]


def test_the_last_reply_is_the_last_one_and_says_whose_it_is(
    db: Database, talk: Talk, ticket_id: int
) -> None:
    db.write(add_reply, ticket_id, "we are on it", actor="agent:1", now=later(10))
    seen = db.read(own_ticket, talk.person_id, str(ticket_id))
    assert seen.last_reply == OwnReply("we are on it", later(10), is_mine=False)

    comment(db, a_turn(db, talk), str(ticket_id))

    seen = db.read(own_ticket, talk.person_id, str(ticket_id))
    assert seen.last_reply == OwnReply("it smokes", later(60), is_mine=True)


def test_an_erased_reply_is_not_shown(db: Database, talk: Talk, ticket_id: int) -> None:
    entry = db.write(add_reply, ticket_id, "your secret", actor="agent:1", now=NOW)
    db.write(erase_text, ticket_id, entry, actor="privacy", now=NOW)

    assert db.read(own_ticket, talk.person_id, str(ticket_id)).last_reply is None


@pytest.mark.parametrize("order", set(itertools.permutations(["reply", "note", "note"])))
def test_a_work_note_never_reaches_the_requester_not_even_as_a_date(
    db: Database, talk: Talk, ticket_id: int, order: tuple[str, ...]
) -> None:
    replied_at = NOW
    for at, kind in enumerate(order, start=1):
        if kind == "note":
            db.write(add_work_note, ticket_id, "what a NUISANCE", actor="agent:1", now=later(at))
        else:
            replied_at = later(at)
            db.write(add_reply, ticket_id, "we are on it", actor="agent:1", now=replied_at)

    seen = (
        db.read(own_ticket, talk.person_id, str(ticket_id)),
        *db.read(own_tickets, talk.person_id),
        *db.read(similar_open_tickets, talk.person_id, "the printer is on fire, what a nuisance"),
    )

    assert len(seen) == 3
    assert "NUISANCE" not in repr(seen)
    assert {(ticket.changed_at, ticket.last_reply and ticket.last_reply.text) for ticket in seen} == {
        (replied_at, "we are on it")
    }


# Similar ones


def test_one_s_similar_open_tickets_are_found_the_most_alike_first(db: Database, talk: Talk) -> None:
    printer = a_ticket(db, talk, "The printer on floor 2 does not print")
    a_ticket(db, talk, "the vpn disconnects every five minutes")
    fire = a_ticket(db, talk, "printer floor 2 is burning")
    a_ticket(db, talk, "printer floor 2 does not print", status=Status.CANCELLED)
    a_ticket(db, a_conversation(db, identity=BOB), "printer floor 2 does not print")

    found = db.read(similar_open_tickets, talk.person_id, "printer on floor 2 is still not printing")

    assert [ticket.id for ticket in found] == [printer, fire]
    assert len(db.read(similar_open_tickets, talk.person_id, "printer on floor 2", limit=1)) == 1
    assert db.read(similar_open_tickets, talk.person_id, "the scanner is slow") == ()


def test_the_details_of_a_ticket_are_compared_too(db: Database) -> None:
    talk = a_conversation(db, language="fr", identity=ANA)
    intake = Intake(description="Ça ne marche plus", details="l’imprimante de l’accueil, depuis lundi")
    ticket_id = a_ticket(db, talk, intake=intake)

    found = db.read(similar_open_tickets, talk.person_id, "imprimante de l'accueil en panne")

    assert [ticket.id for ticket in found] == [ticket_id]


# Comments


def test_what_the_requester_adds_is_on_the_ticket_and_in_a_letter_to_the_team(
    db: Database, talk: Talk, ticket_id: int
) -> None:
    turn = a_turn(db, talk)

    added = comment(db, turn, f"it is inc {ticket_id}")

    assert added == Commented(f"INC-{ticket_id:06d}", "the printer is on fire", Status.NEW)
    entry = journal(db, ticket_id)[-1]
    assert (entry.kind, entry.actor) == (EntryKind.REPLIED, f"person:{talk.person_id}")
    letter = team_letters(db)[-1]
    assert letter.recipient == TEAM.email
    assert added.number in letter.payload["subject"]
    assert "it smokes" in letter.payload["text"]
    assert "Ana <ana@example.org>" in letter.payload["text"]
    assert db.read(verify_journal, ticket_id) is None


def test_a_turn_adds_once_however_often_it_runs(db: Database, talk: Talk, ticket_id: int) -> None:
    turn = a_turn(db, talk)
    results = at_once(8, lambda _: comment(db, turn, str(ticket_id)))
    again = claim_one(db, owner="desk-2", now=NOW + LEASE)

    assert errors(results) == []
    assert {comment(db, again, str(ticket_id)), *values(results)} == {values(results)[0]}
    assert count(db, TicketReply) == 1
    assert len(team_letters(db)) == 2, "one for the ticket, one for the comment"


def test_the_next_turn_adds_again(db: Database, talk: Talk, ticket_id: int) -> None:
    for _ in range(2):
        turn = a_turn(db, talk)
        added = comment(db, turn, str(ticket_id))
        db.write(finish_turn, turn.claim, [Reply("Added.", ticket=added.number)], now=NOW)

    assert (count(db, TicketReply), len(team_letters(db))) == (2, 3)


@pytest.mark.parametrize("number", ["foreign", "INC-000999", "nothing"])
def test_nothing_is_added_to_what_is_not_one_s_own(db: Database, ticket_id: int, number: str) -> None:
    bob = a_conversation(db, identity=BOB)
    turn = a_turn(db, bob)

    with pytest.raises(TicketNotFound):
        comment(db, turn, f"INC-{ticket_id}" if number == "foreign" else number)

    assert (count(db, TicketReply), len(team_letters(db))) == (0, 1)
    assert len(journal(db, ticket_id)) == 1
    assert count(db, Effect) == 1, "the ticket's own"


def test_a_comment_without_words_is_refused_and_may_be_made_later(
    db: Database, talk: Talk, ticket_id: int
) -> None:
    turn = a_turn(db, talk)
    with pytest.raises(TextMissing):
        comment(db, turn, str(ticket_id), " \n ")

    assert comment(db, turn, str(ticket_id)).number == f"INC-{ticket_id:06d}"


def test_only_a_turn_in_flight_adds_to_a_ticket(db: Database, talk: Talk, ticket_id: int) -> None:
    turn = a_turn(db, talk)
    answer(db, turn.claim)

    with pytest.raises(TurnLost):
        comment(db, turn, str(ticket_id))


@pytest.mark.parametrize("status", [status for status in Status if status in OPEN])
def test_words_are_written_on_an_open_ticket_wherever_it_stands_and_the_status_is_told(
    db: Database, talk: Talk, status: Status
) -> None:
    ticket_id = a_ticket(db, talk, status=status)

    added = comment(db, a_turn(db, talk), str(ticket_id))

    assert (added.status, added.is_reopened) == (status, False)
    assert ticket_of(db, ticket_id).status is status


@pytest.mark.parametrize("status", [Status.RESOLVED, Status.CLOSED])
def test_what_the_requester_says_of_a_finished_ticket_reopens_it_once_and_the_team_is_told(
    db: Database, talk: Talk, status: Status
) -> None:
    ticket_id = a_ticket(db, talk, status=status)
    turn = a_turn(db, talk, "INC-1 is still broken")
    before = len(journal(db, ticket_id))

    added = [comment(db, turn, str(ticket_id), "it is still broken") for _ in range(2)]

    assert {(each.status, each.is_reopened) for each in added} == {(Status.ASSIGNED, True)}
    after = ticket_of(db, ticket_id)
    assert (after.status, after.assignee) == (Status.ASSIGNED, "agent:1")
    [entry] = journal(db, ticket_id)[before:]
    assert (entry.kind, entry.actor) == (EntryKind.REOPENED, f"person:{talk.person_id}")
    letter = team_letters(db)[-1]
    assert letter.key.startswith(f"ticket:{added[0].number}:reopened:")
    assert "it is still broken" in letter.payload["text"]
    assert db.read(verify_journal, ticket_id) is None


@pytest.mark.parametrize(("days", "is_reopened"), [(6.9, True), (7.1, False)])
def test_the_chat_reopens_for_as_long_as_the_installation_says(
    db: Database, talk: Talk, days: float, is_reopened: bool
) -> None:
    ticket_id = a_ticket(db, talk, status=Status.CLOSED)
    turn, now = a_turn(db, talk), NOW + timedelta(days=days)

    if is_reopened:
        assert comment(db, turn, str(ticket_id), now=now, window=timedelta(days=7)).is_reopened
    else:
        with pytest.raises(ReplyNotAllowed, match="is closed"):
            comment(db, turn, str(ticket_id), now=now, window=timedelta(days=7))
    assert (ticket_of(db, ticket_id).status in OPEN) is is_reopened


@pytest.mark.parametrize("status", [status for status in Status if status in FINISHED])
def test_nothing_is_written_where_nobody_would_read_it(db: Database, talk: Talk, status: Status) -> None:
    ticket_id = a_ticket(db, talk, status=status)
    turn = a_turn(db, talk)
    before = (len(journal(db, ticket_id)), len(letters(db)), count(db, Effect))

    with pytest.raises(ReplyNotAllowed, match=status.value):
        comment(db, turn, str(ticket_id), now=NOW + REOPEN_WINDOW + timedelta(seconds=1))

    assert (len(journal(db, ticket_id)), len(letters(db)), count(db, Effect)) == before
    assert ticket_of(db, ticket_id).status is status


def test_what_is_said_of_a_ticket_merged_into_a_finished_one_is_refused(db: Database, talk: Talk) -> None:
    source, target = a_ticket(db, talk), a_ticket(db, talk, status=Status.IN_PROGRESS)
    db.write(merge_ticket, source, target, actor="agent:1", now=NOW)
    take(db, target, Status.RESOLVED)
    turn = a_turn(db, talk)
    before = len(journal(db, source)), len(journal(db, target))

    with pytest.raises(ReplyNotAllowed, match=f"INC-{source:06d} is closed"):
        comment(db, turn, str(source))

    assert (len(journal(db, source)), len(journal(db, target))) == before
    assert ticket_of(db, target).status is Status.RESOLVED


def test_a_comment_that_the_reply_speaks_of_is_not_announced_again(
    db: Database, talk: Talk, ticket_id: int
) -> None:
    turn = a_turn(db, talk)
    added = comment(db, turn, str(ticket_id))
    before = len(transcript(db, talk))

    db.write(finish_turn, turn.claim, [Reply("Added.", ticket=added.number)], now=NOW)

    assert len(transcript(db, talk)) == before + 1


def test_a_comment_whose_answer_got_lost_is_told_of_by_the_desk(
    db: Database, talk: Talk, ticket_id: int
) -> None:
    turn = a_turn(db, talk)
    added = comment(db, turn, str(ticket_id))

    answer(db, turn.claim, "something else")

    notice = transcript(db, talk)[-1]
    assert (notice.author, notice.extras) == (Author.DESK, {"ticket": added.number})
    assert notice.text == say("utter_comment_added", "en", ticket=added.number).text


def test_a_reopening_whose_answer_got_lost_is_told_of_by_the_desk(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db, talk, status=Status.RESOLVED)
    turn = a_turn(db, talk)
    added = comment(db, turn, str(ticket_id))

    answer(db, turn.claim, "something else")

    assert transcript(db, talk)[-1].text == say("utter_ticket_reopened", "en", ticket=added.number).text


def test_a_reopening_before_a_takeover_is_told_of_by_the_desk(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db, talk, status=Status.RESOLVED)
    turn = a_turn(db, talk)
    added = comment(db, turn, str(ticket_id))
    db.write(take_over, talk.public_id, agent_name="Bea", now=NOW)

    assert answer(db, turn.claim) is TurnOutcome.HANDED_OVER

    notice = say("notice_ticket_reopened_meanwhile", "en", ticket=added.number)
    assert transcript(db, talk)[-1].text == notice.text


def test_a_comment_before_a_takeover_is_told_of_by_the_desk(db: Database, talk: Talk, ticket_id: int) -> None:
    turn = a_turn(db, talk)
    added = comment(db, turn, str(ticket_id))
    db.write(take_over, talk.public_id, agent_name="Bea", now=NOW)

    assert answer(db, turn.claim) is TurnOutcome.HANDED_OVER

    notice = transcript(db, talk)[-1]
    assert notice.text == say("notice_comment_added_meanwhile", "en", ticket=added.number).text


def test_a_turn_settled_after_its_comment_tells_of_the_comment_and_of_its_own_ticket(
    db: Database, talk: Talk, ticket_id: int
) -> None:
    turn = a_turn(db, talk)
    comment(db, turn, str(ticket_id))

    assert db.write(settle_turn, turn.claim, team=TEAM, now=later(20)) is TurnOutcome.APOLOGISED

    told = [line.extras.get("ticket") for line in transcript(db, talk)[-2:]]
    assert len(set(told)) == 2
    assert f"INC-{ticket_id:06d}" in told


def test_comments_on_one_ticket_from_two_conversations_at_once_leave_no_gap(db: Database, talk: Talk) -> None:
    number = opened(db, talk).number
    other = a_conversation(db, identity=ANA)
    assert other.person_id == talk.person_id
    claims = [a_turn(db, talk), a_turn(db, other)]

    results = at_once(2, lambda at: comment(db, claims[at], number))

    assert errors(results) == []
    assert db.read(verify_journal, int(number[4:])) is None


def test_a_turn_may_open_one_ticket_and_add_to_another(db: Database, talk: Talk, ticket_id: int) -> None:
    turn = a_turn(db, talk)

    def both(session: Session) -> tuple[str, str]:
        added = add_comment_for_turn(
            session, turn.claim.turn_id, str(ticket_id), "it smokes", team=TEAM, now=NOW
        )
        new = open_ticket_for_turn(session, turn.claim.turn_id, team=TEAM, now=NOW)
        return added.number, new.number

    assert len(set(db.write(both))) == 2
