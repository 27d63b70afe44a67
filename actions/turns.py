"""The turns being answered right now: only they may call an action, and they say who is asking."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from identity.people.operations import KnownPerson


@dataclass(frozen=True)
class TurnInFlight:
    """What an action knows of its turn; never from a slot, never from the sender id."""

    turn_id: str
    conversation: str
    person: KnownPerson
    language: str
    text: str


class TurnsInFlight:
    """The register that the turn runner keeps and the action listener asks."""

    def __init__(self) -> None:
        self._turns: dict[str, TurnInFlight] = {}

    @contextmanager
    def flying(self, turn: TurnInFlight) -> Iterator[None]:
        """Admit the turn's action calls while the block runs."""
        self._turns[turn.turn_id] = turn
        try:
            yield
        finally:
            self._turns.pop(turn.turn_id, None)

    def find(self, turn_id: object, conversation: object) -> TurnInFlight | None:
        """The turn, if it is in flight and of this conversation."""
        turn = self._turns.get(turn_id) if isinstance(turn_id, str) else None
        return turn if turn is not None and turn.conversation == conversation else None
