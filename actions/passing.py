"""Passes a conversation on to people: a ticket at once, and an honest word about what happens next."""

from __future__ import annotations

from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answering import SAME_VISIT, recent_question
from actions.beginning import FORM
from actions.handing import hand_off, tell_handed_off
from actions.services import Services
from actions.speech import DRAFT, expecting
from knowledge.questions.queries import articles_tried
from ticketing.intake.logic import Draft, Field, Purpose
from ticketing.intake.reading import says_something
from ticketing.tickets.intake import Intake


async def pass_on(services: Services, dispatcher: CollectingDispatcher) -> list[EventType]:
    """Open the ticket; when nothing is known yet of what it is about, ask for that."""
    turn = services.turn()
    question = await recent_question(services, within=SAME_VISIT)
    tried = await services.database.aread(
        articles_tried, turn.conversation, since=services.now() - SAME_VISIT
    )
    opened = await hand_off(services, Intake(articles_tried=tried))
    tell_handed_off(dispatcher, opened, turn.language)
    if question is not None or says_something(turn.text):
        return expecting(None if opened.email else "contact")
    # Nothing is known yet of what it is about.
    draft = Draft(Purpose.COMMENT, ticket=opened.number).with_settled(Field.TICKET)
    if opened.email:
        draft = draft.with_settled(Field.NAME, Field.ADDRESS)
    return [*expecting(), SlotSet(DRAFT, draft.as_json()), FollowupAction(FORM)]
