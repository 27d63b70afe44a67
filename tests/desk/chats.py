"""Clients of the chat protocol, over a WebSocket and over long polling, that keep what they are sent."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket as sockets
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import aiohttp

from tests.desk.desks import ORIGIN, PATIENCE, Frame, RunningDesk


class Chat:
    """One client of the protocol, the same over a socket and over long polling."""

    def __init__(self, desk: RunningDesk, token: str) -> None:
        self.desk, self.token = desk, token
        self.frames: list[Frame] = []
        self.welcome: Frame = {}
        self.reloads = 0
        self._arrived = asyncio.Event()

    @property
    def conversation(self) -> str:
        return str(self.welcome["conversation"])

    async def send(
        self, client_id: str, text: str | None = None, *, button: str | None = None, file: str | None = None
    ) -> Frame:
        """Send a line, a picture or a press; gives the frame that answers it."""
        body = {"type": "send", "client_id": client_id}
        body |= {"text": text} if text is not None else {}
        body |= {"button": button} if button is not None else {}
        body |= {"file": file} if file is not None else {}
        return await self._asked(body)

    async def _asked(self, frame: Frame) -> Frame:
        raise NotImplementedError

    async def tell(self, frame: Frame) -> Frame | None:
        """Send a frame that has no answer of its own, or an error."""
        raise NotImplementedError

    async def again_since(self, seq: int) -> None:
        """Ask once more for everything after a position."""
        raise NotImplementedError

    async def cut(self) -> None:
        """Lose the connection without a word."""
        raise NotImplementedError

    def messages(self) -> list[Frame]:
        return [frame for frame in self.frames if frame["type"] == "message"]

    def places(self) -> list[int]:
        """The places in the queue that were told, in order."""
        return [frame["position"] for frame in self.frames if frame["type"] == "queue"]

    def statuses(self) -> list[Frame]:
        return [frame for frame in self.frames if frame["type"] == "status"]

    async def until(self, wanted: Callable[[Frame], bool], *, seconds: float = PATIENCE) -> Frame:
        """The first frame of this kind, there already or still to come."""
        looked_at = 0
        async with asyncio.timeout(seconds):
            while True:
                for frame in self.frames[looked_at:]:
                    if wanted(frame):
                        return frame
                looked_at = len(self.frames)
                self._arrived.clear()
                await self._arrived.wait()

    async def until_message(self, text: str, *, author: str | None = None) -> Frame:
        """The first message that has these words in it."""
        return await self.until(
            lambda frame: (
                frame["type"] == "message"
                and text in frame["text"]
                and (author is None or frame["author"] == author)
            )
        )

    async def until_seq(self, seq: int) -> list[int]:
        """The sequence numbers that came, once this one is there."""
        await self.until(lambda frame: frame["type"] == "message" and frame["seq"] >= seq)
        return [frame["seq"] for frame in self.messages()]

    def _take(self, frame: Frame) -> None:
        self.frames.append(frame)
        self._arrived.set()


class SocketChat(Chat):
    """Over a WebSocket."""

    def __init__(self, desk: RunningDesk, token: str, socket: aiohttp.ClientWebSocketResponse) -> None:
        super().__init__(desk, token)
        self.socket = socket
        self.close_code: int | None = None
        self._reading: asyncio.Task[None] | None = None

    def read_on(self) -> None:
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self.socket:
            self._take(json.loads(message.data))
        self.close_code = self.socket.close_code
        self._take({"type": "closed", "code": self.close_code})

    async def _asked(self, frame: Frame) -> Frame:
        def answers() -> list[Frame]:
            return [
                f
                for f in self.frames
                if (f.get("client_id") == frame["client_id"] and f["type"] != "message")
                or f["type"] == "closed"
            ]

        before = len(answers())
        await self.socket.send_json(frame)
        await self.until(lambda _: len(answers()) > before)
        return answers()[before]

    async def tell(self, frame: Frame) -> Frame | None:
        await self.socket.send_json(frame)
        return None

    async def again_since(self, seq: int) -> None:
        await self.socket.send_json({"type": "since", "seq": seq})

    async def until_closed(self) -> int:
        """The code with which the desk closed."""
        return int((await self.until(lambda frame: frame["type"] == "closed"))["code"])

    async def cut(self) -> None:
        transport = self.socket.get_extra_info("socket")
        with contextlib.suppress(OSError):
            transport.shutdown(sockets.SHUT_RDWR)
        await self.close()

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        await self.socket.close()


class PollChat(Chat):
    """Over long polling."""

    def __init__(self, desk: RunningDesk, token: str) -> None:
        super().__init__(desk, token)
        self.since = self.version = self.place = 0
        self._polling: asyncio.Task[None] | None = None

    async def _asked(self, frame: Frame) -> Frame:
        _, body = await self.desk.post("send", frame | {"conversation": self.conversation}, token=self.token)
        [answer] = body["frames"]
        return dict(answer)

    async def tell(self, frame: Frame) -> Frame | None:
        _, body = await self.desk.post("send", frame | {"conversation": self.conversation}, token=self.token)
        return body["frames"][0] if body["frames"] else None

    async def again_since(self, seq: int) -> None:
        await self.close()
        self.since = seq
        self.poll_on()

    def poll_on(self) -> None:
        self._polling = asyncio.create_task(self._poll())

    async def _poll(self) -> None:
        while True:
            body = {
                "conversation": self.conversation,
                "since": self.since,
                "version": self.version,
                "epoch": self.welcome["epoch"],
                "position": self.place,
            }
            _, answer = await self.desk.post("poll", body, token=self.token)
            for frame in answer["frames"]:
                self._take(frame)
                self.since = frame["seq"] if frame["type"] == "message" else self.since
                self.version = frame["version"] if frame["type"] == "status" else self.version
                self.place = frame["position"] if frame["type"] == "queue" else self.place
                if frame["type"] == "status" and frame["speaker"] != "waiting":
                    self.place = 0
                if frame["type"] == "error":
                    return

    async def cut(self) -> None:
        await self.close()

    async def close(self) -> None:
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.gather(self._polling, return_exceptions=True)


@contextlib.asynccontextmanager
async def a_socket(
    desk: RunningDesk,
    token: str | None,
    *,
    site: str = "demo",
    headers: Mapping[str, str] | None = None,
    **hello: Any,
) -> AsyncIterator[SocketChat]:
    """A socket that has said hello; `token=None` says nothing. What it gets is in `frames`."""
    async with desk.http.ws_connect(
        f"{desk.url}/chat/v1/socket",
        params={"site": site},
        headers={"Origin": ORIGIN} | dict(headers or {}),
        max_msg_size=0,
    ) as socket:
        chat = SocketChat(desk, token or "", socket)
        chat.read_on()
        try:
            if token is not None:
                await socket.send_json({"type": "hello", "token": token} | hello)
                first = await chat.until(lambda frame: frame["type"] in ("welcome", "error", "closed"))
                chat.welcome = first if first["type"] == "welcome" else {}
                chat.reloads = sum(frame["type"] == "reload" for frame in chat.frames)
            yield chat
        finally:
            await chat.close()


@contextlib.asynccontextmanager
async def a_poller(desk: RunningDesk, token: str, **hello: Any) -> AsyncIterator[PollChat]:
    """A long-polling client that has said hello."""
    chat = PollChat(desk, token)
    _, body = await desk.post("hello", hello, token=token)
    for frame in body["frames"]:
        chat._take(frame)
        chat.reloads += frame["type"] == "reload"
        chat.welcome = frame if frame["type"] == "welcome" else chat.welcome
    if chat.welcome:
        chat.since = 0 if chat.reloads else hello.get("since", 0)
        chat.version = chat.welcome["status"]["version"]
        chat.poll_on()
    try:
        yield chat
    finally:
        await chat.close()


Transport = Callable[..., contextlib.AbstractAsyncContextManager[Chat]]
TRANSPORTS: dict[str, Transport] = {"socket": a_socket, "poll": a_poller}
