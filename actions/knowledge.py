"""Answering from the knowledge base, and what comes after an answer."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.answering import look_up, tell
from actions.base import DeskAction
from actions.beginning import begin
from actions.following import go_on, show_article, take_solved
from actions.second_look import second_look
from knowledge.questions.logic import read_slug
from knowledge.search.findings import Band
from ticketing.intake.answers import Said
from ticketing.intake.logic import Purpose
from ticketing.intake.reading import is_question, told_impact
from ticketing.tickets.priority import Impact

SEVERAL = (Impact.HIGH, Impact.MEDIUM)


class ActionAskKnowledge(DeskAction):
    """Says what an article says about the question, asks which was meant, or says that nothing was found."""

    called = "action_ask_knowledge"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said) -> list[EventType]:
        turn = self.services.turn()
        if (events := await second_look(self.services, dispatcher, tracker, said)) is not None:
            return events
        findings = await look_up(self.services)
        # Several people with one trouble: an outage, unless an article surely helps them.
        is_outage = told_impact(turn.text) in SEVERAL and not is_question(turn.text)
        if is_outage and findings.band is not Band.ANSWER and said.intent == "ask_knowledge":
            return await begin(self.services, dispatcher, Purpose.INCIDENT, turn.text)
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
        return take_solved(dispatcher, self.services.turn().language)


class ActionNotSolved(DeskAction):
    """Gives the next best article, or offers a ticket or a person."""

    called = "action_not_solved"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said) -> list[EventType]:
        return await go_on(self.services, dispatcher, tracker, is_button=said.is_button)
