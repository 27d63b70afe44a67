"""Puts Rasa's agent together from our parts."""

from __future__ import annotations

from typing import Any

from rasa.core.agent import Agent
from rasa.core.nlg import TemplatedNaturalLanguageGenerator

from bot.rasa_extensions import patches
from bot.rasa_extensions.action_endpoint import ActionEndpoint
from bot.rasa_extensions.locks import ConversationLocks
from bot.rasa_extensions.processor import DeskProcessor
from bot.rasa_extensions.tracker_store import TurnStore


class Responses(TemplatedNaturalLanguageGenerator):  # type: ignore[misc]
    """Rasa drops a response it does not know without a word; here the turn fails."""

    async def generate(self, utter_action: str, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        response: dict[str, Any] | None = await super().generate(utter_action, *args, **kwargs)
        if response is None:
            patches.note_failure("UnknownResponse")
        return response


def load_agent(launch: Any) -> Agent:
    """An agent on our store, locks, endpoint and processor, with the model loaded."""
    patches.apply(launch.action_seconds)
    store = TurnStore(launch.tracker_db)
    agent = Agent(
        generator=Responses({}),
        lock_store=ConversationLocks(),
        action_endpoint=ActionEndpoint(launch.actions_url, launch.actions_secret, launch.action_seconds),
    )
    # Not through Agent: it would wrap the store in one that turns a failed read into a new conversation.
    agent.tracker_store = store
    agent.processor = DeskProcessor(
        model_path=launch.model,
        tracker_store=store,
        lock_store=agent.lock_store,
        action_endpoint=agent.action_endpoint,
        generator=agent.nlg,
        session_minutes=launch.session_minutes,
    )
    agent.domain = store.domain = agent.processor.domain
    agent.nlg.responses = agent.domain.responses
    return agent
