"""The one way into Rasa: a turn comes in by HTTP with a secret, its replies go out in the same answer.

    POST /webhooks/desk/webhook   {"turn_id", "sender", "text", "language"}  → 200 | 400 | 401 | 413 | 502
    GET  /webhooks/desk/health                                               → 200 | 401

A turn that fails in any way answers 502 and leaves no trace, so the gateway may send it again; a turn that
was stored answers its stored replies. The turn runs to its end even if the gateway has hung up.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.rasa_extensions.action_endpoint import SECRET_HEADER
from bot.rasa_extensions.turns import CHANNEL, LANGUAGE, Answer, Turn, TurnFailed, answer
from bot.rasa_extensions.versions import RASA

BODY_BYTES = 64 * 1024
# A person may write 4,000 characters; the gateway may have joined a few such messages into one turn.
TEXT_CHARACTERS = 20_000
ID_CHARACTERS = 200

# A button's payload: an intent, perhaps with entities. No confidence, no spaces before it.
PAYLOAD = re.compile(r"/([A-Za-z][A-Za-z0-9_]*)(\{.*\})?", re.DOTALL)
# Rasa acts on these whatever the rules say: they would undo or restart a conversation.
RESERVED = frozenset({"restart", "back", "session_start", "nlu_fallback"})

log = logging.getLogger("guichet.rasa.channel")


class BadTurn(ValueError):
    """The body is not a turn; what is wrong with it is not told, it may hold somebody's words."""


class DeskInput(InputChannel):  # type: ignore[misc]
    """Serves the gateway; needs an agent whose store and locks are ours."""

    def __init__(self, secret: str) -> None:
        if len(secret) < 32:
            raise ValueError("the channel's secret is missing or too short")
        self._secret = secret.encode()
        # A shielded task that nobody refers to may be collected before it is done.
        self._running: set[asyncio.Task[Answer | None]] = set()

    @classmethod
    def name(cls) -> str:
        return CHANNEL

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> DeskInput:
        return cls((credentials or {}).get("secret", ""))

    def blueprint(self, on_new_message: Callable[..., Awaitable[Any]]) -> Blueprint:
        routes = Blueprint("desk_webhook")

        async def webhook(request: Request) -> HTTPResponse:
            if not self._is_known(request):
                return response.json({"error": "unauthorised"}, status=401)
            try:
                turn = read_turn(request.body, request.app.ctx.agent.domain)
            except BadTurn:
                return response.json({"error": "bad_request"}, status=400)
            answered = await self._detached(request.app.ctx.agent, turn)
            if answered is None:
                return response.json({"error": "turn_failed"}, status=502)
            return response.json(
                {
                    "turn_id": turn.turn_id,
                    "sender": turn.sender,
                    "replayed": answered.replayed,
                    "replies": answered.replies,
                }
            )

        async def health(request: Request) -> HTTPResponse:
            if not self._is_known(request):
                return response.json({"error": "unauthorised"}, status=401)
            return response.json({"rasa": RASA, "model_id": request.app.ctx.agent.model_id})

        routes.add_route(webhook, "/webhook", methods=["POST"])
        routes.add_route(health, "/health", methods=["GET"])
        return routes

    async def finish(self, seconds: float) -> None:
        """Lets the turns that are under way end, for so long."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)

    def _is_known(self, request: Request) -> bool:
        given = request.headers.get(SECRET_HEADER, "").encode()
        return hmac.compare_digest(given, self._secret)

    async def _detached(self, agent: Any, turn: Turn) -> Answer | None:
        """None if the turn failed. A client that leaves cancels the waiting, not the turn."""
        task = asyncio.ensure_future(_answer_or_none(agent, turn))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)


async def _answer_or_none(agent: Any, turn: Turn) -> Answer | None:
    try:
        return await answer(agent, turn)
    except TurnFailed as failure:
        log.warning("turn %s failed: %s", turn.turn_id, failure)
        return None


def read_turn(body: bytes, domain: Any) -> Turn:
    """Raises BadTurn on anything that is not exactly a turn."""
    try:
        raw = json.loads(body)
        fields = {name: raw[name] for name in ("turn_id", "sender", "text", "language")}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadTurn from None
    if not all(isinstance(value, str) for value in fields.values()):
        raise BadTurn
    turn = Turn(**{**fields, "text": as_meant(fields["text"], domain)})
    # A lone half of a surrogate pair is no text: the tokenizer would fail on it at every try.
    if any("\ud800" <= character <= "\udfff" for character in turn.text):
        raise BadTurn
    if not (_is_id(turn.turn_id) and _is_id(turn.sender) and 0 < len(turn.text) <= TEXT_CHARACTERS):
        raise BadTurn
    if turn.language not in languages(domain):
        raise BadTurn
    return turn


def _is_id(text: str) -> bool:
    return 0 < len(text) <= ID_CHARACTERS and text.isprintable()


def languages(domain: Any) -> frozenset[str]:
    """The values of the slot that chooses the responses; the two shipped ones if a domain has none."""
    values = next((slot.values for slot in domain.slots if slot.name == LANGUAGE), None)
    return frozenset(value for value in values or ("en", "fr") if value != "__other__")


def as_meant(text: str, domain: Any) -> str:
    """A payload stays one only if it starts with the slash and names an intent of the domain, none reserved.

    Rasa strips a message before it looks for a payload, so "  /restart" would be one: there the slash goes.
    """
    if text.startswith("/"):
        payload = PAYLOAD.fullmatch(text)
        if payload is None or payload[1] in RESERVED or payload[1] not in domain.intents:
            raise BadTurn
        return text
    stripped = text.strip()
    return stripped.lstrip("/ \t\r\n") if stripped.startswith("/") else stripped
