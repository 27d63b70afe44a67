"""An action server that behaves as badly as a test asks it to, sender by sender."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

ACTIONS_SECRET = "actions-" + "a" * 40
SAYS = {"events": [], "responses": [{"text": "An answer.", "custom": {"sources": ["vpn"]}}]}

Behaviour = Callable[[dict[str, Any]], Awaitable[web.StreamResponse]]


@dataclass
class Call:
    """One action call as it arrived."""

    sender: str
    action: str
    body: dict[str, Any]
    secret: str | None


@dataclass
class FakeActions:
    """Answers on a thread of its own; `behave` sets what the next calls of a sender meet."""

    port: int
    calls: list[Call] = field(default_factory=list)
    _behaviours: dict[str, Behaviour] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _started: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhook"

    def behave(self, sender: str, behaviour: Behaviour | None) -> None:
        if behaviour is None:
            self._behaviours.pop(sender, None)
        else:
            self._behaviours[sender] = behaviour

    def calls_of(self, sender: str) -> list[Call]:
        return [call for call in self.calls if call.sender == sender]

    def start(self) -> None:
        threading.Thread(target=self._serve, daemon=True).start()
        assert self._started.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application(client_max_size=1 << 24)
        app.router.add_post("/webhook", self._answer)
        runner = web.AppRunner(app)
        self._loop.run_until_complete(runner.setup())
        self._loop.run_until_complete(web.TCPSite(runner, "127.0.0.1", self.port).start())
        self._started.set()
        self._loop.run_forever()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        sender, action = body["sender_id"], body["next_action"]
        self.calls.append(Call(sender, action, body, request.headers.get("X-Guichet-Secret")))
        if sender in self._behaviours:
            return await self._behaviours[sender](body)
        if action == "action_silent" or action.startswith("validate_"):
            return web.json_response({"events": [], "responses": []})
        if action == "action_unfinished":
            again = [{"event": "followup", "name": "action_unfinished"}]
            return web.json_response({"events": again, "responses": [{"text": "More."}]})
        return web.json_response(SAYS)


def answering(body: Any, status: int = 200) -> Behaviour:
    """Answers this JSON."""

    async def behaviour(_: dict[str, Any]) -> web.StreamResponse:
        return web.json_response(body, status=status)

    return behaviour


def html(status: int = 200) -> Behaviour:
    """Answers a page, as a proxy does."""

    async def behaviour(_: dict[str, Any]) -> web.StreamResponse:
        return web.Response(text="<html>oops</html>", content_type="text/html", status=status)

    return behaviour


def echoing(status: int) -> Behaviour:
    """Answers an error that quotes the request, as rasa-sdk's own handler does."""

    async def behaviour(body: dict[str, Any]) -> web.StreamResponse:
        return web.json_response({"error": str(body)}, status=status)

    return behaviour


def hanging(seconds: float) -> Behaviour:
    """Answers well, after a while."""

    async def behaviour(_: dict[str, Any]) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return web.json_response(SAYS)

    return behaviour
