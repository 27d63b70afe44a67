"""One open socket after its hello: what the visitor says is answered, what is new is sent.

One task serves it, the one that reads. Sending what is new takes another, which ends when nothing more is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from bot.channels.web.answers import answer_language, answer_send
from bot.channels.web.edge import refusal
from bot.channels.web.frames import (
    RECONNECT,
    BadFrame,
    Frame,
    Hello,
    Language,
    Ping,
    Send,
    Since,
    Typing,
    error_frame,
    read_frame,
    slow_down_frame,
)
from bot.channels.web.limits import Rates, SlowDown, TooManySockets
from bot.channels.web.port import Bell, Gateway
from bot.channels.web.sender import Sender, SocketGone
from bot.channels.web.viewer import TYPING_SECONDS, Viewer
from identity.sites.errors import IdentityError, VisitorRefused
from identity.visitors.logic import VisitorToken
from storage.database import DatabaseUnavailable
from ticketing.conversations.errors import ConversationError

log = logging.getLogger(__name__)

MAX_BAD_FRAMES = 10
GOODBYE_SECONDS = 2.0
# Looks that nobody rang for are spread, or all that came at one moment would look at one moment for ever.
EARLIEST = 0.7

_REFUSALS = (IdentityError, ConversationError, BadFrame)
_ENDS = frozenset({WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR})


class Connection:
    """A visitor's place in a conversation, for as long as the socket is open."""

    __slots__ = (
        "_asked_at",
        "_bad",
        "_bell",
        "_conversation",
        "_gateway",
        "_has_rung",
        "_heard_at",
        "_heartbeat",
        "_is_busy",
        "_look_at",
        "_looking",
        "_pinging",
        "_rates",
        "_sender",
        "_viewer",
        "_welcome",
        "token",
    )

    def __init__(
        self,
        gateway: Gateway,
        rates: Rates,
        token: VisitorToken,
        conversation: str,
        viewer: Viewer,
        sender: Sender,
        welcome: list[Frame],
        *,
        heartbeat_seconds: float,
    ) -> None:
        self._gateway, self._rates, self.token = gateway, rates, token
        self._conversation, self._viewer = conversation, viewer
        self._sender, self._welcome = sender, welcome
        self._heartbeat = heartbeat_seconds
        self._heard_at = asyncio.get_running_loop().time()
        self._asked_at: float | None = None
        self._pinging: asyncio.Task[None] | None = None
        self._look_at = float("inf")
        self._looking: asyncio.Task[None] | None = None
        self._bell: Bell | None = None
        self._has_rung = self._is_busy = False
        self._bad = 0

    async def run(self, socket: web.WebSocketResponse) -> None:
        """Until either side ends it. Subscribed before the first read, so that nothing falls between."""
        self._bell = bell = self._gateway.listen(self._conversation)
        try:
            # Before anything is read: whatever the client sent along, the first it gets is the welcome.
            await self._sender.send(*self._welcome)
            self._welcome = []
            bell.call(self._look)
            self._look()
            while await self._hear(await socket.receive()):
                pass
        finally:
            self._gateway.stop_listening(self._conversation, bell)
            if self._looking is not None:
                self._looking.cancel()
                await asyncio.gather(self._looking, return_exceptions=True)

    async def say_goodbye(self) -> None:
        """The desk stops: the client comes back by itself. Who does not read is not waited for."""
        try:
            async with asyncio.timeout(GOODBYE_SECONDS):
                with contextlib.suppress(SocketGone):
                    await self._sender.send(RECONNECT)
                await self._sender.close(WSCloseCode.SERVICE_RESTART)
        except TimeoutError:
            self._sender.abort()

    def tick(self, now: float) -> None:
        """Look again where it is time; ask who has gone silent, and let go of who does not answer."""
        if now >= self._look_at:
            self._look()
        if self._is_busy:
            return
        if self._asked_at is None:
            if now - self._heard_at >= self._heartbeat:
                self._asked_at = now
                self._pinging = asyncio.create_task(self._ping())
        elif now - self._asked_at >= self._heartbeat / 2:
            self._sender.abort()

    async def _ping(self) -> None:
        with contextlib.suppress(SocketGone):
            await self._sender.ping()
        self._pinging = None

    # What is new

    def _look(self) -> None:
        """Send what is new; a ring while that is being done has it done again."""
        self._has_rung = True
        if self._looking is None:
            self._looking = asyncio.create_task(self._keep_up_to_date())

    async def _keep_up_to_date(self) -> None:
        try:
            while self._has_rung:
                self._has_rung = False
                with contextlib.suppress(DatabaseUnavailable):
                    await self._send_news()
                if self._bell is not None and (author := self._bell.typed_by()):
                    await self._sender.send({"type": "typing", "author": author, "seconds": TYPING_SECONDS})
            self._look_at = asyncio.get_running_loop().time() + self._viewer.look_again_seconds * _spread()
        except SocketGone:
            log.debug("socket_gone")
        except Exception as error:  # noqa: BLE001 - rather a reconnection than a viewer that sees nothing
            await self._sender.refuse(refusal(error), close_code(error))
        finally:
            self._looking = None

    async def _send_news(self) -> None:
        while True:
            if frames := await self._viewer.news():
                await self._sender.send(*frames)
            if self._viewer.is_complete:
                return

    # What the visitor says

    async def _hear(self, message: WSMessage) -> bool:
        """Answer a message; False when it was the last one."""
        if message.type in _ENDS:
            return False
        self._is_busy = True
        try:
            return await self._take(message)
        finally:
            self._is_busy = False
            self._heard_at, self._asked_at = asyncio.get_running_loop().time(), None

    async def _take(self, message: WSMessage) -> bool:
        if message.type is WSMsgType.PONG:
            return True
        if message.type is WSMsgType.PING:
            await self._sender.pong(message.data)
            return True
        try:
            answer = await self._answer(read_frame(text_of(message)))
        except BadFrame as error:
            self._bad += 1
            answer = refusal(error)
        if answer is None:
            return True
        await self._sender.send(answer)
        # Revoked or expired: whoever this is must not read on either.
        is_over = answer.get("code") == VisitorRefused.code or self._bad >= MAX_BAD_FRAMES
        if is_over:
            await self._sender.close(WSCloseCode.POLICY_VIOLATION)
        return not is_over

    async def _answer(self, frame: Hello | Send | Since | Typing | Language | Ping) -> Frame | None:
        match frame:
            case Send():
                return await answer_send(
                    self._gateway, self._rates.messages, self.token, self._conversation, frame
                )
            case Since(seq=seq):
                if wait := self._wait_for("since"):
                    return slow_down_frame("", wait)
                self._viewer.go_back(seq)
                self._look()
            case Typing():
                # Nobody misses one too many.
                if not self._wait_for("typing"):
                    self._gateway.typing(self._conversation, self._bell)
            case Language(language=language):
                return await answer_language(
                    self._gateway, self._rates.messages, self.token, self._conversation, language
                )
            case Ping():
                return {"type": "pong"}
            case Hello():
                return error_frame("bad_frame", "hello: already said")
        return None

    def _wait_for(self, call: str) -> float:
        return self._rates.calls.take(f"{call}:{self.token.session_id}")


def text_of(message: WSMessage) -> str:
    """The text of a message that has one.

    Raises:
        BadFrame: it is something else.
    """
    if message.type is not WSMsgType.TEXT:
        raise BadFrame("frame: text expected")
    return str(message.data)


def close_code(error: Exception) -> WSCloseCode:
    """How a socket is closed after this."""
    if isinstance(error, SlowDown | TooManySockets | DatabaseUnavailable):
        return WSCloseCode.TRY_AGAIN_LATER
    return WSCloseCode.POLICY_VIOLATION if isinstance(error, _REFUSALS) else WSCloseCode.INTERNAL_ERROR


def _spread() -> float:
    return random.uniform(EARLIEST, 1)  # noqa: S311 - nothing is hidden behind it
