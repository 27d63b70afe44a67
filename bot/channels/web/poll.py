"""Long polling: the same frames where a proxy cuts WebSockets (TRUST WW-16)."""

from __future__ import annotations

import asyncio
import json

from aiohttp import web

from bot.channels.web.answers import answer_language, answer_send, enter, welcome_frames
from bot.channels.web.bodies import body_of, frames_answer
from bot.channels.web.edge import AddressBook, bearer_token, status_for
from bot.channels.web.frames import (
    RECONNECT,
    RELOAD,
    AddressedBody,
    BadFrame,
    Frame,
    Hello,
    Language,
    PollBody,
    Send,
    SessionBody,
    Typing,
    read_body,
    read_frame,
)
from bot.channels.web.limits import Rates, SocketCount, WebLimits
from bot.channels.web.port import Bell, Gateway
from bot.channels.web.viewer import PositionUnknown, Viewer
from identity.visitors.logic import VisitorToken

LOOK_FOR_CLIENT_SECONDS = 1.0


class PollChannel:
    """Sessions for every transport, and the long-polling one."""

    def __init__(
        self,
        gateway: Gateway,
        *,
        count: SocketCount,
        rates: Rates,
        addresses: AddressBook,
        limits: WebLimits,
    ) -> None:
        self._gateway, self._count, self._rates = gateway, count, rates
        self._addresses, self._limits = addresses, limits
        self._waiting: set[Bell] = set()
        self._is_stopping = False

    def close(self) -> None:
        """Tell every client that waits to come back."""
        self._is_stopping = True
        for bell in self._waiting:
            bell.ring()

    async def session(self, request: web.Request) -> web.Response:
        """`POST /chat/v1/session`."""
        body = read_body(SessionBody, await body_of(request))
        self._rates.sessions.spend(self._addresses.address_of(request))
        signed = await self._gateway.open_session(
            site_key=body.site,
            origin=request.headers.get("Origin"),
            language=body.language,
            identity=body.identity,
        )
        person = signed.person
        shown = {"name": person.name, "email": person.email, "verified": person.is_verified}
        answer = {"token": signed.token, "expires_at": signed.expires_at.isoformat(), "person": shown}
        return web.json_response(answer, status=201, headers={"Cache-Control": "no-store"})

    async def hello(self, request: web.Request) -> web.Response:
        """`POST /chat/v1/hello`."""
        hello = read_body(Hello, await body_of(request))
        token = self._gateway.read_token(bearer_token(request))
        self._rates.handshakes.spend(self._addresses.address_of(request))
        entered = await enter(self._gateway, self._rates, token, hello, request.headers.get("Origin"))
        return frames_answer(welcome_frames(entered, self._limits))

    async def leave(self, request: web.Request) -> web.Response:
        """`POST /chat/v1/leave`: forget me on this device. Done already, it is done."""
        token = self._gateway.read_token(bearer_token(request))
        self._rates.reads.spend(token.session_id)
        await self._gateway.leave(token, origin=request.headers.get("Origin"))
        return web.Response(status=204, headers={"Cache-Control": "no-store"})

    async def send(self, request: web.Request) -> web.Response:
        """`POST /chat/v1/send`."""
        token, conversation, raw = await self._addressed(request)
        frame = read_frame(raw)
        if isinstance(frame, Typing) and self._rates.calls.take(f"typing:{token.session_id}"):
            # Nobody misses one too many; nothing is asked of the database for it.
            return frames_answer([])
        await self._gateway.access(token, conversation, origin=request.headers.get("Origin"))
        match frame:
            case Send():
                answer: Frame | None = await answer_send(
                    self._gateway, self._rates.messages, token, conversation, frame
                )
            case Language(language=language):
                answer = await answer_language(
                    self._gateway, self._rates.messages, token, conversation, language
                )
            case Typing():
                self._gateway.typing(conversation, None)
                answer = None
            case _:
                raise BadFrame("type: send, language or typing expected")
        return frames_answer([answer] if answer else [], status_for(answer) if answer else 200)

    async def poll(self, request: web.Request) -> web.Response:
        """`POST /chat/v1/poll`: what is new, at once or as soon as there is something."""
        body = read_body(PollBody, await body_of(request))
        token = self._gateway.read_token(bearer_token(request))
        self._rates.calls.spend(f"poll:{token.session_id}")
        conversation_id = await self._gateway.access(
            token, body.conversation, origin=request.headers.get("Origin")
        )
        if not self._gateway.is_epoch(body.epoch):
            return frames_answer([RELOAD])
        viewer = Viewer(
            self._gateway,
            token,
            conversation_id,
            since=body.since,
            version=body.version,
            place=body.position,
        )
        with (
            self._count.of_address(self._addresses.address_of(request)),
            self._count.of_visitor(token.session_id),
        ):
            try:
                return frames_answer(await self._wait(request, viewer, body))
            except PositionUnknown:
                return frames_answer([RELOAD])

    async def _wait(self, request: web.Request, viewer: Viewer, body: PollBody) -> list[Frame]:
        bell = self._gateway.listen(body.conversation)
        self._waiting.add(bell)
        try:
            deadline = asyncio.get_running_loop().time() + body.wait
            frames = await viewer.news()
            if body.position is None and all(frame["type"] == "queue" for frame in frames):
                # Not asked for: an answer at once would only be asked for again.
                frames = []
            while not frames:
                if not await self._rings(request, bell, deadline, viewer.look_again_seconds):
                    break
                if self._is_stopping:
                    return [RECONNECT]
                frames = await viewer.news()
            return frames
        finally:
            self._waiting.discard(bell)
            self._gateway.stop_listening(body.conversation, bell)

    async def _rings(self, request: web.Request, bell: Bell, deadline: float, look_again: float) -> bool:
        """Wait for the bell or the next look; False when the client has hung up or the wait is over."""
        clock = asyncio.get_running_loop().time
        next_look = clock() + look_again
        while not self._is_stopping:
            if clock() >= deadline or _is_gone(request):
                return False
            left = min(deadline, next_look) - clock()
            if left <= 0 or await bell.wait(min(left, LOOK_FOR_CLIENT_SECONDS)):
                return True
        return True

    async def _addressed(self, request: web.Request) -> tuple[VisitorToken, str, bytes]:
        """The token, the conversation named in the body, and the frame beside it."""
        body = read_body(AddressedBody, await body_of(request))
        token = self._gateway.read_token(bearer_token(request))
        return token, body.conversation, json.dumps(body.model_extra).encode()


def _is_gone(request: web.Request) -> bool:
    """Whether the client has hung up: its place must not be kept until the wait ends."""
    return request.transport is None or request.transport.is_closing()
