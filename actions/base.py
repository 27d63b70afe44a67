"""What every action has in common: its name, its services, and the line it is about."""

from __future__ import annotations

from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.hearing import said_in
from actions.services import Services
from ticketing.intake.answers import Said


class DeskAction(Action):  # type: ignore[misc]
    """An action with the desk's services; a subclass names itself and acts."""

    called: ClassVar[str]

    def __init__(self, services: Services) -> None:
        self.services = services

    def name(self) -> str:
        """As Rasa knows it."""
        return self.called

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """See `rasa_sdk.Action.run`."""
        return await self.act(dispatcher, tracker, said_in(tracker, self.services.turn()))

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said) -> list[EventType]:
        """Say something, and return what the assistant must remember."""
        raise NotImplementedError
