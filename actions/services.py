"""What actions are given by `desk/wiring.py`; no action reads a setting or opens anything itself."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

from actions.turns import TurnInFlight
from knowledge.answers import Find
from knowledge.search.findings import Hit
from storage.database import Database
from ticketing.first_contact.logic import FirstContact
from ticketing.tickets.logic import REOPEN_WINDOW
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
    # An article's first paragraph: by name and language, or by what it is about.
    opening: Callable[[str, str], Hit | None]
    opening_about: Callable[[str, str], Hit | None]
    first_contact: FirstContact | None = None
    # How long after its resolution a ticket is reopened by what its requester says.
    reopen_window: timedelta = REOPEN_WINDOW

    def turn(self) -> TurnInFlight:
        """Who is asking and what: of the turn in flight, whatever the tracker says."""
        return CURRENT_TURN.get()
