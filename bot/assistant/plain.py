"""Plain mode: what the desk can do without its assistant: search the articles, take a message."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.assistant.port import TurnRequest
from knowledge.answers import Find, compose_answer
from notices.texts.catalogue import say
from ticketing.conversations.logic import Button, Reply, Source
from ticketing.tickets.operations import Opened

OpenTicket = Callable[[str], Awaitable[Opened]]
"""Opens the ticket of a turn in flight, given its id."""

OPEN_TICKET_PAYLOAD = "/open_ticket"


class PlainAssistant:
    """An `Assistant` that understands nothing and still helps, in the catalogue's and the articles' words."""

    def __init__(self, find: Find, open_ticket: OpenTicket, *, is_fallback: bool = True) -> None:
        self._find, self._open_ticket, self._is_fallback = find, open_ticket, is_fallback

    async def reply(self, request: TurnRequest, *, seconds: float) -> tuple[Reply, ...]:
        """See `Assistant.reply`."""
        if request.payload is None:
            answer = await self._search(request)
        elif request.payload.startswith(OPEN_TICKET_PAYLOAD):
            return (await self._take_message(request),)
        else:
            answer = _from_catalogue("utter_help", request.language)
        if not self._is_fallback:
            return (answer,)
        return (_from_catalogue("notice_plain_mode", request.language), answer)

    async def _search(self, request: TurnRequest) -> Reply:
        answer = compose_answer(await self._find(request.text, request.language))
        reply = _from_catalogue(answer.text_key, request.language, **answer.values)
        sources = tuple(Source(source.title, source.url, source.slug) for source in answer.sources)
        return Reply(reply.text, reply.buttons, sources)

    async def _take_message(self, request: TurnRequest) -> Reply:
        opened = await self._open_ticket(request.turn_id)
        key = "utter_ticket_opened" if opened.email else "utter_ticket_opened_anonymous"
        reply = _from_catalogue(key, request.language, ticket=opened.number, email=opened.email or "")
        return Reply(reply.text, reply.buttons, ticket=opened.number)


def _from_catalogue(key: str, language: str, **values: str) -> Reply:
    text = say(key, language, **values)
    return Reply(text.text, tuple(Button(title, payload) for title, payload in text.buttons))
