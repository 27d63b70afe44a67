"""What the words say in so many words outweighs an intent that is not sure of itself."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.beginning import begin
from actions.following import go_on, take_solved
from actions.passing import pass_on
from actions.pending import accept, decline
from actions.services import Services
from actions.speech import AWAITING
from actions.telling import names_a_ticket, tell_status
from ticketing.intake.answers import Said, is_solved
from ticketing.intake.logic import Purpose
from ticketing.intake.reading import first_word_answers, is_question, says
from ticketing.tickets.numbers import parse_number

SHORT = 10
_CERTAIN = 0.85


async def second_look(
    services: Services, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
) -> list[EventType] | None:
    """What to do instead; None when the intent stands."""
    if said.is_button:
        return None
    wishes = says("ticket_wish", said.text) or says("message_wish", said.text)
    if parse_number(said.text) is None and wishes:
        return await begin(services, dispatcher, Purpose.INCIDENT, said.text)
    if said.intent != "ask_human" and says("person_wish", said.text):
        return await pass_on(services, dispatcher)
    awaited = tracker.get_slot(AWAITING)
    if awaited and is_solved(said):
        return take_solved(dispatcher, services.turn().language)
    if awaited == "feedback" and says("not_helped", said.text) and not is_question(said.text):
        return await go_on(services, dispatcher, tracker, is_button=True)
    if said.confidence >= _CERTAIN and said.intent != "ask_knowledge":
        return None
    if names_a_ticket(said.text) and said.intent not in ("add_to_ticket", "ticket_status"):
        return await tell_status(services, dispatcher)
    if awaited and len(said.text.split()) <= SHORT and not is_question(said.text):
        answer = first_word_answers(said.text)
        if answer is not None:
            act = accept if answer else decline
            return await act(services, dispatcher, tracker, said)
    return None
