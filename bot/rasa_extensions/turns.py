"""Runs one turn: recorded before → its replies; else understand, act, and store it whole or not at all."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.shared.core.events import SlotSet

from bot.rasa_extensions.patches import failures_noted
from bot.rasa_extensions.quiet import stack_without_words
from bot.rasa_extensions.replies import replies_of
from bot.rasa_extensions.tracker import DeskTracker

CHANNEL = "desk"
LANGUAGE = "language"
# The gateway gives up sooner; this only frees the conversation.
TURN_SECONDS = 30.0

log = logging.getLogger("guichet.rasa.turns")


class TurnFailed(Exception):
    """Nothing of the turn was kept; it may be tried again. The argument is a constant or a type's name."""


@dataclass(frozen=True)
class Turn:
    """What the gateway asks: who says what, in which language, as which turn."""

    turn_id: str
    sender: str
    text: str
    language: str


@dataclass(frozen=True)
class Answer:
    """What came of it; `replayed` says the turn had been stored before."""

    replies: list[dict[str, Any]]
    replayed: bool


class _Unheard(OutputChannel):  # type: ignore[misc]
    """Replies are read from the tracker's events, so nothing is sent anywhere."""

    @classmethod
    def name(cls) -> str:
        return CHANNEL

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Not heard."""


_UNHEARD = _Unheard()


async def answer(agent: Agent, turn: Turn) -> Answer:
    """Never two turns of a conversation at once. Raises TurnFailed, whatever went wrong."""
    try:
        async with agent.lock_store.lock(turn.sender):
            return await asyncio.wait_for(_answer(agent, turn), TURN_SECONDS)
    except TurnFailed:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it was, the gateway may try again
        log.warning("turn failed: %s", stack_without_words(type(error), error.__traceback__))
        raise TurnFailed(type(error).__name__) from None


async def _answer(agent: Agent, turn: Turn) -> Answer:
    found = await agent.tracker_store.find(turn.sender, turn.turn_id)
    if found.recorded is not None:
        return Answer(replies_of(found.recorded, turn.sender), replayed=True)
    tracker = found.tracker
    with failures_noted() as failures:
        await _run(agent.processor, turn, tracker)
    if failures:
        raise TurnFailed(failures[0])
    replies = replies_of(tracker.new_events(), turn.sender)
    if not replies:
        raise TurnFailed("no reply")
    await agent.tracker_store.save(tracker, turn.turn_id)
    return Answer(replies, replayed=False)


async def _run(processor: Any, turn: Turn, tracker: DeskTracker) -> None:
    """What `MessageProcessor.handle_message` does, with one read and one save around it."""
    tracker.model_id = processor.model_metadata.model_id
    tracker.assistant_id = processor.model_metadata.assistant_id
    await processor._update_tracker_session(tracker, _UNHEARD)
    if LANGUAGE in tracker.slots and tracker.get_slot(LANGUAGE) != turn.language:
        tracker.update(SlotSet(LANGUAGE, turn.language), processor.domain)
    about = {"turn_id": turn.turn_id, LANGUAGE: turn.language}
    said = UserMessage(turn.text, _UNHEARD, turn.sender, input_channel=CHANNEL, metadata=about)
    await processor._handle_message_with_tracker(said, tracker)
    tracker = await processor.run_action_extract_slots(_UNHEARD, tracker)
    await processor._run_prediction_loop(_UNHEARD, tracker)
