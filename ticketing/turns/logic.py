"""Rules for turns: states, outcomes, limits. No I/O."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import timedelta

MAX_ATTEMPTS = 3
"""A turn that brought its process down this often is answered with an apology and a ticket instead."""

LEASE = timedelta(seconds=6)
"""How long a claim holds without a sign of life; its owner renews it well before."""


class TurnState(enum.Enum):
    """A turn waits, runs, and is done."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"


class TurnOutcome(enum.Enum):
    """How a turn ended: nothing a person writes ends in silence."""

    ANSWERED = "answered"
    HANDED_OVER = "handed_over"
    APOLOGISED = "apologised"


@dataclass(frozen=True)
class Claim:
    """The right to finish a turn: it is lost when the lease runs out and another process takes it."""

    turn_id: str
    owner: str
    attempt: int


def is_worn_out(attempts: int) -> bool:
    """Whether another try would be one too many."""
    return attempts >= MAX_ATTEMPTS
