"""Two ways to carry the same frames: a WebSocket, and long polling where a proxy cuts those."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import aiohttp

from desk.client.backoff import pause_before
from desk.client.errors import ClientError, ConnectionLost, NothingListens, Refused
from desk.client.frames import Frame, encode, seconds_of
from desk.client.visit import ANSWER_SECONDS, Visit, decode_or_none

HEARTBEAT_SECONDS = 25.0
POLL_SECONDS = 25
# An answer without frames that comes sooner than this is followed by a pause: a bell may ring for nothing.
PACE_SECONDS = 0.1
CLOSING_SECONDS = 2.0
BUSY_POLLS = 10
MAX_FRAME_BYTES = 4 * 1024 * 1024

# What the next poll asks from: conversation, since, epoch, status version.
PollBody = Callable[[], Frame]


class UpgradeRefused(ConnectionLost):
    """The way to the desk does not let WebSockets through."""


class Transport(Protocol):
    """One connection. Every method but `cut` and `close` raises `ConnectionLost` when it is gone."""

    async def start(self, hello: Frame) -> None:
        """Connect and say hello; the answer comes as frames."""

    async def send(self, frame: Frame) -> None: ...

    async def receive(self) -> Frame: ...

    def cut(self) -> None:
        """Break the connection as a pulled cable would: no closing words."""

    async def close(self) -> None: ...


class SocketTransport:
    """Frames over a WebSocket."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def start(self, hello: Frame) -> None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                self._socket = await self._visit.session.ws_connect(
                    self._visit.address("socket"),
                    params={"site": self._visit.site},
                    origin=self._visit.origin,
                    heartbeat=HEARTBEAT_SECONDS,
                    max_msg_size=MAX_FRAME_BYTES,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSING_SECONDS),
                )
        except aiohttp.WSServerHandshakeError as error:
            raise _what_it_means(error.status) from error
        except aiohttp.ClientConnectorError as error:
            raise NothingListens(str(error)) from error
        except TimeoutError as error:
            raise UpgradeRefused("no upgrade in time") from error
        except aiohttp.ClientError as error:
            raise ConnectionLost(type(error).__name__) from error
        await self.send(hello)

    async def send(self, frame: Frame) -> None:
        if self._socket is None or self._socket.closed:
            raise ConnectionLost("the socket is closed")
        try:
            await self._socket.send_str(encode(frame))
        except (ConnectionError, aiohttp.ClientError, RuntimeError) as error:
            raise ConnectionLost(type(error).__name__) from error

    async def receive(self) -> Frame:
        if self._socket is None:
            raise ConnectionLost("not connected")
        while True:
            message = await self._socket.receive()
            if message.type is aiohttp.WSMsgType.TEXT:
                if frame := decode_or_none(message.data):
                    return frame
            elif message.type is not aiohttp.WSMsgType.BINARY:
                raise ConnectionLost(f"closed with {self._socket.close_code}")

    def cut(self) -> None:
        wire = self._socket.get_extra_info("socket") if self._socket is not None else None
        if wire is not None:
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)

    async def close(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(aiohttp.ClientError, ConnectionError):
                await self._socket.close()


class PollTransport:
    """The same frames over long polling."""

    def __init__(self, visit: Visit, poll_body: PollBody) -> None:
        self._visit, self._poll_body = visit, poll_body
        self._frames: deque[Frame] = deque()
        self._arrived = asyncio.Event()
        self._poll: asyncio.Task[list[Frame]] | None = None
        self._requests: set[asyncio.Task[list[Frame]]] = set()
        self._is_gone = False

    async def start(self, hello: Frame) -> None:
        body = {name: value for name, value in hello.items() if name != "token"}
        frames = await self._ask("hello", body)
        if not any(frame["type"] in ("welcome", "error", "slow_down") for frame in frames):
            raise ConnectionLost("a hello without a welcome")
        self._put(frames)

    async def send(self, frame: Frame) -> None:
        # Every poll says where it stands, so asking again and keeping alive come by themselves.
        if frame["type"] not in ("since", "ping"):
            body = frame | {"conversation": self._poll_body()["conversation"]}
            self._put([_about(frame, answer) for answer in await self._ask("send", body)])

    async def receive(self) -> Frame:
        # A poll starts only when everything received was handled: it says the position it asks from.
        while not self._frames:
            if self._is_gone:
                raise ConnectionLost("cut")
            if self._poll is None:
                self._poll = self._spawn(self._news())
            self._arrived.clear()
            word = asyncio.ensure_future(self._arrived.wait())
            try:
                await asyncio.wait({self._poll, word}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                word.cancel()
            if self._poll.done():
                finished, self._poll = self._poll, None
                self._put(_result(finished))
        return self._frames.popleft()

    def cut(self) -> None:
        self._is_gone = True
        for request in tuple(self._requests):
            request.cancel()
        self._arrived.set()

    async def close(self) -> None:
        self.cut()
        await asyncio.gather(*self._requests, return_exceptions=True)

    async def _ask(self, path: str, body: Frame) -> list[Frame]:
        request = self._spawn(self._visit.frames(path, body))
        try:
            await asyncio.wait({request})
        except asyncio.CancelledError:
            request.cancel()
            raise
        return _result(request)

    async def _news(self) -> list[Frame]:
        """One poll; again after a pause while the desk is too busy for it, which sends may not notice."""
        body = self._poll_body() | {"wait": POLL_SECONDS}
        for attempt in range(1, BUSY_POLLS + 1):
            started = asyncio.get_running_loop().time()
            frames = await self._visit.frames("poll", body, seconds=POLL_SECONDS + ANSWER_SECONDS)
            busy = next((frame for frame in frames if _is_busy(frame)), None)
            if busy is None:
                if not frames and asyncio.get_running_loop().time() - started < PACE_SECONDS:
                    await asyncio.sleep(PACE_SECONDS)
                return _checked(frames)
            await asyncio.sleep(max(seconds_of(busy, "wait_ms"), pause_before(attempt, 1.0)))
        raise ConnectionLost("polls are refused")

    def _spawn(self, asking: Coroutine[Any, Any, list[Frame]]) -> asyncio.Task[list[Frame]]:
        if self._is_gone:
            asking.close()
            raise ConnectionLost("cut")
        request = asyncio.create_task(asking)
        self._requests.add(request)
        request.add_done_callback(self._let_go)
        return request

    def _let_go(self, request: asyncio.Task[list[Frame]]) -> None:
        self._requests.discard(request)
        if not request.cancelled():
            request.exception()  # looked at, so that a request nobody waits for any more fails in silence

    def _put(self, frames: list[Frame]) -> None:
        self._frames.extend(frames)
        self._arrived.set()


def _what_it_means(status: int) -> ClientError:
    """403 and 429 are the desk's own and 5xx says that it is not there: polling would help none of them."""
    if status == 403:
        return Refused("origin_refused", "this site does not know this origin")
    if status == 429:
        return Refused("too_many_sockets", "too many connections are open", can_retry=True)
    return (ConnectionLost if status >= 500 else UpgradeRefused)(f"status {status}")


def _result(request: asyncio.Task[list[Frame]]) -> list[Frame]:
    if request.cancelled():
        raise ConnectionLost("cut")
    return request.result()


def _is_busy(frame: Frame) -> bool:
    is_full = frame.get("code") == "too_many_sockets" or bool(frame.get("retry"))
    return frame["type"] == "slow_down" or (frame["type"] == "error" and is_full)


def _checked(frames: list[Frame]) -> list[Frame]:
    """After a refusal for good, the next hello says what it is worth to come back."""
    for frame in frames:
        if frame["type"] == "error" and frame.get("code") != "visitor_refused":
            raise ConnectionLost(f"a poll was refused: {frame.get('code')}")
    return frames


def _about(sent: Frame, answer: Frame) -> Frame:
    """Over HTTP an answer belongs to its request even when it does not say so."""
    is_reply = answer["type"] in ("error", "slow_down") and "client_id" in sent
    return answer | {"client_id": sent["client_id"]} if is_reply else answer
