"""The ledger against its model: whatever happens in whatever order, the invariants of DESIGN §3 hold."""

from __future__ import annotations

import itertools
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from notices.texts.catalogue import say
from storage.database import Database
from tests.databases import later
from tests.ticketing.builders import (
    TEAM,
    Talk,
    a_conversation,
    a_line,
    a_press,
    say_to,
    seqs_within_agent_intervals,
    transcript,
    turns,
)
from tests.ticketing.model import LEASE_SECONDS, ModelConversation, ModelTurn
from ticketing.conversations.errors import ButtonRefused, SpeakerChangeRefused
from ticketing.conversations.logic import Author, Button, Reply, Speaker
from ticketing.conversations.operations import (
    Inbound,
    Recorded,
    hand_back,
    request_handoff,
    take_over,
    write_as_agent,
)
from ticketing.tickets.operations import open_ticket_for_turn
from ticketing.turns.errors import TurnLost
from ticketing.turns.logic import Claim, TurnOutcome, TurnState
from ticketing.turns.operations import (
    claim_turns,
    finish_turn,
    note_still_working,
    release_turns,
    renew_leases,
)
from ticketing.turns.settlement import settle_turn

EXAMPLES = {"sqlite": 60, "postgresql": 20}
OWNERS = st.sampled_from(["desk-1", "desk-2"])
BUTTON = Button("Yes", "/yes")

_numbers = itertools.count(1)


class LedgerMachine(RuleBasedStateMachine):
    """One conversation per example; the database is shared, and every example leaves its queue empty."""

    db: ClassVar[Database]

    sent = Bundle("sent")
    claimed = Bundle("claimed")
    buttons = Bundle("buttons")

    @initialize()
    def open(self) -> None:
        self.talk: Talk = a_conversation(self.db)
        self.model = ModelConversation()
        self.clock = 0

    # What the person does

    @rule(target=sent)
    def send(self) -> tuple[Inbound, Recorded]:
        line = a_line(f"line {next(_numbers)}")
        expected = self.model.receives(line.text)
        ack = say_to(self.db, self.talk, line, now=later(self.clock))
        assert (ack.seq, ack.turn, ack.is_duplicate) == (*expected, False)
        return line, ack

    @rule(earlier=sent)
    def send_again(self, earlier: tuple[Inbound, Recorded]) -> None:
        line, ack = earlier
        again = say_to(self.db, self.talk, line, now=later(self.clock))
        assert (again.seq, again.turn, again.is_duplicate) == (ack.seq, ack.turn, True)

    @rule(target=sent, button=consumes(buttons))
    def press(self, button: str) -> tuple[Inbound, Recorded]:
        press = a_press(button)
        expected = self.model.receives(BUTTON.title, BUTTON.payload)
        ack = say_to(self.db, self.talk, press, now=later(self.clock))
        assert (ack.seq, ack.turn) == expected
        return press, ack

    @rule(earlier=sent)
    def press_used(self, earlier: tuple[Inbound, Recorded]) -> None:
        button = earlier[0].button_id or "never-offered"
        with pytest.raises(ButtonRefused):
            say_to(self.db, self.talk, a_press(button), now=later(self.clock))

    # What the desk does

    @rule(target=claimed, owner=OWNERS)
    def claim(self, owner: str) -> object:
        taken = self.db.write(claim_turns, owner=owner, limit=8, now=later(self.clock))
        expected = self.model.claims(owner, self.clock)
        assert [(turn.number, turn.claim.attempt) for turn in taken] == (
            [(expected.number, expected.attempts)] if expected else []
        )
        if expected:
            assert (taken[0].text, taken[0].payload) == ("\n".join(expected.lines), expected.payload)
        return multiple(*((turn.claim, turn.number) for turn in taken))

    @rule(target=buttons, claim=claimed, has_button=st.booleans())
    def finish(self, claim: tuple[Claim, int], has_button: bool) -> object:
        reply = Reply(f"answer {next(_numbers)}", (BUTTON,) if has_button else ())
        turn = self.turn_of(claim)
        if turn is None:
            with pytest.raises(TurnLost):
                self.db.write(finish_turn, claim[0], [reply], now=later(self.clock))
            return multiple()
        expected = self.model_finish(turn, Author.ASSISTANT, reply.text, TurnOutcome.ANSWERED)
        assert self.db.write(finish_turn, claim[0], [reply], now=later(self.clock)) is expected
        if expected is TurnOutcome.HANDED_OVER or not has_button:
            return multiple()
        return transcript(self.db, self.talk)[-1].extras["buttons"][0]["id"]

    @rule(claim=claimed)
    def settle(self, claim: tuple[Claim, int]) -> None:
        turn = self.turn_of(claim)
        if turn is None:
            with pytest.raises(TurnLost):
                self.db.write(settle_turn, claim[0], team=TEAM, now=later(self.clock))
            return
        outcome = self.db.write(settle_turn, claim[0], team=TEAM, now=later(self.clock))
        if self.model.may_answer(turn):
            number = transcript(self.db, self.talk)[-1].extras["ticket"]
            assert turn.ticket in (None, number), "one ticket per turn"
            turn.ticket = number
        text = say("notice_apology", "en", ticket=turn.ticket or "").text
        assert outcome is self.model_finish(turn, Author.DESK, text, TurnOutcome.APOLOGISED)

    @rule(claim=claimed)
    def say_still_working(self, claim: tuple[Claim, int]) -> None:
        turn = self.turn_of(claim)
        if turn is None:
            with pytest.raises(TurnLost):
                self.db.write(note_still_working, claim[0], now=later(self.clock))
            return
        may_answer = self.model.may_answer(turn)
        assert self.db.write(note_still_working, claim[0], now=later(self.clock)) is may_answer
        if may_answer:
            self.model.says(Author.DESK, say("notice_still_working", "en").text)

    @rule(claim=claimed)
    def open_ticket(self, claim: tuple[Claim, int]) -> None:
        turn = self.model.turns[claim[1] - 1]
        if turn.state is not TurnState.RUNNING:
            with pytest.raises(TurnLost):
                self.db.write(open_ticket_for_turn, claim[0].turn_id, team=TEAM, now=later(self.clock))
            return
        opened = self.db.write(open_ticket_for_turn, claim[0].turn_id, team=TEAM, now=later(self.clock))
        assert turn.ticket in (None, opened.number), "one ticket per turn"
        turn.ticket = opened.number

    @rule(owner=OWNERS)
    def renew(self, owner: str) -> None:
        renewed = self.db.write(renew_leases, owner=owner, now=later(self.clock))
        mine = [t for t in self.model.turns if t.state is TurnState.RUNNING and t.owner == owner]
        assert renewed == len(mine)
        for turn in mine:
            turn.lease_until = self.clock + LEASE_SECONDS

    @rule(owner=OWNERS)
    def stop(self, owner: str) -> None:
        self.db.write(release_turns, owner=owner, now=later(self.clock))
        for turn in self.model.turns:
            if turn.state is TurnState.RUNNING and turn.owner == owner:
                turn.lease_until = self.clock

    @rule(seconds=st.integers(1, LEASE_SECONDS + 1))
    def pass_time(self, seconds: int) -> None:
        self.clock += seconds

    # What agents do

    @rule()
    def take_over(self) -> None:
        self.change(take_over, Speaker.AGENT, self.model.speaker is not Speaker.AGENT, agent_name="Bea")

    @rule()
    def ask_for_an_agent(self) -> None:
        may = self.model.speaker is Speaker.ASSISTANT
        self.change(request_handoff, Speaker.WAITING, may, actor="person")

    @rule()
    def hand_back(self) -> None:
        self.change(hand_back, Speaker.ASSISTANT, self.model.speaker is not Speaker.ASSISTANT, actor="Bea")

    @precondition(lambda self: self.model.speaker is Speaker.AGENT)
    @rule()
    def agent_writes(self) -> None:
        text = f"agent {next(_numbers)}"
        seq = self.db.write(
            write_as_agent, self.talk.public_id, text, agent_name="Bea", now=later(self.clock)
        )
        assert seq == self.model.says(Author.AGENT, text)

    # What must hold

    @invariant()
    def everybody_sees_what_the_model_says(self) -> None:
        if not hasattr(self, "model"):
            return
        said = transcript(self.db, self.talk)
        assert [line.seq for line in said] == list(range(1, len(said) + 1))
        assert [(line.author, line.text) for line in said] == self.model.lines
        assert [(turn.number, turn.state, turn.outcome) for turn in turns(self.db, self.talk)] == [
            (turn.number, turn.state, turn.outcome) for turn in self.model.turns
        ]

    def teardown(self) -> None:
        """Everything is answered in the end, and the assistant never spoke over an agent."""
        if not hasattr(self, "model"):
            return
        within = seqs_within_agent_intervals(self.db, self.talk)
        assert within == self.model.agent_places
        while self.model.first_unfinished() is not None:
            self.clock += LEASE_SECONDS
            [turn] = self.db.write(claim_turns, owner="last", limit=8, now=later(self.clock))
            self.model.claims("last", self.clock)
            self.finish_last(turn.claim, turn.number)
        said = transcript(self.db, self.talk)
        assert not [line for line in said if line.author is Author.ASSISTANT and line.seq in within]
        assert all(turn.state is TurnState.DONE and turn.outcome for turn in turns(self.db, self.talk))
        assert self.db.write(claim_turns, owner="last", limit=8, now=later(self.clock + LEASE_SECONDS)) == []

    # Helpers

    def finish_last(self, claim: Claim, number: int) -> None:
        expected = self.model_finish(
            self.model.turns[number - 1], Author.ASSISTANT, "last answer", TurnOutcome.ANSWERED
        )
        outcome = self.db.write(finish_turn, claim, [Reply("last answer")], now=later(self.clock))
        assert outcome is expected

    def turn_of(self, claim: tuple[Claim, int]) -> ModelTurn | None:
        """The turn, if this claim on it still holds."""
        turn = self.model.turns[claim[1] - 1]
        is_held = (turn.state, turn.owner, turn.attempts) == (
            TurnState.RUNNING,
            claim[0].owner,
            claim[0].attempt,
        )
        return turn if is_held else None

    def model_finish(self, turn: ModelTurn, author: Author, text: str, outcome: TurnOutcome) -> TurnOutcome:
        if self.model.may_answer(turn):
            self.model.says(author, text)
        else:
            outcome = TurnOutcome.HANDED_OVER
            if turn.ticket:
                notice = say("notice_ticket_opened_meanwhile", "en", ticket=turn.ticket)
                self.model.says(Author.DESK, notice.text)
        turn.state, turn.outcome = TurnState.DONE, outcome
        return outcome

    def change(self, operation: object, speaker: Speaker, is_allowed: bool, **who: str) -> None:
        if not is_allowed:
            with pytest.raises(SpeakerChangeRefused):
                self.db.write(operation, self.talk.public_id, now=later(self.clock), **who)  # type: ignore[arg-type]
            return
        self.db.write(operation, self.talk.public_id, now=later(self.clock), **who)  # type: ignore[arg-type]
        self.model.changes_speaker(speaker)


def test_the_ledger_does_what_its_model_says_in_any_order(db: Database) -> None:
    machine = type("Machine", (LedgerMachine,), {"db": db})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES[db.engine.dialect.name],
            stateful_step_count=30,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
