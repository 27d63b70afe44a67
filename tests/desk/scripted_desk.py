"""A small desk that speaks docs/protocol.md over real sockets and misbehaves on demand."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Frame = dict[str, Any]
Mangle = Callable[[list[Frame]], list[Frame]]


@dataclass
class Talk:
    """One conversation of the scripted desk."""

    id: str
    messages: list[Frame] = field(default_factory=list)
    acks: dict[str, Frame] = field(default_factory=dict)
    buttons: dict[str, str] = field(default_factory=dict)
    version: int = 1
    turns: int = 0
    turns_done: int = 0
    speaker: str = "assistant"
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, author: str, text: str, **extras: Any) -> Frame:
        frame = {
            "type": "message",
            "seq": len(self.messages) + 1,
            "author": author,
            "text": text,
            "at": "2026-01-05T09:00:00+00:00",
        }
        self.messages.append(frame | extras)
        self.ring()
        return frame

    def status(self) -> Frame:
        return {
            "version": self.version,
            "last_seq": len(self.messages),
            "speaker": self.speaker,
            "agent": "Ana" if self.speaker == "agent" else None,
            "language": "en",
            "thinking": self.turns_done < self.turns,
            "turns_done": self.turns_done,
        }

    def ring(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()


class ScriptedDesk:
    """Answers every line with an echo; the attributes say how it misbehaves."""

    def __init__(self) -> None:
        self.epoch = "e1"
        self.talks: dict[str, Talk] = {}
        self.sessions: list[Frame] = []
        self.origins: set[str] = set()
        self.hellos: list[Frame] = []
        self.received: list[Frame] = []
        self.sinces: list[int] = []
        self.sockets: set[web.WebSocketResponse] = set()
        self.mangle: Mangle = lambda frames: frames
        self.is_upgrading = True
        self.is_answering = True
        self.answer_seconds = 0.0
        self.answers_after = 0  # nothing is answered before so many lines are there
        self.cuts_before_ack = 0  # keep the line, break the connection
        self.cuts_before_keeping = 0  # break the connection, keep nothing
        self.slow_downs = 0
        self.busy_polls = 0
        self.errors: list[Frame] = []  # answers to the next sends
        self.greeting: list[str] = []  # what every conversation begins with
        self.refusal: Frame | None = None  # answers every hello
        self.valid_tokens: set[str] = set()
        self.url = ""
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def talk(self) -> Talk:
        """The latest conversation."""
        return list(self.talks.values())[-1]

    def restart_with_another_ledger(self, *, is_empty: bool) -> None:
        self.epoch += "x"
        if is_empty:
            self.talks.clear()

    async def break_connections(self) -> None:
        for socket in tuple(self.sockets):
            _abort(socket)

    # HTTP

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_post("/chat/v1/session", self._session)
        application.router.add_get("/chat/v1/socket", self._socket)
        application.router.add_post("/chat/v1/hello", self._hello)
        application.router.add_post("/chat/v1/send", self._send)
        application.router.add_post("/chat/v1/poll", self._poll)
        return application

    async def _session(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.origins.add(request.headers.get("Origin", ""))
        self.sessions.append(body)
        token = f"t{len(self.sessions)}"
        self.valid_tokens.add(token)
        person = {"name": None, "email": None, "verified": "identity" in body}
        return web.json_response({"token": token, "expires_at": "", "person": person}, status=201)

    async def _hello(self, request: web.Request) -> web.Response:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        frames, _, _ = self._welcome(await request.json() | {"token": token})
        return web.json_response({"frames": frames})

    async def _send(self, request: web.Request) -> web.Response:
        body = await request.json()
        talk = self.talks[body.pop("conversation")]
        answer = self._answer(talk, body)
        if answer is None:
            assert request.transport is not None
            request.transport.abort()
            raise ConnectionResetError
        return web.json_response({"frames": self.mangle(answer)})

    async def _poll(self, request: web.Request) -> web.Response:
        body = await request.json()
        if request.headers["Authorization"].removeprefix("Bearer ") not in self.valid_tokens:
            return web.json_response({"frames": [_error("visitor_refused")]}, status=401)
        if body["epoch"] != self.epoch:
            return web.json_response({"frames": [{"type": "reload", "reason": "position_unknown"}]})
        if self.busy_polls:
            self.busy_polls -= 1
            return web.json_response({"frames": [_error("too_many_sockets")]}, status=429)
        talk = self.talks[body["conversation"]]
        changed = talk.changed
        frames = self._news(talk, body["since"], body["version"])
        if not frames:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), body["wait"])
            frames = self._news(talk, body["since"], body["version"])
        return web.json_response({"frames": self.mangle(frames)})

    # The socket

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if not self.is_upgrading:
            return web.Response(status=400, text="a proxy that knows no WebSocket")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.add(socket)
        try:
            await self._serve(socket)
        except ConnectionError:
            pass
        finally:
            self.sockets.discard(socket)
        return socket

    async def _serve(self, socket: web.WebSocketResponse) -> None:
        frames, talk, since = self._welcome(json.loads((await socket.receive()).data))
        for frame in frames:
            await socket.send_json(frame)
        if talk is None:
            await socket.close(code=1008)
            return
        place = {"since": since, "version": talk.version}
        live = asyncio.create_task(self._live(socket, talk, place))
        try:
            async for message in socket:
                await self._read(socket, talk, place, json.loads(message.data))
        finally:
            live.cancel()
            await asyncio.gather(live, return_exceptions=True)

    async def _live(self, socket: web.WebSocketResponse, talk: Talk, place: dict[str, int]) -> None:
        while True:
            changed = talk.changed
            news = self._news(talk, place["since"], place["version"])
            place |= {"since": len(talk.messages), "version": talk.version}
            for frame in self.mangle(news):
                await socket.send_json(frame)
            await changed.wait()

    async def _read(
        self, socket: web.WebSocketResponse, talk: Talk, place: dict[str, int], frame: Frame
    ) -> None:
        if frame["type"] == "since":
            self.sinces.append(frame["seq"])
            place["since"] = min(place["since"], frame["seq"])
            talk.ring()
        elif frame["type"] == "send":
            answer = self._answer(talk, frame)
            if answer is None:
                _abort(socket)
                return
            for row in answer:
                await socket.send_json(row)

    # The ledger

    def _welcome(self, hello: Frame) -> tuple[list[Frame], Talk | None, int]:
        self.hellos.append(hello)
        if self.refusal is not None:
            return [self.refusal], None, 0
        if hello["token"] not in self.valid_tokens:
            return [_error("visitor_refused")], None, 0
        wanted = hello.get("conversation")
        is_known = hello.get("epoch") in (None, self.epoch)
        if wanted is not None and wanted not in self.talks and is_known:
            return [_error("conversation_not_found")], None, 0
        if wanted in self.talks:
            talk = self.talks[wanted]
        else:
            talk = self.talks[f"c{len(self.talks) + 1}{self.epoch}"] = Talk(
                f"c{len(self.talks) + 1}{self.epoch}"
            )
            for text in self.greeting:
                talk.add("desk", text, notice="machine")
        welcome = {
            "type": "welcome",
            "conversation": talk.id,
            "epoch": self.epoch,
            "last_seq": len(talk.messages),
            "status": talk.status(),
            "limits": {"characters": 4000, "heartbeat": 25},
        }
        frames: list[Frame] = [] if is_known else [{"type": "reload", "reason": "position_unknown"}]
        return [*frames, welcome], talk, hello.get("since", 0) if is_known else 0

    def _news(self, talk: Talk, since: int, version: int) -> list[Frame]:
        frames = talk.messages[since:]
        return frames + ([{"type": "status"} | talk.status()] if talk.version > version else [])

    def _answer(self, talk: Talk, frame: Frame) -> list[Frame] | None:
        """The frames that answer a send; None breaks the connection instead."""
        self.received.append(frame)
        client_id = frame["client_id"]
        if self.cuts_before_keeping:
            self.cuts_before_keeping -= 1
            return None
        if self.slow_downs:
            self.slow_downs -= 1
            return [{"type": "slow_down", "client_id": client_id, "wait_ms": 20}]
        if self.errors:
            return [self.errors.pop(0) | {"client_id": client_id}]
        if client_id in talk.acks:
            return [talk.acks[client_id] | {"duplicate": True}]
        ack = self._keep(talk, frame)
        if self.cuts_before_ack:
            self.cuts_before_ack -= 1
            return None
        return [ack]

    def _keep(self, talk: Talk, frame: Frame) -> Frame:
        text = talk.buttons.pop(frame["button"], "") if "button" in frame else frame["text"]
        line = talk.add("person", text)
        turn: int | None = None
        if talk.speaker == "assistant":
            talk.turns += 1
            turn = talk.turns
            if self.is_answering:
                task = asyncio.create_task(self._reply(talk, text))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        talk.version += 1
        ack = {
            "type": "ack",
            "client_id": frame["client_id"],
            "seq": line["seq"],
            "turn": turn,
            "duplicate": False,
        }
        talk.acks[frame["client_id"]] = ack
        return ack

    async def _reply(self, talk: Talk, text: str) -> None:
        await asyncio.sleep(self.answer_seconds)
        while len(self.received) < self.answers_after:
            await talk.changed.wait()
        extras: Frame = {}
        if "button" in text:
            talk.buttons |= {"b1": "yes", "b2": "no"}
            extras["buttons"] = [{"id": "b1", "title": "Yes"}, {"id": "b2", "title": "No"}]
        if "source" in text:
            extras["sources"] = [{"title": "VPN", "url": "/kb/en/vpn", "slug": "vpn"}]
        talk.add("assistant", f"you said {text}", **extras)
        talk.turns_done += 1
        talk.version += 1
        talk.ring()

    @contextlib.asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[ScriptedDesk]:
        runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", port)
            await site.start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield self
        finally:
            await self.break_connections()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await runner.cleanup()


def _error(code: str) -> Frame:
    return {"type": "error", "code": code, "detail": code.replace("_", " ")}


def _abort(socket: web.WebSocketResponse) -> None:
    # What a killed process looks like from the other side: the connection ends without a closing frame.
    request = socket._req
    if request is not None and request.transport is not None:
        request.transport.abort()
