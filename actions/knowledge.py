"""Answering from the knowledge base, and what comes after an answer."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.answering import look_up, tell
from actions.base import DeskAction
from actions.beginning import begin
from actions.following import go_on, show_article, take_solved, was_shown
from actions.second_look import second_look
from actions.speech import AWAITING
from knowledge.questions.logic import read_slug
from knowledge.search.findings import Band
from ticketing.intake.answers import Said, is_solved
from ticketing.intake.logic import Purpose
from ticketing.intake.reading import is_question, says, told_impact
from ticketing.tickets.priority import Impact

SEVERAL = (Impact.HIGH, Impact.MEDIUM)


class ActionAskKnowledge(DeskAction):
    """Says what an article says about the question, asks which was meant, or says that nothing was found."""

    called = "action_ask_knowledge"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said) -> list[EventType]:
        turn = self.services.turn()
        if (events := await second_look(self.services, dispatcher, tracker, said)) is not None:
            return events
        # Several people with one trouble: an outage, whatever an article has for one of them.
        if told_impact(turn.text) in SEVERAL and not is_question(turn.text):
            return await begin(self.services, dispatcher, Purpose.INCIDENT, turn.text, is_outage=True)
        findings = await look_up(self.services)
        if findings.band is not Band.ANSWER and says("report_wish", turn.text):
            return await begin(self.services, dispatcher, Purpose.INCIDENT, turn.text)
        if tracker.get_slot(AWAITING) == "feedback" and await was_shown(self.services, findings):
            # What the person has just read is no answer to its next line.
            return await go_on(self.services, dispatcher, tracker, is_button=True)
        return tell(dispatcher, tracker, findings, turn.language)


class ActionChooseArticle(DeskAction):
    """Shows the article that the person picked from "did you mean"."""

    called = "action_choose_article"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said) -> list[EventType]:
        slug = read_slug(said.choice)
        return await show_article(self.services, dispatcher, slug)


class ActionSolved(DeskAction):
    """Takes note that the answer helped."""

    called = "action_solved"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said) -> list[EventType]:
        services = self.services
        is_denied = any(says(kind, said.text) for kind in ("negated", "not_helped", "works_not"))
        is_told = said.is_button or is_solved(said) or not is_denied
        if is_told:
            return take_solved(dispatcher, services.turn().language)
        # "Ça marche plus" has the words of relief and is none.
        if tracker.get_slot(AWAITING) or says("not_helped", said.text):
            return await go_on(services, dispatcher, tracker, is_button=False)
        return tell(dispatcher, tracker, await look_up(services), services.turn().language)


class ActionNotSolved(DeskAction):
    """Gives the next best article, or offers a ticket or a person."""

    called = "action_not_solved"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said) -> list[EventType]:
        if (events := await second_look(self.services, dispatcher, tracker, said)) is not None:
            return events
        return await go_on(self.services, dispatcher, tracker, is_button=said.is_button)
