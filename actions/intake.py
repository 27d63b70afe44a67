"""The form: what is asked before something is put on file, one question at a time."""

from __future__ import annotations

from dataclasses import replace

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answering import look_up, sources_of, tell
from actions.asking import ask
from actions.base import DeskAction
from actions.beginning import FORM, begin
from actions.filing import finish
from actions.hearing import is_believed
from actions.language import change_language
from actions.speech import DRAFT, ENDING, LANGUAGE, utter
from actions.telling import tell_status
from knowledge.answers import compose_answer
from knowledge.search.findings import Band, Findings
from ticketing.intake.answers import Aside, Ending, Said, Taken, missed, take
from ticketing.intake.errors import DraftUnreadable
from ticketing.intake.logic import (
    Draft,
    Field,
    Purpose,
    asking,
    misunderstood,
    next_field,
    read_draft,
    with_more,
)
from ticketing.intake.reading import is_question, says, told_impact
from ticketing.tickets.errors import TicketNotFound
from ticketing.tickets.priority import Impact
from ticketing.tickets.queries import own_ticket, similar_open_tickets

ANSWER = "answer"
_CERTAIN = 0.9
_TO_BE_HAD = frozenset(
    {"equipment", "software", "phones", "people", "screens", "shared-mailbox", "share-files"}
)
"""Categories and articles of things that people ask for."""

PURPOSES = {"request_item": Purpose.REQUEST, "leave_contact": Purpose.CONTACT}


class ActionStartIntake(DeskAction):
    """Begins the form, with what was said already filled in; when in doubt the articles are asked instead."""

    called = "action_start_intake"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said) -> list[EventType]:
        services, turn = self.services, self.services.turn()
        # An "outage" that nobody else has may be a question that an article answers.
        is_alone = said.intent == "report_outage" and told_impact(turn.text) in (None, Impact.LOW)
        is_item = said.intent == "request_item" and said.confidence < _CERTAIN
        is_clear = said.is_button or says("ticket_wish", turn.text) or says("message_wish", turn.text)
        if not is_clear and (is_alone or is_item or not is_believed(said)):
            findings = await look_up(services)
            if _answers_instead(said, findings):
                return tell(dispatcher, tracker, findings, turn.language)
        purpose = PURPOSES.get(said.intent, Purpose.INCIDENT)
        text = None if said.is_button else turn.text
        return await begin(services, dispatcher, purpose, text, is_outage=said.intent == "report_outage")


def _answers_instead(said: Said, findings: Findings) -> bool:
    """Whether an article serves better than a form; what can be had is asked for by the form."""
    if findings.band is Band.ANSWER and told_impact(said.text) in (None, Impact.LOW):
        is_for_having = findings.hits[0].category in _TO_BE_HAD or findings.hits[0].translation in _TO_BE_HAD
        return not (said.intent == "request_item" and is_for_having)
    is_asking = said.intent == "report_outage" and is_question(said.text)
    is_unsure = not is_believed(said) or (is_asking and told_impact(said.text) is None)
    return findings.band is not Band.NOTHING and is_unsure


class ValidateIntakeForm(DeskAction):
    """Takes an answer down, deals with what else was said, and asks the next question."""

    called = f"validate_{FORM}"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said) -> list[EventType]:
        turn = self.services.turn()
        draft = _kept(tracker)
        if draft is None:
            return _ended(Draft(Purpose.INCIDENT), Ending.CANCEL)
        # With nothing asked so far this is the form's beginning: the line has been read already.
        taken = take(draft, said) if draft.asking is not None else Taken(draft)
        if taken.ending is not None:
            return _ended(taken.draft, taken.ending)
        language, draft, is_again = await self._see_to(dispatcher, taken, said)
        draft = await self._checked(dispatcher, draft, language)
        draft = asking(await self._with_similar(draft))
        if draft.asking is None:
            return _ended(draft, Ending.SUBMIT)
        ask(dispatcher, draft, language, turn.person, is_again=is_again)
        return [SlotSet(ANSWER, None), SlotSet(DRAFT, draft.as_json()), SlotSet(LANGUAGE, language)]

    async def _see_to(
        self, dispatcher: CollectingDispatcher, taken: Taken, said: Said
    ) -> tuple[str, Draft, bool]:
        """What was said beside the point gets its answer; the form goes on behind it."""
        language, draft = self.services.turn().language, taken.draft
        if taken.aside is Aside.LANGUAGE:
            language, key = await change_language(self.services)
            utter(dispatcher, key, language)
        elif taken.aside in (Aside.QUESTION, Aside.PERHAPS):
            return language, *await self._answer_question(dispatcher, taken, said)
        elif taken.aside is Aside.STATUS:
            await tell_status(self.services, dispatcher)
        elif taken.aside is Aside.HELP:
            utter(dispatcher, "utter_form_help", language)
        elif taken.aside is Aside.MACHINE:
            utter(dispatcher, "utter_bot", language)
        elif taken.aside is Aside.WITHOUT:
            utter(dispatcher, "utter_go_on_without", language)
        return language, draft, taken.aside is Aside.FAILED

    async def _answer_question(
        self, dispatcher: CollectingDispatcher, taken: Taken, said: Said
    ) -> tuple[Draft, bool]:
        """What the articles say, in between; what they do not know is noted, or was no question at all."""
        language = self.services.turn().language
        findings: Findings = await self.services.find(said.text, language)
        if findings.band is Band.ANSWER:
            answer = compose_answer(findings)
            carried = {"sources": sources_of(answer)}
            utter(dispatcher, "utter_form_answer", language, carried=carried, filled=answer.values)
            return taken.draft, False
        if taken.aside is Aside.QUESTION:
            utter(dispatcher, "utter_form_no_answer", language)
            return with_more(taken.draft, said.text), False
        failed = missed(taken.draft)
        if failed.aside is Aside.WITHOUT:
            utter(dispatcher, "utter_go_on_without", language)
        return failed.draft, failed.aside is Aside.FAILED

    async def _checked(self, dispatcher: CollectingDispatcher, draft: Draft, language: str) -> Draft:
        """A number that was just given must be that of a ticket of theirs."""
        if draft.purpose is not Purpose.COMMENT or draft.asking is not Field.TICKET or not draft.ticket:
            return draft
        try:
            ticket = await self.services.database.aread(
                own_ticket, self.services.turn().person.id, draft.ticket
            )
        except TicketNotFound:
            utter(dispatcher, "utter_ticket_not_found", language, ticket=draft.ticket.upper()[:20])
            unsettled = replace(draft, ticket=None, settled=draft.settled - {Field.TICKET})
            return misunderstood(unsettled)
        return replace(draft, ticket=ticket.number)

    async def _with_similar(self, draft: Draft) -> Draft:
        """Before asking whether it is about an open ticket: only if one looks like it."""
        if next_field(draft) is not Field.SIMILAR or draft.similar:
            return draft
        turn = self.services.turn()
        found = await self.services.database.aread(
            similar_open_tickets, turn.person.id, draft.what or "", language=turn.language
        )
        if not found:
            return draft.with_settled(Field.SIMILAR)
        summaries = {ticket.number: ticket.summary for ticket in found}
        return replace(draft, similar=tuple(summaries), similar_summaries=tuple(summaries.values()))


class ActionFinishIntake(DeskAction):
    """Puts on file what was gathered, or says what happens instead."""

    called = "action_finish_intake"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said) -> list[EventType]:
        draft = _kept(tracker)
        ending = Ending(tracker.get_slot(ENDING) or Ending.CANCEL)
        events = await finish(self.services, dispatcher, draft or Draft(Purpose.INCIDENT), ending)
        # What comes of it may be an offer with a draft of its own.
        return [SlotSet(DRAFT, None), SlotSet(ENDING, None), SlotSet(ANSWER, None), *events]


def _kept(tracker: Tracker) -> Draft | None:
    try:
        return read_draft(tracker.get_slot(DRAFT))
    except DraftUnreadable:
        return None


def _ended(draft: Draft, ending: Ending) -> list[EventType]:
    return [
        SlotSet(ANSWER, None),
        SlotSet(DRAFT, draft.as_json()),
        SlotSet(ENDING, ending.value),
        SlotSet("requested_slot", None),
    ]
