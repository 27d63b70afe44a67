"""Plain mode: what the desk can do without its assistant: search the articles, take a message."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from bot.assistant.port import TurnRequest
from knowledge.answers import Answer, Find, answer_of, compose_answer
from knowledge.questions.logic import Asked, read_slug
from knowledge.search.findings import Hit
from notices.texts.catalogue import say
from ticketing.conversations.logic import Button, Reply, Source
from ticketing.tickets.operations import Opened

OpenTicket = Callable[[str], Awaitable[Opened]]
"""Opens the ticket of a turn in flight, given its id."""

OPEN_TICKET_PAYLOADS = ("/open_ticket", "/ask_human", "/affirm", "/not_solved")
CHOOSE_PAYLOAD = "/choose_article"


class PlainAssistant:
    """An `Assistant` that understands nothing and still helps, in the catalogue's and the articles' words."""

    def __init__(
        self,
        find: Find,
        open_ticket: OpenTicket,
        opening: Callable[[str, str], Hit | None],
        *,
        is_fallback: bool = True,
    ) -> None:
        self._find, self._open_ticket, self._opening = find, open_ticket, opening
        self._is_fallback = is_fallback

    async def reply(self, request: TurnRequest, *, seconds: float) -> tuple[Reply, ...]:
        """See `Assistant.reply`."""
        payload = request.payload
        if payload is None:
            answer = await self._search(request)
        elif payload.startswith(OPEN_TICKET_PAYLOADS):
            return (await self._take_message(request),)
        elif payload == "/solved":
            answer = _from_catalogue("utter_glad", request.language)
        else:
            answer = self._chosen(payload, request.language) or _from_catalogue(
                "utter_help", request.language
            )
        if not self._is_fallback:
            return (answer,)
        return (_from_catalogue("notice_plain_mode", request.language), answer)

    async def _search(self, request: TurnRequest) -> Reply:
        findings = await self._find(request.text, request.language)
        answer = compose_answer(findings)
        shown = tuple(source.slug for source in answer.sources)
        return _answered(answer, request.language, Asked.of(findings, shown=shown).as_json())

    def _chosen(self, payload: str, language: str) -> Reply | None:
        if not payload.startswith(CHOOSE_PAYLOAD):
            return None
        try:
            slug = read_slug(json.loads(payload.removeprefix(CHOOSE_PAYLOAD))["choice"])
        except (ValueError, KeyError, TypeError):
            return None
        hit = self._opening(slug, language) if slug else None
        return _answered(answer_of(hit), language, None) if hit is not None else None

    async def _take_message(self, request: TurnRequest) -> Reply:
        opened = await self._open_ticket(request.turn_id)
        key = "utter_ticket_opened" if opened.email else "utter_ticket_opened_anonymous"
        reply = _from_catalogue(key, request.language, ticket=opened.number, email=opened.email or "")
        return Reply(reply.text, reply.buttons, ticket=opened.number, says=key)


def _answered(answer: Answer, language: str, question: dict[str, Any] | None) -> Reply:
    reply = _from_catalogue(answer.text_key, language, **answer.values)
    choices = tuple(
        Button(choice.title, f"{CHOOSE_PAYLOAD}{json.dumps({'choice': choice.slug})}")
        for choice in answer.choices
    )
    return Reply(
        reply.text,
        (*reply.buttons, *choices),
        tuple(Source(source.title, source.url, source.slug) for source in answer.sources),
        says=answer.text_key,
        question=question,
    )


def _from_catalogue(key: str, language: str, **values: str) -> Reply:
    text = say(key, language, **values)
    return Reply(text.text, tuple(Button(title, payload) for title, payload in text.buttons), says=key)
