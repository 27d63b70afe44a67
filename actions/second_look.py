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
from actions.speech import AWAITING, OFFERS_OF_A_TICKET, utter
from actions.telling import names_a_ticket, tell_status
from ticketing.intake.answers import Said, is_solved
from ticketing.intake.logic import Purpose
from ticketing.intake.reading import first_word_answers, is_question, says, yes_or_no
from ticketing.tickets.numbers import parse_number

SHORT = 10
_CERTAIN = 0.85


async def second_look(
    services: Services, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
) -> list[EventType] | None:
    """What to do instead; None when the intent stands."""
    if said.is_button:
        return None
    events = await _in_so_many_words(services, dispatcher, said)
    if events is None and (awaited := str(tracker.get_slot(AWAITING) or "")):
        events = await _after_what_was_offered(services, dispatcher, tracker, said, awaited)
    if events is None and not _is_certain(said) and _asks_for_a_ticket(said):
        events = await tell_status(services, dispatcher)
    return events


async def _in_so_many_words(
    services: Services, dispatcher: CollectingDispatcher, said: Said
) -> list[EventType] | None:
    """A ticket, a person, or anger, whatever was said before."""
    if says("insult", said.text) and len(said.text.split()) <= SHORT:
        utter(dispatcher, "utter_sorry", services.turn().language)
        return []
    wishes = says("ticket_wish", said.text) or says("message_wish", said.text)
    if wishes and parse_number(said.text) is None:
        return await begin(services, dispatcher, Purpose.INCIDENT, said.text)
    is_wish = says("person_wish", said.text) and not says("person_or_machine", said.text)
    if said.intent != "ask_human" and is_wish:
        return await pass_on(services, dispatcher)
    return None


async def _after_what_was_offered(
    services: Services, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said, awaited: str
) -> list[EventType] | None:
    """Relief, a second failure, a yes or a no: they are about what was offered last."""
    if is_solved(said):
        return take_solved(dispatcher, services.turn().language)
    if is_question(said.text):
        return None
    has_not_helped = says("not_helped", said.text)
    if awaited == "feedback" and _is_thankful(said) and not has_not_helped:
        # Thanks are for the answer, and do not say that it helped: what was offered stays.
        utter(dispatcher, "utter_welcome", services.turn().language)
        return []
    if has_not_helped and awaited not in OFFERS_OF_A_TICKET:
        # New words may be a new question all the same.
        return await go_on(services, dispatcher, tracker, is_button=False)
    answer = yes_or_no(said.text) if len(said.text.split()) <= SHORT else None
    if answer is None or (awaited not in OFFERS_OF_A_TICKET and _is_certain(said)):
        return None
    act = accept if answer else decline
    return await act(services, dispatcher, tracker, said)


def _is_thankful(said: Said) -> bool:
    """ "Reported it, thank you!" after an answer; "thanks, but it still crashes" is none."""
    has_but = any(says(kind, said.text) for kind in ("works_elsewhere", "negated", "thing"))
    is_answer = first_word_answers(said.text) is not None
    return says("thanks", said.text) and len(said.text.split()) <= SHORT and not (has_but or is_answer)


def _is_certain(said: Said) -> bool:
    return said.confidence >= _CERTAIN and said.intent != "ask_knowledge"


def _asks_for_a_ticket(said: Said) -> bool:
    return names_a_ticket(said.text) and said.intent not in ("add_to_ticket", "ticket_status")
