"""Passing to the team what the assistant cannot resolve."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.services import Services
from ticketing.tickets.operations import open_ticket_for_turn


class ActionOpenTicket(Action):  # type: ignore[misc]
    """Puts what the person wrote on file, once per turn however often the turn runs."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def name(self) -> str:
        return "action_open_ticket"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        services = self._services
        opened = await services.database.awrite(
            open_ticket_for_turn, services.turn().turn_id, team=services.team, now=services.now()
        )
        dispatcher.utter_message(
            response="utter_ticket_opened" if opened.email else "utter_ticket_opened_anonymous",
            ticket=opened.number,
            email=opened.email or "",
            json_message={"ticket": opened.number},
        )
        return []
