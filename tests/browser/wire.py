"""The way between a browser and the desk: it passes bytes on, and can do what proxies do to sockets.

It works on connections, not on requests: a browser sees what a cable, a firewall or a sleeping laptop does.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

REFUSED = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
CHUNK = 64 * 1024


@dataclass(eq=False)
class Connection:
    """One, from the browser to the desk."""

    ends: tuple[asyncio.StreamWriter, asyncio.StreamWriter]
    is_socket: bool
    is_dead: bool = False

    def cut(self) -> None:
        """Both ends hear of it."""
        for end in self.ends:
            end.transport.abort()


@dataclass
class Wire:
    """Args:
    target: the desk's port.
    refuses_sockets: WebSockets are answered with an error, as by a proxy that does not know them.
    cuts_sockets_after: how old a WebSocket gets, in seconds.
    is_down: nothing gets through, and nothing listens.
    """

    target: int
    port: int = 0
    refuses_sockets: bool = False
    cuts_sockets_after: float | None = None
    is_down: bool = False
    sockets_seen: int = 0
    cuts: int = 0
    _open: set[Connection] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sockets(self) -> list[Connection]:
        """The WebSockets that are open."""
        return [each for each in self._open if each.is_socket and not each.is_dead]

    @property
    def connections(self) -> list[Connection]:
        """Everything that is open."""
        return [each for each in self._open if not each.is_dead]

    def cut(self) -> int:
        """Cut whatever is open; how much that was."""
        found = tuple(self._open)
        for connection in found:
            connection.cut()
        self.cuts += bool(found)
        return len(found)

    def go_dead(self) -> None:
        """What is open carries nothing any more, and nobody is told: as after a change of network."""
        for connection in self._open:
            connection.is_dead = True

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        """Nobody gets through while the block runs."""
        self.is_down = True
        self.cut()
        try:
            yield
        finally:
            self.is_down = False

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        try:
            await self._carry(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        is_socket = b"upgrade: websocket" in head.lower()
        self.sockets_seen += is_socket
        if self.is_down:
            writer.transport.abort()
            return
        if is_socket and self.refuses_sockets:
            writer.write(REFUSED)
            await writer.drain()
            writer.close()
            return
        back, forth = await asyncio.open_connection("127.0.0.1", self.target)
        forth.write(head)
        connection = Connection((writer, forth), is_socket)
        self._open.add(connection)
        timer = self._timer(connection)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pump(reader, forth, connection))
                group.create_task(_pump(back, writer, connection))
        finally:
            timer.cancel()
            self._open.discard(connection)
            connection.cut()

    def _timer(self, connection: Connection) -> asyncio.TimerHandle:
        loop = asyncio.get_running_loop()
        if connection.is_socket and self.cuts_sockets_after is not None:
            return loop.call_later(self.cuts_sockets_after, connection.cut)
        return loop.call_later(0, lambda: None)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, connection: Connection) -> None:
    with contextlib.suppress(OSError):
        while chunk := await source.read(CHUNK):
            if not connection.is_dead:
                sink.write(chunk)
                await sink.drain()
    if not connection.is_dead:
        # An HTTP answer may still be on its way in the other direction.
        with contextlib.suppress(OSError, RuntimeError):
            sink.write_eof()


@contextlib.asynccontextmanager
async def a_wire(target: int, *, port: int = 0) -> AsyncIterator[Wire]:
    """A wire to the desk that listens on that port of this machine."""
    wire = Wire(target)
    server = await asyncio.start_server(wire.accept, "127.0.0.1", port)
    wire.port = int(server.sockets[0].getsockname()[1])
    try:
        yield wire
    finally:
        server.close()
        wire.cut()
        await server.wait_closed()
