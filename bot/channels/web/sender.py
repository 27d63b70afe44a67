"""Writing to a socket: one frame at a time, and letting a reader go that does not take them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from bot.channels.web.frames import Frame, write_frame

SEND_SECONDS = 10.0
CLOSE_SECONDS = 2.0
TOO_SLOW = 4000


class SocketGone(Exception):
    """The other side left, or was too slow and was let go."""


class Sender:
    """Writes frames, one at a time, and lets a reader go that does not take them."""

    __slots__ = ("_lock", "_socket", "_transport")

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        self._socket, self._transport, self._lock = socket, transport, asyncio.Lock()

    async def send(self, *frames: Frame) -> None:
        async with self._writing():
            for frame in frames:
                await self._socket.send_str(write_frame(frame))

    async def ping(self) -> None:
        """Ask whether the other side is there."""
        async with self._writing():
            await self._socket.ping()

    async def pong(self, message: bytes) -> None:
        """Say that this side is."""
        async with self._writing():
            await self._socket.pong(message)

    @contextlib.asynccontextmanager
    async def _writing(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(SEND_SECONDS), self._lock:
                yield
        except TimeoutError:
            await self.close(TOO_SLOW)
            raise SocketGone from None
        except (ConnectionError, RuntimeError) as error:
            raise SocketGone from error

    async def refuse(self, frame: Frame, code: int) -> None:
        with contextlib.suppress(SocketGone):
            await self.send(frame)
        await self.close(code)

    async def close(self, code: int) -> None:
        """Close with a code. Who reads nothing is cut off: it would keep its place for ever."""
        asyncio.get_running_loop().call_later(CLOSE_SECONDS, self.abort)
        with contextlib.suppress(ConnectionError, RuntimeError, TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                # Not drained: after a send that was given up, aiohttp's drain raises CancelledError.
                await self._socket.close(code=code, drain=False)

    def abort(self) -> None:
        """Let go at once."""
        if self._transport is not None:
            self._transport.abort()
