"""Asking for a person while nobody is online: a ticket, both changes logged, and the answer is still said."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.texts.catalogue import say
from storage.database import Database
from tests.databases import NOW, at_once, errors, later, values
from tests.ticketing import test_ledger_machine as ledger
from tests.ticketing.builders import (
    ANA,
    TEAM,
    Talk,
    a_conversation,
    answer,
    authors,
    claim_one,
    count,
    say_to,
    transcript,
    turns,
)
from tests.ticketing.model import ModelTurn
from tests.ticketing.tickets import journal, team_letters
from ticketing.conversations.errors import SpeakerChangeRefused
from ticketing.conversations.logic import Author, Reply, Speaker
from ticketing.conversations.models import Conversation, SpeakerChange
from ticketing.conversations.operations import hand_back, request_handoff, take_over
from ticketing.tickets.intake import Intake
from ticketing.tickets.logic import EntryKind
from ticketing.tickets.models import Ticket
from ticketing.tickets.operations import Opened, hand_off_for_turn, open_ticket_for_turn
from ticketing.tickets.priority import Urgency
from ticketing.turns.errors import TurnLost
from ticketing.turns.logic import LEASE, TurnOutcome, TurnState
from ticketing.turns.operations import finish_turn, note_still_working
from ticketing.turns.queue import ClaimedTurn, claim_turns
from ticketing.turns.settlement import settle_turn


@pytest.fixture
def talk(db: Database) -> Talk:
    return a_conversation(db, identity=ANA)


@pytest.fixture
def turn(db: Database, talk: Talk) -> ClaimedTurn:
    """A turn in which the person asks for a person."""
    say_to(db, talk, "a human please")
    return claim_one(db)


def hand_off(db: Database, turn: ClaimedTurn, intake: Intake | None = None) -> Opened:
    return db.write(hand_off_for_turn, turn.claim.turn_id, intake=intake, team=TEAM, now=NOW)


def takes_over(db: Database, talk: Talk) -> None:
    db.write(take_over, talk.public_id, agent_name="Bea", now=NOW)


def hands_back(db: Database, talk: Talk) -> None:
    db.write(hand_back, talk.public_id, actor="Bea", now=NOW)


def speaker_log(db: Database, talk: Talk) -> list[tuple[Speaker, Speaker, str]]:
    def look(session: Session) -> list[tuple[Speaker, Speaker, str]]:
        changes = session.scalars(
            select(SpeakerChange)
            .join(Conversation, Conversation.id == SpeakerChange.conversation_id)
            .where(Conversation.public_id == talk.public_id)
            .order_by(SpeakerChange.id)
        )
        return [(change.before, change.after, change.actor) for change in changes]

    return db.read(look)


OWN_CHANGES = [
    (Speaker.ASSISTANT, Speaker.WAITING, "assistant"),
    (Speaker.WAITING, Speaker.ASSISTANT, "desk"),
]


def test_the_log_of_speakers_shows_that_a_person_was_asked_for_and_nobody_was_there(
    db: Database, talk: Talk, turn: ClaimedTurn
) -> None:
    hand_off(db, turn)

    assert speaker_log(db, talk) == OWN_CHANGES


def test_the_ticket_s_journal_says_that_a_person_was_asked_for(
    db: Database, talk: Talk, turn: ClaimedTurn
) -> None:
    opened = hand_off(db, turn)

    first, second = journal(db, int(opened.number[4:]))
    assert (first.kind, second.kind) == (EntryKind.OPENED, EntryKind.HANDOFF_REQUESTED)
    assert second.actor == f"person:{talk.person_id}"


def test_the_team_reads_that_somebody_waits_for_a_person(db: Database, turn: ClaimedTurn) -> None:
    hand_off(db, turn, Intake(description="no network", urgency=Urgency.HIGH))

    [letter] = team_letters(db)
    assert "asked for a person" in letter.payload["text"]
    assert "P3" in letter.payload["text"]


def test_the_answer_of_the_turn_that_asked_is_said(db: Database, talk: Talk, turn: ClaimedTurn) -> None:
    opened = hand_off(db, turn)

    assert db.write(note_still_working, turn.claim, now=NOW)
    reply = Reply("A person will come.", ticket=opened.number)
    assert db.write(finish_turn, turn.claim, [reply], now=NOW) is TurnOutcome.ANSWERED

    assert authors(transcript(db, talk)) == [Author.PERSON, Author.DESK, Author.ASSISTANT]
    assert turns(db, talk)[0].outcome is TurnOutcome.ANSWERED


def test_what_waits_for_the_assistant_is_not_handed_over(db: Database, talk: Talk, turn: ClaimedTurn) -> None:
    say_to(db, talk, "and my mouse is broken too")

    hand_off(db, turn)

    assert [queued.state for queued in turns(db, talk)] == [TurnState.RUNNING, TurnState.PENDING]
    answer(db, turn.claim)
    assert claim_one(db).text == "and my mouse is broken too"


def test_the_next_line_gets_an_answer_of_the_assistant(db: Database, talk: Talk, turn: ClaimedTurn) -> None:
    hand_off(db, turn)
    answer(db, turn.claim)

    say_to(db, talk, "meanwhile: how do I print?")

    assert answer(db, claim_one(db).claim) is TurnOutcome.ANSWERED


def test_a_turn_that_runs_again_asks_once(db: Database, talk: Talk, turn: ClaimedTurn) -> None:
    first = hand_off(db, turn)
    again = claim_one(db, owner="desk-2", now=NOW + LEASE)

    assert hand_off(db, again) == first

    assert speaker_log(db, talk) == OWN_CHANGES
    assert (count(db, Ticket), len(team_letters(db))) == (1, 1)
    reply = Reply("On file.", ticket=first.number)
    assert db.write(finish_turn, again.claim, [reply], now=later(7)) is TurnOutcome.ANSWERED


def test_sixteen_attempts_at_once_ask_once(db: Database, talk: Talk, turn: ClaimedTurn) -> None:
    results = at_once(16, lambda _: hand_off(db, turn))

    assert errors(results) == []
    assert len(set(values(results))) == 1
    assert speaker_log(db, talk) == OWN_CHANGES
    assert count(db, Ticket) == 1


def test_a_turn_opens_one_ticket_whether_it_asks_for_a_person_or_for_a_ticket(
    db: Database, talk: Talk, turn: ClaimedTurn
) -> None:
    opened = db.write(open_ticket_for_turn, turn.claim.turn_id, team=TEAM, now=NOW)

    assert hand_off(db, turn) == opened
    assert count(db, Ticket) == 1
    assert speaker_log(db, talk) == [], "the ticket was there first; nobody was asked"


def test_a_takeover_after_the_handoff_discards_the_answer_and_the_desk_tells_of_the_ticket(
    db: Database, talk: Talk, turn: ClaimedTurn
) -> None:
    opened = hand_off(db, turn)
    takes_over(db, talk)

    assert answer(db, turn.claim) is TurnOutcome.HANDED_OVER

    notice = transcript(db, talk)[-1]
    assert (notice.author, notice.extras) == (Author.DESK, {"ticket": opened.number})
    assert notice.text == say("notice_ticket_opened_meanwhile", "en", ticket=opened.number).text


def test_a_takeover_that_began_and_ended_after_the_handoff_discards_the_answer_too(
    db: Database, talk: Talk, turn: ClaimedTurn
) -> None:
    hand_off(db, turn)
    takes_over(db, talk)
    hands_back(db, talk)

    assert not db.write(note_still_working, turn.claim, now=NOW)
    assert answer(db, turn.claim) is TurnOutcome.HANDED_OVER


@pytest.mark.parametrize("is_handed_back", [True, False])
def test_whoever_has_been_taken_over_is_not_handed_off_again(
    db: Database, talk: Talk, turn: ClaimedTurn, is_handed_back: bool
) -> None:
    takes_over(db, talk)
    if is_handed_back:
        hands_back(db, talk)
    log = speaker_log(db, talk)

    with pytest.raises(SpeakerChangeRefused):
        hand_off(db, turn)

    assert speaker_log(db, talk) == log
    assert (count(db, Ticket), team_letters(db)) == (0, [])


def test_a_conversation_that_waits_for_an_agent_is_not_given_back_by_a_late_handoff(
    db: Database, talk: Talk, turn: ClaimedTurn
) -> None:
    db.write(request_handoff, talk.public_id, actor="person", now=NOW)

    with pytest.raises(SpeakerChangeRefused):
        hand_off(db, turn)
    assert answer(db, turn.claim) is TurnOutcome.HANDED_OVER


def test_the_handoff_of_an_earlier_turn_says_nothing_about_a_later_one(db: Database, talk: Talk) -> None:
    """The log's place of a handoff may be the very line of the next turn, written while the first ran."""
    say_to(db, talk, "a human please")
    first = claim_one(db)
    say_to(db, talk, "please")
    hand_off(db, first)
    answer(db, first.claim)

    second = claim_one(db)
    assert answer(db, second.claim) is TurnOutcome.ANSWERED


def test_a_handoff_whose_answer_got_lost_is_told_of_by_the_desk(
    db: Database, talk: Talk, turn: ClaimedTurn
) -> None:
    opened = hand_off(db, turn)

    answer(db, turn.claim, "something else")

    notice = transcript(db, talk)[-1]
    expected = say("utter_handed_to_people", "en", ticket=opened.number, email="ana@example.org")
    assert (notice.author, notice.text) == (Author.DESK, expected.text)


def test_a_turn_settled_after_its_handoff_apologises_with_that_ticket(
    db: Database, talk: Talk, turn: ClaimedTurn
) -> None:
    opened = hand_off(db, turn)

    assert db.write(settle_turn, turn.claim, team=TEAM, now=later(20)) is TurnOutcome.APOLOGISED

    assert transcript(db, talk)[-1].extras == {"ticket": opened.number}
    assert count(db, Ticket) == 1


def test_only_a_turn_in_flight_asks_for_a_person(db: Database, talk: Talk, turn: ClaimedTurn) -> None:
    answer(db, turn.claim)

    with pytest.raises(TurnLost):
        hand_off(db, turn)

    assert speaker_log(db, talk) == []


def test_asking_for_a_person_is_about_what_was_said_before(db: Database, talk: Talk) -> None:
    say_to(db, talk, "the projector in room 12 stays dark")
    answer(db, claim_one(db).claim)
    say_to(db, talk, "that is no help at all, let me talk to a human being now")

    hand_off(db, claim_one(db))

    [ticket] = db.read(lambda session: session.scalars(select(Ticket)).all())
    assert ticket.summary == "the projector in room 12 stays dark"
    assert (ticket.first_seq, ticket.last_seq) == (1, 3)


def test_a_handoff_and_a_takeover_at_the_same_moment_leave_one_of_two_stories(db: Database) -> None:
    talks = [a_conversation(db) for _ in range(8)]
    for each in talks:
        say_to(db, each, "a human please")
    claimed = {turn.conversation: turn for turn in db.write(claim_turns, owner="d", limit=8, now=NOW)}

    def act(number: int) -> Opened | None:
        each = talks[number // 2]
        if number % 2:
            takes_over(db, each)
            return None
        return hand_off(db, claimed[each.public_id])

    results = at_once(16, act)
    assert {type(error) for error in errors(results)} <= {SpeakerChangeRefused}

    for number, each in enumerate(talks):
        handed_off = isinstance(results[2 * number], Opened)
        expected = [*OWN_CHANGES] if handed_off else []
        taken = (Speaker.ASSISTANT, Speaker.AGENT, "Bea")
        assert speaker_log(db, each) == [*expected, taken]
        assert answer(db, claimed[each.public_id].claim) is TurnOutcome.HANDED_OVER
        told = [line for line in transcript(db, each) if "ticket" in line.extras]
        assert len(told) == int(handed_off)


class HandoffMachine(ledger.LedgerMachine):
    """The ledger's machine, whose turns may also ask for a person."""

    @rule(claim=ledger.LedgerMachine.claimed, is_stale=st.booleans())
    def hand_off(self, claim: ledger.Held, is_stale: bool) -> None:
        claim, _ = self.chosen(claim, is_stale)
        turn = self.model.turns[claim[1] - 1]
        arguments = {"team": TEAM, "now": later(self.clock)}
        if turn.state is not TurnState.RUNNING:
            with pytest.raises(TurnLost):
                self.db.write(hand_off_for_turn, claim[0].turn_id, **arguments)  # type: ignore[arg-type]
            return
        if turn.ticket is None and not self.model.may_answer(turn):
            with pytest.raises(SpeakerChangeRefused):
                self.db.write(hand_off_for_turn, claim[0].turn_id, **arguments)  # type: ignore[arg-type]
            return
        opened = self.db.write(hand_off_for_turn, claim[0].turn_id, **arguments)  # type: ignore[arg-type]
        if turn.ticket is None:
            self.handed_off.add(id(turn))
        assert turn.ticket in (None, opened.number), "one ticket per turn"
        turn.ticket = opened.number

    @property
    def handed_off(self) -> set[int]:
        """The turns whose ticket asks for a person."""
        known: set[int] = self.__dict__.setdefault("_handed_off", set())
        return known

    def model_finish(
        self, turn: ModelTurn, author: Author, reply: Reply, outcome: TurnOutcome
    ) -> TurnOutcome:
        may_answer, told = self.model.may_answer(turn), reply.ticket
        ended = super().model_finish(turn, author, reply, outcome)
        if may_answer and id(turn) in self.handed_off and turn.ticket != told:
            text = say("utter_handed_to_people_anonymous", "en", ticket=turn.ticket or "").text
            self.model.lines[-1] = (Author.DESK, text)
        return ended


def test_the_ledger_does_what_its_model_says_when_turns_ask_for_people(db: Database) -> None:
    machine = type("Machine", (HandoffMachine,), {"db": db})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=ledger.EXAMPLES[db.engine.dialect.name],
            stateful_step_count=30,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
