"""The loopback listener by which Rasa runs the desk's actions, in the desk's own process.

It honours a call only with the secret and only for the turn in flight, and its errors are fixed words: an
error never carries anything of the body back (TRUST RA-5).
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Sequence
from typing import Any

from aiohttp import web
from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionNotFoundException

from actions.services import CURRENT_TURN
from actions.turns import TurnInFlight, TurnsInFlight
from storage.faults import places_of

log = logging.getLogger(__name__)

# Rasa posts the tracker with every call; its session is bounded, and so is this.
MAX_BODY_BYTES = 4 * 1024 * 1024


def build_listener(
    actions: Sequence[Action], turns: TurnsInFlight, *, secret: str, seconds: float
) -> web.Application:
    """The application for `POST /webhook`, and nothing else.

    Args:
        seconds: how long an action may take.
    """
    listener = _Listener(actions, turns, secret, seconds)
    application = web.Application(client_max_size=MAX_BODY_BYTES)
    application.router.add_post("/webhook", listener.handle)
    return application


class _Listener:
    def __init__(self, actions: Sequence[Action], turns: TurnsInFlight, secret: str, seconds: float) -> None:
        self._turns, self._secret, self._seconds = turns, secret.encode(), seconds
        self._executor = ActionExecutor()
        for action in actions:
            self._executor.register_action(action)

    async def handle(self, request: web.Request) -> web.Response:
        given = request.headers.get("X-Guichet-Secret", "").encode(errors="surrogateescape")
        if not hmac.compare_digest(given, self._secret):
            return _error(401, "unauthorised")
        try:
            call = json.loads(await request.read())
            # Our Rasa does not post its domain, no action reads it, and the executor insists on one.
            call["domain"] = {}
            turn = self._turn_of(call)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return _error(400, "bad_call")
        if turn is None:
            return _error(409, "not_in_flight")
        return await self._run(call, turn)

    def _turn_of(self, call: dict[str, Any]) -> TurnInFlight | None:
        metadata = call["tracker"]["latest_message"]["metadata"]
        return self._turns.find(metadata["turn_id"], call["sender_id"])

    async def _run(self, call: dict[str, Any], turn: TurnInFlight) -> web.Response:
        CURRENT_TURN.set(turn)
        try:
            async with asyncio.timeout(self._seconds):
                result = await self._executor.run(call)
        except TimeoutError:
            log.warning("action_too_slow", extra={"turn": turn.turn_id})
            return _error(504, "too_slow")
        except ActionNotFoundException:
            return _error(404, "no_such_action")
        except Exception as error:  # noqa: BLE001 - whatever an action raises, Rasa gets a fixed error
            # The type alone: the text of an exception may quote what the person wrote.
            where = {"error": type(error).__name__, "at": places_of(error)}
            log.warning("action_failed", extra={"turn": turn.turn_id, **where})
            return _error(500, "action_failed")
        if result is None:
            return _error(400, "bad_call")
        return web.json_response(result.model_dump())


def _error(status: int, code: str) -> web.Response:
    return web.json_response({"error": code}, status=status)
