"""One's own tickets: where they stand, and adding to them."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.adding import add_comment
from actions.answering import look_up, tell
from actions.base import DeskAction
from actions.beginning import FORM
from actions.hearing import is_believed
from actions.second_look import second_look
from actions.services import Services
from actions.speech import DRAFT, expecting, utter
from actions.telling import number_as_typed, tell_status
from ticketing.intake.answers import Said
from ticketing.intake.logic import Draft, Field, Purpose
from ticketing.intake.reading import comment_in, says
from ticketing.tickets.errors import TicketNotFound
from ticketing.tickets.numbers import parse_number
from ticketing.tickets.queries import OwnTicket, own_ticket, own_tickets


class ActionTicketStatus(DeskAction):
    """Says where the person's tickets stand: the one named, or those that are open."""

    called = "action_ticket_status"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said) -> list[EventType]:
        if (events := await second_look(self.services, dispatcher, tracker, said)) is not None:
            return events
        is_about_one = is_believed(said) and (said.is_button or says("ticket_talk", said.text))
        if not is_about_one and parse_number(said.text) is None:
            return tell(dispatcher, tracker, await look_up(self.services), self.services.turn().language)
        return await tell_status(self.services, dispatcher)


class ActionAddToTicket(DeskAction):
    """Adds what the person says to a ticket of theirs, after asking for what is missing."""

    called = "action_add_to_ticket"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said) -> list[EventType]:
        services, turn = self.services, self.services.turn()
        if (events := await second_look(services, dispatcher, tracker, said)) is not None:
            return events
        if not is_believed(said):
            return tell(dispatcher, tracker, await look_up(services), turn.language)
        ticket = await _meant(services, turn.text)
        if ticket is None:
            return await self._ask_which(dispatcher)
        if isinstance(ticket, str):
            utter(dispatcher, "utter_ticket_not_found", turn.language, ticket=ticket)
            return expecting()
        draft = Draft(Purpose.COMMENT, ticket=ticket.number, comment=comment_in(turn.text))
        if draft.comment:
            return await add_comment(services, dispatcher, draft, turn.language)
        draft = draft.with_settled(Field.TICKET, Field.NAME, Field.ADDRESS)
        return [*expecting(), SlotSet(DRAFT, draft.as_json()), FollowupAction(FORM)]

    async def _ask_which(self, dispatcher: CollectingDispatcher) -> list[EventType]:
        services, turn = self.services, self.services.turn()
        open_ones = await services.database.aread(own_tickets, turn.person.id, language=turn.language)
        if not open_ones:
            utter(dispatcher, "utter_no_tickets", turn.language)
            return expecting("ticket")
        draft = Draft(Purpose.COMMENT, comment=comment_in(turn.text)).with_settled(Field.NAME, Field.ADDRESS)
        if draft.comment:
            draft = draft.with_settled(Field.COMMENT)
        return [*expecting(), SlotSet(DRAFT, draft.as_json()), FollowupAction(FORM)]


async def _meant(services: Services, text: str) -> OwnTicket | str | None:
    """The ticket named, or the only open one; the name as it was typed if there is none of that number."""
    turn = services.turn()
    if parse_number(text) is not None:
        try:
            return await services.database.aread(own_ticket, turn.person.id, text, language=turn.language)
        except TicketNotFound:
            return number_as_typed(text)
    open_ones = await services.database.aread(own_tickets, turn.person.id, language=turn.language)
    return open_ones[0] if len(open_ones) == 1 else None
