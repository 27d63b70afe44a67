"""Doorbells: "look again" for whoever watches a conversation. They carry nothing and may be lost."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Callable
from typing import Protocol

import redis.asyncio as redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

CHANNEL = "guichet:doorbell"
TURN_WAITING = "*turn*"
_RECONNECT_SECONDS = 1.0


class Bell:
    """One viewer's bell: waited for by one, or calling at every ring. Light: every open socket has one."""

    __slots__ = ("_has_rung", "_typed_by", "_waiter", "_when_rung")

    def __init__(self) -> None:
        self._has_rung = False
        self._typed_by: str | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._when_rung: Callable[[], None] | None = None

    def ring(self, typed_by: str | None = None) -> None:
        self._typed_by = typed_by or self._typed_by
        if self._when_rung is not None:
            self._when_rung()
            return
        self._has_rung = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def call(self, when_rung: Callable[[], None]) -> None:
        self._when_rung = when_rung

    async def wait(self, seconds: float) -> bool:
        if not self._has_rung:
            self._waiter = asyncio.get_running_loop().create_future()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._waiter
            self._waiter = None
        has_rung, self._has_rung = self._has_rung, False
        return has_rung

    def typed_by(self) -> str | None:
        author, self._typed_by = self._typed_by, None
        return author


class Doorbells(Protocol):
    """Rings across whatever the desk runs on."""

    def listen(self, name: str) -> Bell: ...

    def stop_listening(self, name: str, bell: Bell) -> None: ...

    def ring(self, name: str) -> None: ...

    def ring_locally(self, name: str, *, typed_by: str | None = None, except_for: object = None) -> None: ...

    def listened(self) -> frozenset[str]: ...

    async def close(self) -> None: ...


class LocalDoorbells:
    """Within one process: all that a desk on one machine needs."""

    def __init__(self) -> None:
        self._bells: defaultdict[str, set[Bell]] = defaultdict(set)

    def listen(self, name: str) -> Bell:
        bell = Bell()
        self._bells[name].add(bell)
        return bell

    def stop_listening(self, name: str, bell: Bell) -> None:
        self._bells[name].discard(bell)
        if not self._bells[name]:
            del self._bells[name]

    def ring(self, name: str) -> None:
        self.ring_locally(name)

    def ring_locally(self, name: str, *, typed_by: str | None = None, except_for: object = None) -> None:
        for bell in tuple(self._bells.get(name, ())):
            if bell is not except_for:
                bell.ring(typed_by)

    def listened(self) -> frozenset[str]:
        return frozenset(self._bells)

    async def close(self) -> None:
        """Nothing to let go of."""


class RedisDoorbells(LocalDoorbells):
    """The same, heard by every desk process. Redis is a hint: without it viewers look every two seconds."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._redis = redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
        self._outgoing: asyncio.Queue[str] = asyncio.Queue(maxsize=1_000)
        self._tasks = [asyncio.create_task(self._publish()), asyncio.create_task(self._hear())]

    def ring(self, name: str) -> None:
        self.ring_locally(name)
        # A full queue means that Redis is away: the ring is lost, which is allowed.
        with contextlib.suppress(asyncio.QueueFull):
            self._outgoing.put_nowait(name)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._redis.aclose()

    async def _publish(self) -> None:
        while True:
            name = await self._outgoing.get()
            with contextlib.suppress(RedisError, OSError):
                await self._redis.publish(CHANNEL, name)

    async def _hear(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as heard:
                    await heard.subscribe(CHANNEL)
                    while True:
                        message = await heard.get_message(ignore_subscribe_messages=True, timeout=1.0)
                        if message is not None:
                            self.ring_locally(message["data"].decode(errors="replace"))
            except (RedisError, OSError) as error:
                log.warning("doorbells_lost", extra={"error": type(error).__name__})
                await asyncio.sleep(_RECONNECT_SECONDS)


def open_doorbells(redis_url: str) -> Doorbells:
    """Doorbells for this deployment: Redis when it is configured."""
    make: Callable[[], LocalDoorbells] = (lambda: RedisDoorbells(redis_url)) if redis_url else LocalDoorbells
    return make()
