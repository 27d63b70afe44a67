"""How actions speak: the catalogue's words in the turn's language, and what a reply carries beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from notices.texts.catalogue import say

AWAITING, MISSED, DRAFT, ENDING, LANGUAGE = "awaiting", "missed", "draft", "ending", "language"

NEW_TICKET = "new_ticket"
"""Awaited: a yes begins the form with the draft that is kept."""

OFFERS_OF_A_TICKET = frozenset({"ticket", NEW_TICKET})

Buttons = Sequence[tuple[str, str]]
"""Titles and payloads."""


def utter(
    dispatcher: CollectingDispatcher,
    key: str,
    language: str,
    *,
    buttons: Buttons = (),
    carried: dict[str, Any] | None = None,
    filled: Mapping[str, str] | None = None,
    **values: str,
) -> None:
    """Say a text of the catalogue.

    Args:
        buttons: shown behind the text's own.
        carried: what the desk reads from the reply: sources, ticket, question, feedback.
        filled: values that come as a mapping; the others are given by name.
    """
    text = say(key, language, **(filled or {}), **values)
    shown = [{"title": title, "payload": payload} for title, payload in (*text.buttons, *buttons)]
    dispatcher.utter_message(
        text=text.text, buttons=shown or None, json_message={"says": key, **(carried or {})}
    )


def payload(intent: str, choice: str) -> str:
    """What a button means: an intent and which of several things."""
    return f"/{intent}{json.dumps({'choice': choice})}"


def expecting(what: str | None = None, *, missed: int = 0) -> list[EventType]:
    """What a yes or a no would mean from now on, and how often in a row nothing was understood."""
    return [SlotSet(AWAITING, what), SlotSet(MISSED, missed)]
