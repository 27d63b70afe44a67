"""The ledger of one conversation in a few lines: what it should do, to compare with what it does."""

from __future__ import annotations

from dataclasses import dataclass, field

from ticketing.conversations.logic import Author, Speaker
from ticketing.turns.logic import LEASE, TurnOutcome, TurnState

LEASE_SECONDS = int(LEASE.total_seconds())
WINDOW_SECONDS = 2
LONGEST_SECONDS = 4 * WINDOW_SECONDS


@dataclass
class ModelTurn:
    """One turn."""

    number: int
    payload: str | None
    lines: list[str]
    state: TurnState = TurnState.PENDING
    outcome: TurnOutcome | None = None
    owner: str = ""
    attempts: int = 0
    lease_until: int = 0
    ticket: str | None = None
    was_handed_over: bool = False
    received_at: int = 0
    ready_at: int = 0


@dataclass
class ModelConversation:
    """One conversation and its turns; lines as (author, text), so that a line's place is its number."""

    speaker: Speaker = Speaker.ASSISTANT
    lines: list[tuple[Author, str]] = field(default_factory=list)
    turns: list[ModelTurn] = field(default_factory=list)
    agent_places: set[int] = field(default_factory=set)

    def says(self, author: Author, text: str) -> int:
        """Another line; returns its number."""
        self.lines.append((author, text))
        if self.speaker is Speaker.AGENT:
            self.agent_places.add(len(self.lines))
        return len(self.lines)

    def receives(
        self, text: str, clock: int, payload: str | None = None, *, is_open: bool = False
    ) -> tuple[int, int | None]:
        """A line of the person, after which more may come or not; returns its number and its turn's."""
        seq = self.says(Author.PERSON, text)
        if self.speaker is not Speaker.ASSISTANT:
            return seq, None
        last = self.turns[-1] if self.turns else None
        if payload or last is None or last.state is not TurnState.PENDING or last.payload:
            for turn in self.turns:
                turn.ready_at = 0
            last = ModelTurn(len(self.turns) + 1, payload, [], received_at=clock)
            self.turns.append(last)
        last.lines.append(text)
        until = min(clock + WINDOW_SECONDS, last.received_at + LONGEST_SECONDS)
        last.ready_at = until if is_open and until > clock else 0
        return seq, last.number

    def types(self, clock: int) -> int | None:
        """The person is seen typing; until when the turn that waits waits now, if one does."""
        turn = self.turns[-1] if self.turns else None
        if turn is None or turn.state is not TurnState.PENDING or turn.ready_at <= clock:
            return None
        turn.ready_at = max(
            turn.ready_at, min(clock + 3 * WINDOW_SECONDS, turn.received_at + LONGEST_SECONDS)
        )
        return turn.ready_at

    def first_unfinished(self) -> ModelTurn | None:
        """The only turn that may run."""
        return next((turn for turn in self.turns if turn.state is not TurnState.DONE), None)

    def claims(self, owner: str, clock: int) -> ModelTurn | None:
        """What a claim gets."""
        turn = self.first_unfinished()
        if turn is None or (turn.state is TurnState.RUNNING and turn.lease_until > clock):
            return None
        if turn.state is TurnState.PENDING and turn.ready_at > clock:
            return None
        turn.state, turn.owner, turn.lease_until = TurnState.RUNNING, owner, clock + LEASE_SECONDS
        turn.attempts += 1
        return turn

    def may_answer(self, turn: ModelTurn) -> bool:
        """Whether the assistant has had the word since the turn's first line."""
        return self.speaker is Speaker.ASSISTANT and not turn.was_handed_over

    def changes_speaker(self, speaker: Speaker) -> None:
        """Somebody else has the word."""
        self.speaker = speaker
        if speaker is Speaker.ASSISTANT:
            return
        for turn in self.turns:
            turn.was_handed_over |= turn.state is TurnState.RUNNING
            if turn.state is TurnState.PENDING:
                turn.state, turn.outcome = TurnState.DONE, TurnOutcome.HANDED_OVER
