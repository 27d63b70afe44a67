"""One clock for all open sockets: it says when to look without being rung for, and who has gone silent.

Timers of its own, renewed at every heartbeat, would be a good part of what an idle socket costs.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

# Of a heartbeat, and in seconds: how exactly the times are kept.
TICKS_PER_HEARTBEAT, LONGEST_TICK = 10, 1.0


class Ticking(Protocol):
    """What the clock ticks for."""

    def tick(self, now: float) -> None:
        """Begin what is due at this moment of the loop's clock; it must neither wait nor fail."""


class Pulse:
    """Ticks while there is somebody to tick for."""

    def __init__(self, heartbeat_seconds: float) -> None:
        self._every = min(LONGEST_TICK, heartbeat_seconds / TICKS_PER_HEARTBEAT)
        self._connections: set[Ticking] = set()
        self._beating: asyncio.Task[None] | None = None

    def add(self, connection: Ticking) -> None:
        self._connections.add(connection)
        if self._beating is None or self._beating.done():
            self._beating = asyncio.create_task(self._beat())

    def discard(self, connection: Ticking) -> None:
        self._connections.discard(connection)

    def close(self) -> None:
        if self._beating is not None:
            self._beating.cancel()

    async def _beat(self) -> None:
        clock = asyncio.get_running_loop().time
        while self._connections:
            await asyncio.sleep(self._every)
            for connection in tuple(self._connections):
                connection.tick(clock())
