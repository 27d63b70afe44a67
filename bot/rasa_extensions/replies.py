"""What the assistant said in a turn, as the gateway reads it: the same code for a live turn and a replay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rasa.shared.core.events import BotUttered, Event


def replies_of(events: Iterable[Event], recipient: str) -> list[dict[str, Any]]:
    """One reply per bot event that says something; a bot event of nothing but nulls is not a reply."""
    replies = [_reply(event, recipient) for event in events if isinstance(event, BotUttered)]
    return [reply for reply in replies if reply["text"] or reply["buttons"] or reply["custom"]]


def _reply(event: BotUttered, recipient: str) -> dict[str, Any]:
    return {
        "recipient_id": recipient,
        "text": event.text,
        "buttons": [_button(button) for button in event.data.get("buttons") or []],
        "custom": event.data.get("custom"),
        "response": event.metadata.get("utter_action"),
    }


def _button(button: dict[str, Any]) -> dict[str, Any]:
    return {"title": button.get("title"), "payload": button.get("payload")}
