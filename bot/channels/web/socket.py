"""The WebSocket of the web channel."""

from __future__ import annotations

import asyncio
import logging

from aiohttp import WSMessage, WSMsgType, web

from bot.channels.web.answers import enter, welcome_frames
from bot.channels.web.connection import Connection, close_code, text_of
from bot.channels.web.edge import AddressBook, refusal, status_for
from bot.channels.web.frames import MAX_FRAME_BYTES, BadFrame, Hello, read_frame
from bot.channels.web.limits import Rates, SlowDown, SocketCount, TooManySockets, WebLimits
from bot.channels.web.port import Gateway
from bot.channels.web.pulse import Pulse
from bot.channels.web.sender import Sender, SocketGone
from bot.channels.web.viewer import Viewer
from identity.sites.errors import IdentityError, VisitorRefused
from storage.database import DatabaseUnavailable

log = logging.getLogger(__name__)

HELLO_SECONDS = 5.0


class SocketChannel:
    """Accepts sockets and knows those that are open. What an idle one holds, thousands hold: it is little."""

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
        self._pulse = Pulse(limits.heartbeat_seconds)
        self._open: set[Connection] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """`GET /chat/v1/socket?site=…`: address and origin first, before the upgrade."""
        address = self._addresses.address_of(request)
        site_key = request.query.get("site", "")
        origin = request.headers.get("Origin")
        try:
            # Before anything is asked of the database.
            self._rates.handshakes.spend(address)
            await self._gateway.check_origin(site_key, origin)
        except (SlowDown, IdentityError, DatabaseUnavailable) as error:
            frame = refusal(error)
            return web.json_response(frame, status=status_for(frame))
        # Pings and pongs are ours: aiohttp would set timers for every socket.
        socket = web.WebSocketResponse(max_msg_size=MAX_FRAME_BYTES, compress=False, autoping=False)
        try:
            with self._count.of_address(address):
                await socket.prepare(request)
                # They have been sent; nobody looks at them again.
                socket.headers.clear()
                await self._serve(socket, Sender(socket, request.transport), site_key, origin)
        except TooManySockets as error:
            return web.json_response(refusal(error), status=429)
        return socket

    async def close(self) -> None:
        """Tell every client to come back, and let go."""
        self._pulse.close()
        await asyncio.gather(*(connection.say_goodbye() for connection in tuple(self._open)))

    async def _serve(
        self, socket: web.WebSocketResponse, sender: Sender, site_key: str, origin: str | None
    ) -> None:
        try:
            connection = await self._hello(socket, sender, site_key, origin)
            with self._count.of_visitor(connection.token.session_id):
                self._open.add(connection)
                self._pulse.add(connection)
                try:
                    await connection.run(socket)
                finally:
                    self._open.discard(connection)
                    self._pulse.discard(connection)
        except (ConnectionError, SocketGone):
            log.debug("socket_gone")
        except Exception as error:  # noqa: BLE001 - one table of refusals, an unforeseen error gets a reference
            await sender.refuse(refusal(error), close_code(error))

    async def _hello(
        self, socket: web.WebSocketResponse, sender: Sender, site_key: str, origin: str | None
    ) -> Connection:
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                message = await _first(socket, sender)
        except TimeoutError:
            raise BadFrame("hello: due within 5 seconds") from None
        if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            raise SocketGone
        hello = read_frame(text_of(message))
        if not isinstance(hello, Hello):
            raise BadFrame("hello: expected first")
        token = self._gateway.read_token(hello.token)
        if token.site_key != site_key:
            raise VisitorRefused
        entered = await enter(self._gateway, self._rates, token, hello, origin)
        viewer = Viewer(
            self._gateway,
            token,
            entered.conversation_id,
            since=entered.since,
            version=entered.status.version,
            place=entered.place,
        )
        return Connection(
            self._gateway,
            self._rates,
            token,
            entered.conversation,
            viewer,
            sender,
            welcome_frames(entered, self._limits),
            heartbeat_seconds=self._limits.heartbeat_seconds,
        )


async def _first(socket: web.WebSocketResponse, sender: Sender) -> WSMessage:
    while (message := await socket.receive()).type in (WSMsgType.PING, WSMsgType.PONG):
        if message.type is WSMsgType.PING:
            await sender.pong(message.data)
    return message
