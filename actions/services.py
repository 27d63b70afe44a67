"""What actions are given by `desk/wiring.py`; no action reads a setting or opens anything itself."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from actions.turns import TurnInFlight
from knowledge.answers import Find
from storage.database import Database
from ticketing.tickets.operations import Team

CURRENT_TURN: ContextVar[TurnInFlight] = ContextVar("current_turn")
"""Set by the listener around each call: the turn in flight that the call belongs to."""


@dataclass(frozen=True)
class Services:
    """The desk, as actions see it."""

    database: Database
    find: Find
    team: Team
    now: Callable[[], datetime]

    def turn(self) -> TurnInFlight:
        """Who is asking and what: of the turn in flight, whatever the tracker says."""
        return CURRENT_TURN.get()
