"""What the queue of turns refuses."""

from __future__ import annotations


class TurnLost(Exception):
    """The claim is not valid any more: another process has the turn, or it has ended."""

    def __init__(self, turn_id: str) -> None:
        super().__init__(f"turn {turn_id} is not ours any more")
        self.turn_id = turn_id
