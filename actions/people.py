"""A person, please."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.answering import look_up, tell
from actions.base import DeskAction
from actions.hearing import is_believed
from actions.passing import pass_on
from actions.second_look import second_look
from knowledge.search.findings import Band
from ticketing.intake.answers import Said
from ticketing.intake.reading import is_noun_alone, says

_CERTAIN = 0.9


class ActionAskHuman(DeskAction):
    """Opens a ticket for the people of the team, at whatever point of a conversation (TRUST GD-4)."""

    called = "action_ask_human"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said) -> list[EventType]:
        services = self.services
        if (events := await second_look(services, dispatcher, tracker, said)) is not None:
            return events
        is_noun = not said.is_button and is_noun_alone(said.text)
        is_sure = said.confidence >= _CERTAIN and not is_noun
        is_said = said.is_button or says("person_wish", said.text) or is_sure
        if not is_said:
            findings = await look_up(services)
            if is_believed(said) and not is_noun and findings.band is not Band.ANSWER:
                return await pass_on(services, dispatcher)
            # A ticket is an effect; whoever really wants a person is offered one with the answer.
            return tell(dispatcher, tracker, findings, services.turn().language)
        return await pass_on(services, dispatcher)
