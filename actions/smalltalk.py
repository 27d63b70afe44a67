"""Politeness, and what is not about IT; a real question hidden in it is answered first."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.answering import look_up, tell
from actions.base import DeskAction
from actions.second_look import second_look
from actions.speech import utter
from knowledge.search.findings import Band
from ticketing.intake.answers import Said
from ticketing.intake.reading import says_something

_CERTAIN = 0.75
KEYS = {
    "greet": "utter_greet",
    "goodbye": "utter_goodbye",
    "thank": "utter_welcome",
    "help": "utter_help",
    "bot_challenge": "utter_bot",
    "out_of_scope": "utter_out_of_scope",
}


class ActionSmallTalk(DeskAction):
    """Answers politeness politely. "The wi-fi is slow, thanks" is not a thank-you."""

    called = "action_small_talk"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said) -> list[EventType]:
        turn = self.services.turn()
        if (events := await second_look(self.services, dispatcher, tracker, said)) is not None:
            return events
        if said.intent == "out_of_scope" and said.confidence < _CERTAIN:
            return tell(dispatcher, tracker, await look_up(self.services), turn.language)
        if not said.is_button and says_something(turn.text, fewest=2):
            findings = await self.services.find(turn.text, turn.language)
            if findings.band is Band.ANSWER:
                return tell(dispatcher, tracker, findings, turn.language)
        utter(dispatcher, KEYS.get(said.intent, "utter_help"), turn.language)
        return []
