"""Tells people of their own tickets."""

from __future__ import annotations

import re

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.services import Services
from actions.speech import expecting, utter
from notices.texts.catalogue import say
from notices.texts.dates import day_in_words
from ticketing.tickets.errors import TicketNotFound
from ticketing.tickets.logic import Status
from ticketing.tickets.numbers import parse_number
from ticketing.tickets.queries import OwnTicket, own_ticket, own_tickets

_NUMBER = re.compile(r"\b(?:inc|req)[-\s]?0*\d+\b", re.IGNORECASE)
_LONGEST_SHOWN = 300


def names_a_ticket(text: str) -> bool:
    """Whether a short line is about a ticket by its number, whatever else was understood."""
    return _NUMBER.search(text) is not None and len(text.split()) <= 8


async def tell_status(services: Services, dispatcher: CollectingDispatcher) -> list[EventType]:
    """The ticket named in the turn, or the person's open tickets."""
    turn = services.turn()
    if parse_number(turn.text) is None:
        return await _tell_open_ones(services, dispatcher)
    try:
        ticket = await services.database.aread(own_ticket, turn.person.id, turn.text, language=turn.language)
    except TicketNotFound:
        utter(dispatcher, "utter_ticket_not_found", turn.language, ticket=number_as_typed(turn.text))
        return expecting()
    _tell_one(dispatcher, ticket, turn.language)
    return expecting()


async def _tell_open_ones(services: Services, dispatcher: CollectingDispatcher) -> list[EventType]:
    turn = services.turn()
    tickets = await services.database.aread(own_tickets, turn.person.id, language=turn.language)
    if not tickets:
        utter(dispatcher, "utter_no_tickets", turn.language, buttons=_opening_one(turn.language))
        return expecting("ticket")
    if len(tickets) == 1:
        _tell_one(dispatcher, tickets[0], turn.language)
        return expecting()
    utter(dispatcher, "utter_ticket_list", turn.language, tickets=lines_of(tickets, turn.language))
    return expecting()


def _opening_one(language: str) -> list[tuple[str, str]]:
    return [(say("open_a_ticket", language).text, "/open_ticket")]


def lines_of(tickets: tuple[OwnTicket, ...], language: str) -> str:
    """A line a ticket."""
    return "\n".join(
        say(
            "ticket_list_line",
            language,
            ticket=ticket.number,
            summary=ticket.summary,
            status=status_in_words(ticket, language),
        ).text
        for ticket in tickets
    )


def _tell_one(dispatcher: CollectingDispatcher, ticket: OwnTicket, language: str) -> None:
    utter(
        dispatcher,
        "utter_ticket_status",
        language,
        carried={"ticket": ticket.number},
        ticket=ticket.number,
        summary=ticket.summary,
        status=status_in_words(ticket, language),
        priority=say(f"ticket_priority_{ticket.priority.value}", language).text,
        group=ticket.group,
        opened=day_in_words(ticket.opened_at, ticket.zone, language),
        changed=day_in_words(ticket.changed_at, ticket.zone, language),
    )
    reply = ticket.last_reply
    if reply is not None and not reply.is_mine:
        utter(
            dispatcher,
            "utter_ticket_last_reply",
            language,
            text=reply.text[:_LONGEST_SHOWN],
            date=day_in_words(reply.at, ticket.zone, language),
        )


def status_in_words(ticket: OwnTicket, language: str) -> str:
    """Where it stands, and of one on hold for what it waits."""
    if ticket.status is Status.ON_HOLD and ticket.hold_reason is not None:
        return say(f"ticket_hold_{ticket.hold_reason.value}", language).text
    return say(f"ticket_status_{ticket.status.value}", language).text


def number_as_typed(text: str) -> str:
    """The number a person wrote, for saying that there is none of it: never whether it is somebody else's."""
    found = re.search(r"(?:\b(?:inc|req)[-\s]?)?#?\d{1,12}", text, re.IGNORECASE)
    return found[0].strip().upper() if found else "?"
