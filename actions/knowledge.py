"""Answering from the knowledge base."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.services import Services
from knowledge.answers import compose_answer


class ActionAskKnowledge(Action):  # type: ignore[misc]
    """Says what an article says about the question, with its source, or that nothing was found."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def name(self) -> str:
        return "action_ask_knowledge"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        turn = self._services.turn()
        answer = compose_answer(await self._services.find(turn.text, turn.language))
        sources = [{"title": s.title, "url": s.url, "slug": s.slug} for s in answer.sources]
        dispatcher.utter_message(
            response=answer.text_key, json_message={"sources": sources} if sources else None, **answer.values
        )
        return []
