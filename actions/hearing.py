"""What Rasa made of the line: the intent, how sure, and what a pressed button carries."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker

from actions.turns import TurnInFlight
from ticketing.intake.answers import Said

SURE_ENOUGH = 0.65
"""Below, what the person wants done is not believed: the articles are asked instead, and nothing is begun."""

LONGEST_CHOICE = 200


def said_in(tracker: Tracker, turn: TurnInFlight) -> Said:
    """The line of this turn. Only what was pressed starts with a slash: typed text is neutralised."""
    message: dict[str, Any] = tracker.latest_message
    intent = message.get("intent") or {}
    is_button = str(message.get("text") or "").startswith("/")
    return Said(
        text=turn.text,
        intent=str(intent.get("name") or ""),
        confidence=float(intent.get("confidence") or 0.0),
        choice=_choice(message) if is_button else None,
        is_button=is_button,
    )


def is_believed(said: Said) -> bool:
    """Whether the intent is sure enough to begin something by it."""
    return said.is_button or said.confidence >= SURE_ENOUGH


def _choice(message: dict[str, Any]) -> str | None:
    values = (each.get("value") for each in message.get("entities") or () if each.get("entity") == "choice")
    return next((value[:LONGEST_CHOICE] for value in values if isinstance(value, str)), None)
