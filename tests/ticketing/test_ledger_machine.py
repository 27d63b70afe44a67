"""The ledger against its model: whatever happens in whatever order, the invariants of DESIGN §3 hold."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
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
    ledger_of,
    seqs_within_agent_intervals,
    transcript,
    turns,
)
from tests.ticketing.model import (
    LEASE_SECONDS,
    LONGEST_SECONDS,
    WINDOW_SECONDS,
    ModelConversation,
    ModelTurn,
)
from ticketing.conversations.errors import ButtonRefused, SpeakerChangeRefused
from ticketing.conversations.logic import Author, Button, Reply, Speaker
from ticketing.conversations.operations import (
    Hearing,
    Inbound,
    Recorded,
    hand_back,
    receive_message,
    request_handoff,
    take_over,
    write_as_agent,
)
from ticketing.tickets.operations import open_ticket_for_turn
from ticketing.turns.errors import TurnLost
from ticketing.turns.logic import Claim, TurnOutcome, TurnState
from ticketing.turns.operations import finish_turn, note_still_working
from ticketing.turns.queue import claim_turns, release_turns, renew_leases, wait_while_typing
from ticketing.turns.settlement import settle_turn

EXAMPLES = {"sqlite": 60, "postgresql": 15}
OWNERS = st.sampled_from(["desk-1", "desk-2"])
RARELY = st.sampled_from([False, False, False, True])
BUTTON = Button("Yes", "/yes")
WINDOW = timedelta(seconds=WINDOW_SECONDS)

Held = tuple[Claim, int]
"""A claim, and the number of its turn."""

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

    @rule(target=sent, is_open=st.booleans(), owner=st.none() | OWNERS)
    def send(self, is_open: bool, owner: str | None) -> tuple[Inbound, Recorded]:
        line = a_line(f"line {next(_numbers)}{',' if is_open else '.'}")
        expected = self.model.receives(line.text, self.clock, is_open=is_open)
        ack = self.hears(line, owner)
        assert (ack.seq, ack.turn, ack.is_duplicate) == (*expected, False)
        self.claims_at_once(ack, owner)
        return line, ack

    @rule()
    def type(self) -> None:
        until = self.db.write(wait_while_typing, self.talk.public_id, now=later(self.clock), window=WINDOW)
        expected = self.model.types(self.clock)
        assert until == (None if expected is None else later(expected))

    @rule(earlier=sent)
    def send_again(self, earlier: tuple[Inbound, Recorded]) -> None:
        line, ack = earlier
        again = self.hears(line, "desk-1")
        assert again.claimed is None
        assert (again.seq, again.turn, again.is_duplicate) == (ack.seq, ack.turn, True)
        with pytest.raises(ButtonRefused):
            self.hears(a_press(line.button_id or "never-offered"))

    @rule(target=sent, button=consumes(buttons), owner=st.none() | OWNERS)
    def press(self, button: str, owner: str | None) -> tuple[Inbound, Recorded]:
        press = a_press(button)
        expected = self.model.receives(BUTTON.title, self.clock, BUTTON.payload)
        ack = self.hears(press, owner)
        assert (ack.seq, ack.turn) == expected
        self.claims_at_once(ack, owner)
        return press, ack

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
            self.latest: Held = (taken[0].claim, taken[0].number)
        return multiple(*((turn.claim, turn.number) for turn in taken))

    @rule(
        target=buttons, claim=claimed, is_stale=RARELY, has_button=st.booleans(), tells_ticket=st.booleans()
    )
    def finish(self, claim: Held, is_stale: bool, has_button: bool, tells_ticket: bool) -> object:
        claim, turn = self.chosen(claim, is_stale)
        ticket = turn.ticket if turn and tells_ticket else None
        reply = Reply(f"answer {next(_numbers)}", (BUTTON,) if has_button else (), ticket=ticket)
        if turn is None:
            self.is_lost(finish_turn, claim, replies=[reply])
            return multiple()
        expected = self.model_finish(turn, Author.ASSISTANT, reply, TurnOutcome.ANSWERED)
        assert self.db.write(finish_turn, claim[0], [reply], now=later(self.clock)) is expected
        if expected is TurnOutcome.HANDED_OVER or not has_button:
            return multiple()
        answers = [line for line in transcript(self.db, self.talk) if line.author is Author.ASSISTANT]
        return answers[-1].extras["buttons"][0]["id"]

    @rule(claim=claimed, is_stale=RARELY)
    def settle(self, claim: Held, is_stale: bool) -> None:
        claim, turn = self.chosen(claim, is_stale)
        if turn is None:
            self.is_lost(settle_turn, claim, team=TEAM)
            return
        outcome = self.db.write(settle_turn, claim[0], team=TEAM, now=later(self.clock))
        if self.model.may_answer(turn):
            number = transcript(self.db, self.talk)[-1].extras["ticket"]
            assert turn.ticket in (None, number), "one ticket per turn"
            turn.ticket = number
        apology = Reply(say("notice_apology", "en", ticket=turn.ticket or "").text, ticket=turn.ticket)
        assert outcome is self.model_finish(turn, Author.DESK, apology, TurnOutcome.APOLOGISED)

    @rule(claim=claimed, is_stale=RARELY)
    def say_still_working(self, claim: Held, is_stale: bool) -> None:
        claim, turn = self.chosen(claim, is_stale)
        if turn is None:
            self.is_lost(note_still_working, claim)
            return
        may_answer = self.model.may_answer(turn)
        assert self.db.write(note_still_working, claim[0], now=later(self.clock)) is may_answer
        if may_answer:
            self.model.says(Author.DESK, say("notice_still_working", "en").text)

    @rule(claim=claimed, is_stale=RARELY)
    def open_ticket(self, claim: Held, is_stale: bool) -> None:
        claim, _ = self.chosen(claim, is_stale)
        turn = self.model.turns[claim[1] - 1]
        if turn.state is not TurnState.RUNNING:
            with pytest.raises(TurnLost):
                self.db.write(open_ticket_for_turn, claim[0].turn_id, team=TEAM, now=later(self.clock))
            return
        opened = self.db.write(open_ticket_for_turn, claim[0].turn_id, team=TEAM, now=later(self.clock))
        assert turn.ticket in (None, opened.number), "one ticket per turn"
        turn.ticket = opened.number

    @rule(owner=OWNERS, is_stopping=RARELY)
    def show_life(self, owner: str, is_stopping: bool) -> None:
        mine = [t for t in self.model.turns if t.state is TurnState.RUNNING and t.owner == owner]
        if is_stopping:
            self.db.write(release_turns, owner=owner, now=later(self.clock))
        else:
            assert self.db.write(renew_leases, owner=owner, now=later(self.clock)) == len(mine)
        for turn in mine:
            turn.lease_until = self.clock + (0 if is_stopping else LEASE_SECONDS)

    @rule(seconds=st.integers(1, LEASE_SECONDS + 1))
    def pass_time(self, seconds: int) -> None:
        self.clock += seconds

    # What agents do

    @rule(is_asked_for=RARELY, goes_at_once=st.booleans())
    def take_over(self, is_asked_for: bool, goes_at_once: bool) -> None:
        if is_asked_for:
            may = self.model.speaker is Speaker.ASSISTANT
            self.change(request_handoff, Speaker.WAITING, may, actor="person")
        else:
            may = self.model.speaker is not Speaker.AGENT
            self.change(take_over, Speaker.AGENT, may, agent_name="Bea")
        if goes_at_once:
            self.hand_back()

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
        said, queued = ledger_of(self.db, self.talk)
        assert [line.seq for line in said] == list(range(1, len(said) + 1))
        assert [(line.author, line.text) for line in said] == self.model.lines
        assert [(turn.number, turn.state, turn.outcome) for turn in queued] == [
            (turn.number, turn.state, turn.outcome) for turn in self.model.turns
        ]

    def teardown(self) -> None:
        """Everything is answered in the end, and the assistant never spoke over an agent."""
        if not hasattr(self, "model"):
            return
        within = seqs_within_agent_intervals(self.db, self.talk)
        assert within == self.model.agent_places
        while self.model.first_unfinished() is not None:
            self.clock += max(LEASE_SECONDS, LONGEST_SECONDS)
            [turn] = self.db.write(claim_turns, owner="last", limit=8, now=later(self.clock))
            self.model.claims("last", self.clock)
            self.finish_last(turn.claim, turn.number)
        said = transcript(self.db, self.talk)
        assert not [line for line in said if line.author is Author.ASSISTANT and line.seq in within]
        assert all(turn.state is TurnState.DONE and turn.outcome for turn in turns(self.db, self.talk))
        assert self.db.write(claim_turns, owner="last", limit=8, now=later(self.clock + LEASE_SECONDS)) == []

    # Helpers

    def hears(self, line: Inbound, owner: str | None = None) -> Recorded:
        return self.db.write(
            receive_message,
            self.talk.public_id,
            line,
            person_id=self.talk.person_id,
            now=later(self.clock),
            owner=owner,
            hearing=Hearing(window=WINDOW),
        )

    def claims_at_once(self, ack: Recorded, owner: str | None) -> None:
        """A line is claimed with its recording when nothing is before it and nothing is waited for."""
        turn = self.model.turns[ack.turn - 1] if ack.turn else None
        may = owner is not None and turn is not None and turn is self.model.first_unfinished()
        if owner is None or turn is None or not may or turn.ready_at or turn.state is not TurnState.PENDING:
            assert ack.claimed is None
            return
        self.model.claims(owner, self.clock)
        assert ack.claimed is not None
        assert (ack.claimed.text, ack.claimed.payload) == ("\n".join(turn.lines), turn.payload)
        self.latest = (ack.claimed.claim, turn.number)

    def finish_last(self, claim: Claim, number: int) -> None:
        turn, reply = self.model.turns[number - 1], Reply("last answer")
        expected = self.model_finish(turn, Author.ASSISTANT, reply, TurnOutcome.ANSWERED)
        assert self.db.write(finish_turn, claim, [reply], now=later(self.clock)) is expected

    def chosen(self, claim: Held, is_stale: bool) -> tuple[Held, ModelTurn | None]:
        """The claim that holds now, or now and then an old one; and its turn, if it still holds."""
        if not is_stale:
            claim = self.latest
        turn = self.model.turns[claim[1] - 1]
        held_by = (TurnState.RUNNING, claim[0].owner, claim[0].attempt)
        return claim, turn if (turn.state, turn.owner, turn.attempts) == held_by else None

    def is_lost(self, operation: Callable[..., object], claim: Held, **arguments: object) -> None:
        with pytest.raises(TurnLost):
            self.db.write(operation, claim[0], now=later(self.clock), **arguments)

    def model_finish(
        self, turn: ModelTurn, author: Author, reply: Reply, outcome: TurnOutcome
    ) -> TurnOutcome:
        key = "utter_ticket_opened_anonymous"
        told = None
        if self.model.may_answer(turn):
            self.model.says(author, reply.text)
            told = reply.ticket
        else:
            outcome, key = TurnOutcome.HANDED_OVER, "notice_ticket_opened_meanwhile"
        if turn.ticket and turn.ticket != told:
            self.model.says(Author.DESK, say(key, "en", ticket=turn.ticket).text)
        turn.state, turn.outcome = TurnState.DONE, outcome
        return outcome

    def change(self, operation: Callable[..., None], speaker: Speaker, is_allowed: bool, **who: str) -> None:
        if not is_allowed:
            with pytest.raises(SpeakerChangeRefused):
                self.db.write(operation, self.talk.public_id, now=later(self.clock), **who)
            return
        self.db.write(operation, self.talk.public_id, now=later(self.clock), **who)
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
