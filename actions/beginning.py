"""Begins the form: for which purpose, and with what is known already."""

from __future__ import annotations

from dataclasses import replace

from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answering import SAME_VISIT, recent_question
from actions.services import Services
from actions.speech import DRAFT, expecting, utter
from identity.people.operations import KnownPerson, contact_is_missing
from knowledge.questions.queries import articles_tried
from ticketing.intake.answers import described
from ticketing.intake.logic import LONGEST_TEXT, Draft, Field, Purpose
from ticketing.intake.reading import what_is_asked_for
from ticketing.tickets.priority import Impact

FORM = "intake_form"


async def begin(
    services: Services,
    dispatcher: CollectingDispatcher,
    purpose: Purpose,
    text: str | None,
    *,
    is_outage: bool = False,
) -> list[EventType]:
    """Start the form for a purpose; the words said, or else the last question, are what it is about.

    Args:
        is_outage: several are affected unless the words say otherwise; that is not asked.
    """
    turn = services.turn()
    draft = _empty(purpose, turn.person)
    if purpose in (Purpose.INCIDENT, Purpose.REQUEST):
        draft = await _with_what_was_said(services, draft, text)
        if is_outage:
            draft = replace(draft, impact=draft.impact or Impact.MEDIUM).with_settled(Field.AFFECTED)
        utter(dispatcher, "utter_form_begins", turn.language)
    return [*expecting(), SlotSet(DRAFT, draft.as_json()), FollowupAction(FORM)]


def instead_of(number: str, words: str, person: KnownPerson) -> Draft:
    """What can be added no more to a finished ticket, as something new that names it."""
    draft = described(_empty(Purpose.INCIDENT, person), words[:LONGEST_TEXT])
    return replace(draft, what=f"{draft.what} ({number})")


def _empty(purpose: Purpose, person: KnownPerson) -> Draft:
    """Nothing is known yet but how to reach the person, where that is known."""
    draft = Draft(purpose)
    return draft if contact_is_missing(person) else draft.with_settled(Field.NAME, Field.ADDRESS)


async def _with_what_was_said(services: Services, draft: Draft, text: str | None) -> Draft:
    turn = services.turn()
    question = await recent_question(services, within=SAME_VISIT)
    tried = await services.database.aread(
        articles_tried, turn.conversation, since=services.now() - SAME_VISIT
    )
    draft = replace(draft, articles=tried)
    fewest = 1 if draft.purpose is Purpose.REQUEST else 2
    if text is not None and (what := what_is_asked_for(text, fewest=fewest)):
        return described(draft, what)
    return described(draft, question.text) if question is not None else draft
