"""Hands a conversation to the people of the team, and says honestly what happens next."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.services import Services
from actions.speech import utter
from knowledge.questions.logic import Feedback
from notices.texts.catalogue import say
from ticketing.tickets.intake import Intake
from ticketing.tickets.operations import Opened, hand_off_for_turn


async def hand_off(services: Services, intake: Intake | None) -> Opened:
    """The conversation goes to people and, while none is online, comes back with a ticket opened."""
    return await services.database.awrite(
        hand_off_for_turn, services.turn().turn_id, intake=intake, team=services.team, now=services.now()
    )


def tell_handed_off(dispatcher: CollectingDispatcher, opened: Opened, language: str) -> None:
    """What happens next."""
    carried = {"ticket": opened.number, "feedback": {"verdict": Feedback.PERSON.value}}
    if opened.email:
        utter(
            dispatcher,
            "utter_handed_to_people",
            language,
            carried=carried,
            ticket=opened.number,
            email=opened.email,
        )
        return
    leave = [(say("leave_address", language).text, "/leave_contact")]
    utter(
        dispatcher,
        "utter_handed_to_people_anonymous",
        language,
        carried=carried,
        buttons=leave,
        ticket=opened.number,
    )
