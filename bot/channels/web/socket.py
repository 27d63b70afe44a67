"""The WebSocket of the web channel."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from bot.channels.web.answers import answer_language, answer_send, enter, welcome_frames
from bot.channels.web.edge import AddressBook, refusal, status_for
from bot.channels.web.frames import (
    MAX_FRAME_BYTES,
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
)
from bot.channels.web.limits import SocketCount, TokenBuckets, TooManySockets, WebLimits
from bot.channels.web.port import Bell, Entered, Gateway
from bot.channels.web.sender import Sender, SocketGone
from bot.channels.web.viewer import TYPING_SECONDS, Viewer
from identity.sites.errors import IdentityError, VisitorRefused
from identity.visitors.logic import VisitorToken
from storage.database import DatabaseUnavailable
from ticketing.conversations.errors import ConversationError

log = logging.getLogger(__name__)

HELLO_SECONDS = 5.0
MAX_BAD_FRAMES = 10
GOODBYE_SECONDS = 2.0

_REFUSALS = (IdentityError, ConversationError, BadFrame)


class SocketChannel:
    """Accepts sockets, each served by a conversation of two tasks: one reads, one keeps up to date."""

    def __init__(
        self,
        gateway: Gateway,
        *,
        count: SocketCount,
        messages: TokenBuckets,
        addresses: AddressBook,
        limits: WebLimits,
    ) -> None:
        self._gateway, self._count, self._messages = gateway, count, messages
        self._addresses, self._limits = addresses, limits
        self._open: set[_Connection] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """`GET /chat/v1/socket?site=…`: origin first, before the upgrade."""
        site_key = request.query.get("site", "")
        origin = request.headers.get("Origin")
        try:
            await self._gateway.check_origin(site_key, origin)
        except (IdentityError, DatabaseUnavailable) as error:
            frame = refusal(error)
            return web.json_response(frame, status=status_for(frame))
        socket = web.WebSocketResponse(
            max_msg_size=MAX_FRAME_BYTES, compress=False, heartbeat=self._limits.heartbeat_seconds
        )
        try:
            with self._count.of_address(self._addresses.address_of(request)):
                await socket.prepare(request)
                await self._serve(socket, Sender(socket, request.transport), site_key, origin)
        except TooManySockets as error:
            return web.json_response(refusal(error), status=429)
        return socket

    async def close(self) -> None:
        """Tell every client to come back, and let go."""
        await asyncio.gather(*(connection.say_goodbye() for connection in tuple(self._open)))

    async def _serve(
        self, socket: web.WebSocketResponse, sender: Sender, site_key: str, origin: str | None
    ) -> None:
        try:
            token, entered = await self._hello(socket, site_key, origin)
            with self._count.of_visitor(token.session_id):
                connection = _Connection(self._gateway, sender, self._messages, token, entered, self._limits)
                self._open.add(connection)
                try:
                    await connection.run(socket)
                finally:
                    self._open.discard(connection)
        except (ConnectionError, SocketGone):
            log.debug("socket_gone")
        except Exception as error:  # noqa: BLE001 - one table of refusals, an unforeseen error gets a reference
            await sender.refuse(refusal(error), _close_code(error))

    async def _hello(
        self, socket: web.WebSocketResponse, site_key: str, origin: str | None
    ) -> tuple[VisitorToken, Entered]:
        try:
            message = await asyncio.wait_for(socket.receive(), HELLO_SECONDS)
        except TimeoutError:
            raise BadFrame("hello: due within 5 seconds") from None
        if message.type is not WSMsgType.TEXT:
            raise SocketGone if message.type is not WSMsgType.BINARY else BadFrame("frame: text expected")
        hello = read_frame(message.data)
        if not isinstance(hello, Hello):
            raise BadFrame("hello: expected first")
        token = self._gateway.read_token(hello.token)
        if token.site_key != site_key:
            raise VisitorRefused
        return token, await enter(self._gateway, self._messages, token, hello, origin)


class _Connection:
    """One socket after its hello."""

    def __init__(
        self,
        gateway: Gateway,
        sender: Sender,
        messages: TokenBuckets,
        token: VisitorToken,
        entered: Entered,
        limits: WebLimits,
    ) -> None:
        self._gateway, self._sender, self._messages = gateway, sender, messages
        self._token, self._entered, self._limits = token, entered, limits
        self._conversation = entered.conversation

    async def run(self, socket: web.WebSocketResponse) -> None:
        """Until either side ends it. Subscribed before the first read, so that nothing falls between."""
        bell = self._gateway.listen(self._conversation)
        try:
            # Before anything is read: whatever the client sent along, the first it gets is the welcome.
            await self._sender.send(*welcome_frames(self._entered, self._limits))
            await self._talk(socket, bell)
        finally:
            self._gateway.stop_listening(self._conversation, bell)

    async def _talk(self, socket: web.WebSocketResponse, bell: Bell) -> None:
        viewer = Viewer(
            self._gateway,
            self._token,
            self._entered.conversation_id,
            since=self._entered.since,
            version=self._entered.status.version,
            place=self._entered.place,
        )
        updates = asyncio.create_task(self._keep_up_to_date(viewer, bell))
        try:
            await self._read(socket, viewer, bell)
        finally:
            updates.cancel()
            await asyncio.gather(updates, return_exceptions=True)

    async def say_goodbye(self) -> None:
        """The desk stops: the client comes back by itself. Who does not read is not waited for."""
        try:
            async with asyncio.timeout(GOODBYE_SECONDS):
                with contextlib.suppress(SocketGone):
                    await self._sender.send(RECONNECT)
                await self._sender.close(WSCloseCode.SERVICE_RESTART)
        except TimeoutError:
            self._sender.abort()

    async def _keep_up_to_date(self, viewer: Viewer, bell: Bell) -> None:
        try:
            await self._follow(viewer, bell)
        except SocketGone:
            log.debug("socket_gone")
        except Exception as error:  # noqa: BLE001 - rather a reconnection than a viewer that sees nothing
            await self._sender.refuse(refusal(error), _close_code(error))

    async def _follow(self, viewer: Viewer, bell: Bell) -> None:
        while True:
            with contextlib.suppress(DatabaseUnavailable):
                await self._send_news(viewer)
            if author := bell.typed_by():
                await self._sender.send({"type": "typing", "author": author, "seconds": TYPING_SECONDS})
            await bell.wait(viewer.look_again_seconds)

    async def _send_news(self, viewer: Viewer) -> None:
        while True:
            if frames := await viewer.news():
                await self._sender.send(*frames)
            if viewer.is_complete:
                return

    async def _read(self, socket: web.WebSocketResponse, viewer: Viewer, bell: Bell) -> None:
        bad = 0
        async for message in socket:
            try:
                frame = read_frame(_text_of(message))
            except BadFrame as error:
                bad += 1
                await self._sender.send(refusal(error))
                if bad >= MAX_BAD_FRAMES:
                    await self._sender.close(WSCloseCode.POLICY_VIOLATION)
                    return
                continue
            if answer := await self._answer(frame, viewer, bell):
                await self._sender.send(answer)
                if answer.get("code") == VisitorRefused.code:
                    # Revoked or expired: whoever this is must not read on either.
                    await self._sender.close(WSCloseCode.POLICY_VIOLATION)
                    return

    async def _answer(
        self, frame: Hello | Send | Since | Typing | Language | Ping, viewer: Viewer, bell: Bell
    ) -> Frame | None:
        match frame:
            case Send():
                return await answer_send(
                    self._gateway, self._messages, self._token, self._conversation, frame
                )
            case Since(seq=seq):
                viewer.since = min(viewer.since, seq)
                bell.ring()
            case Typing():
                self._gateway.typing(self._conversation, bell)
            case Language(language=language):
                return await answer_language(
                    self._gateway, self._messages, self._token, self._conversation, language
                )
            case Ping():
                return {"type": "pong"}
            case Hello():
                return error_frame("bad_frame", "hello: already said")
        return None


def _text_of(message: WSMessage) -> str:
    if message.type is not WSMsgType.TEXT:
        raise BadFrame("frame: text expected")
    return str(message.data)


def _close_code(error: Exception) -> WSCloseCode:
    if isinstance(error, TooManySockets | DatabaseUnavailable):
        return WSCloseCode.TRY_AGAIN_LATER
    return WSCloseCode.POLICY_VIOLATION if isinstance(error, _REFUSALS) else WSCloseCode.INTERNAL_ERROR
