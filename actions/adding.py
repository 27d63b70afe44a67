"""Adds what a person says to a ticket of theirs, and says what came of it."""

from __future__ import annotations

from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.beginning import instead_of
from actions.services import Services
from actions.speech import DRAFT, NEW_TICKET, expecting, utter
from actions.telling import number_as_typed
from notices.texts.catalogue import say
from ticketing.intake.logic import Draft
from ticketing.intake.operations import comment
from ticketing.tickets.errors import ReplyNotAllowed, TicketNotFound


async def add_comment(
    services: Services, dispatcher: CollectingDispatcher, draft: Draft, language: str
) -> list[EventType]:
    """Put a comment on the person's own ticket and tell the team; a finished ticket is open again with it."""
    turn = services.turn()
    try:
        added = await services.database.awrite(
            comment,
            turn.turn_id,
            turn.person.id,
            draft,
            team=services.team,
            now=services.now(),
            window=services.reopen_window,
        )
    except TicketNotFound:
        utter(dispatcher, "utter_ticket_not_found", language, ticket=number_as_typed(draft.ticket or ""))
        return expecting()
    except ReplyNotAllowed as refused:
        return _offer_another(services, dispatcher, refused, draft.comment or "", language)
    key = "utter_ticket_reopened" if added.is_reopened else "utter_comment_added"
    utter(dispatcher, key, language, carried={"ticket": added.number}, ticket=added.number)
    return expecting()


def _offer_another(
    services: Services, dispatcher: CollectingDispatcher, refused: ReplyNotAllowed, words: str, language: str
) -> list[EventType]:
    """Nobody would read it there: a yes puts the same words on file as something new."""
    status = say(f"ticket_status_{refused.status.value}", language).text
    utter(dispatcher, "utter_ticket_over", language, ticket=refused.number, status=status)
    offered = instead_of(refused.number, words, services.turn().person)
    return [*expecting(NEW_TICKET), SlotSet(DRAFT, offered.as_json())]
