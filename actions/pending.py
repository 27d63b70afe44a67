"""A yes, a no or a "stop" outside a form: what it means depends on what was said last."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import DeskAction
from actions.beginning import FORM, begin
from actions.following import go_on, show_article, take_solved
from actions.hearing import is_believed
from actions.services import Services
from actions.speech import AWAITING, DRAFT, NEW_TICKET, expecting, utter
from identity.people.operations import contact_is_missing
from notices.texts.catalogue import say
from ticketing.intake.answers import Said
from ticketing.intake.logic import Draft, Field, Purpose
from ticketing.intake.reading import first_word_answers, is_only, says

_ACCESS = {"reset": "what_reset", "unlock": "what_unlock"}


class ActionAffirm(DeskAction):
    """Does what was offered."""

    called = "action_affirm"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said) -> list[EventType]:
        if not said.is_button and says("insult", said.text):
            utter(dispatcher, "utter_sorry", self.services.turn().language)
            return []
        if not said.is_button and _is_heard(tracker, said):
            utter(dispatcher, "utter_welcome", self.services.turn().language)
            return []
        is_yes = is_believed(said) or first_word_answers(said.text) or is_only("yes", said.text)
        if not tracker.get_slot(AWAITING) or not is_yes:
            utter(dispatcher, "utter_still_here", self.services.turn().language)
            return []
        return await accept(self.services, dispatcher, tracker, said)


class ActionDeny(DeskAction):
    """Leaves what was offered."""

    called = "action_deny"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said) -> list[EventType]:
        return await decline(self.services, dispatcher, tracker, said)


def _is_heard(tracker: Tracker, said: Said) -> bool:
    """An "ok" after an answer, or to nothing: it has been read, which is no yes, nor that it helped."""
    return str(tracker.get_slot(AWAITING) or "") in ("", "feedback") and is_only("assent", said.text)


async def accept(
    services: Services, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
) -> list[EventType]:
    """A yes to what was offered last."""
    awaited = str(tracker.get_slot(AWAITING) or "")
    if awaited == "feedback":
        return take_solved(dispatcher, services.turn().language)
    if awaited.startswith("choice:"):
        return await show_article(services, dispatcher, awaited.removeprefix("choice:"))
    if awaited in _ACCESS:
        return _request_access(services, _ACCESS[awaited])
    if awaited == NEW_TICKET and tracker.get_slot(DRAFT):
        utter(dispatcher, "utter_form_begins", services.turn().language)
        return [*expecting(), FollowupAction(FORM)]
    purpose = Purpose.CONTACT if awaited == "contact" else Purpose.INCIDENT
    return await begin(services, dispatcher, purpose, None)


async def decline(
    services: Services, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said
) -> list[EventType]:
    """A no to what was offered last."""
    awaited = str(tracker.get_slot(AWAITING) or "")
    if not said.is_button and says("insult", said.text):
        utter(dispatcher, "utter_sorry", services.turn().language)
        return []
    is_left = not said.is_button and is_only("left_at_that", said.text)
    if not is_left and (awaited == "feedback" or awaited.startswith("choice:")):
        return await go_on(services, dispatcher, tracker, is_button=said.is_button)
    if awaited == "ticket" and not said.is_button and says("not_it", said.text):
        utter(dispatcher, "utter_nothing_better", services.turn().language)
        return expecting("ticket")
    key = "utter_as_you_wish" if awaited else "utter_still_here"
    utter(dispatcher, key, services.turn().language)
    return expecting()


class ActionCancel(DeskAction):
    """Stops what is under way; outside a form that is nothing but an offer."""

    called = "action_cancel"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said) -> list[EventType]:
        awaited = tracker.get_slot(AWAITING)
        key = "utter_as_you_wish" if awaited else "utter_nothing_to_cancel"
        utter(dispatcher, key, self.services.turn().language)
        return expecting()


def _request_access(services: Services, what: str) -> list[EventType]:
    """A request for what was just explained: nothing is left to ask but how to reach the person."""
    turn = services.turn()
    draft = Draft(Purpose.ACCESS, what=say(what, turn.language).text)
    if not contact_is_missing(turn.person):
        draft = draft.with_settled(Field.NAME, Field.ADDRESS)
    return [*expecting(), SlotSet(DRAFT, draft.as_json()), FollowupAction(FORM)]
