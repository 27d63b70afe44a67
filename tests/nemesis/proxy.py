"""A proxy between two of the product's processes, in which snares wait for the next call that fits."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

FORWARD_SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    """What the other side said."""

    status: int
    body: bytes
    content_type: str = "application/json"


class Gone(Exception):
    """The other side did not answer, or the snare wants the caller to believe so."""


@dataclass
class Exchange:
    """One call on its way."""

    body: dict[str, Any]
    request: web.Request
    _forward: Callable[[], Awaitable[Answer]]
    is_unanswered: bool = False

    async def forward(self) -> Answer:
        """Pass the call on.

        Raises:
            Gone: no answer came.
        """
        try:
            return await self._forward()
        except Gone:
            self.is_unanswered = True
            raise

    async def write(self, answer: Answer) -> web.StreamResponse:
        """Answer the caller, to the last byte."""
        response = web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)
        await response.prepare(self.request)
        await response.write_eof()
        return response


Act = Callable[[Exchange], Awaitable[Answer | web.StreamResponse]]
Fits = Callable[[dict[str, Any]], bool]


@dataclass
class Snare:
    """Takes the next `times` calls that fit."""

    act: Act
    fits: Fits = lambda body: True
    times: int = 1
    # The other side was away by itself: what was meant to happen to its answer did not happen.
    is_spoiled: bool = False
    sprung: asyncio.Event = field(default_factory=asyncio.Event)
    done: asyncio.Event = field(default_factory=asyncio.Event)


class FaultProxy:
    """Passes every call on, except those that a snare takes."""

    def __init__(self, name: str, target: str) -> None:
        self.name, self._target = name, target
        self.seen: Counter[str] = Counter()
        self.is_cut = False
        self._snares: list[Snare] = []
        self._watchers: list[Callable[[dict[str, Any], Answer], None]] = []
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    async def start(self, port: int) -> None:
        """Listen on loopback."""
        application = web.Application(client_max_size=64 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._session = aiohttp.ClientSession(
            # A connection of a dead process must not be used again.
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            timeout=aiohttp.ClientTimeout(total=FORWARD_SECONDS),
        )
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()

    async def stop(self) -> None:
        """Let go of everything."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    def watch(self, look: Callable[[dict[str, Any], Answer], None]) -> None:
        """Show every answer that comes through, with its call."""
        self._watchers.append(look)

    def set(self, snare: Snare) -> Snare:
        """Lay a snare."""
        self._snares.append(snare)
        return snare

    def lift(self, snare: Snare) -> None:
        """Take a snare away, sprung or not."""
        if snare in self._snares:
            self._snares.remove(snare)

    def heal(self) -> None:
        """Pass everything on from now on."""
        self.is_cut = False
        self._snares.clear()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        if self.is_cut:
            return _hang_up(request)
        body = json.loads(raw) if raw else {}
        exchange = Exchange(body, request, lambda: self._forward(request, body, raw))
        snare = self._take(body) if request.method == "POST" else None
        try:
            result = await (snare.act(exchange) if snare else exchange.forward())
            return result if isinstance(result, web.StreamResponse) else await exchange.write(result)
        except (Gone, ConnectionError):
            return _hang_up(request)
        finally:
            if snare:
                snare.is_spoiled = exchange.is_unanswered
                self.seen["tampered with"] += not exchange.is_unanswered
                snare.done.set()

    def _take(self, body: dict[str, Any]) -> Snare | None:
        for snare in self._snares:
            if snare.fits(body):
                snare.times -= 1
                if snare.times <= 0:
                    self._snares.remove(snare)
                snare.sprung.set()
                return snare
        return None

    async def _forward(self, request: web.Request, body: dict[str, Any], raw: bytes) -> Answer:
        assert self._session is not None
        headers = {
            "X-Guichet-Secret": request.headers.get("X-Guichet-Secret", ""),
            "Content-Type": "application/json",
        }
        try:
            async with self._session.request(
                request.method, self._target + request.path, data=raw or None, headers=headers
            ) as response:
                answer = Answer(response.status, await response.read(), response.content_type)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Gone from error
        if request.method == "POST":
            self.seen[f"status {answer.status}"] += 1
            for look in self._watchers:
                look(body, answer)
        return answer


def _hang_up(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
