"""One conversation with the desk, whatever happens to the connection."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp

from desk.client.connection import Connection, Patience, Way, pause_before
from desk.client.errors import ClientError, ConnectionLost, LedgerReplaced, Refused
from desk.client.frames import Ack, Frame, FrameError, Message, Status, Welcome, milliseconds
from desk.client.listener import Link, Listener
from desk.client.record import Offer, Position, Record
from desk.client.transports import Transport
from desk.client.visit import ANSWER_SECONDS, Visit

# How long the desk may take to send what its status already speaks of, before the client asks.
ASK_AGAIN_SECONDS = 1.0


@dataclass
class Counters:
    """What happened on the wire, for tests and reports."""

    connections: int = 0
    losses: int = 0
    cuts: int = 0
    frames: int = 0
    bad_frames: int = 0
    repeated_messages: int = 0
    repeated_acks: int = 0
    gaps: int = 0
    asked_again: int = 0
    sent: int = 0
    sent_again: int = 0
    slow_downs: int = 0
    reloads: int = 0


class DeskClient:
    """Talks to the desk at `url` as a visitor of `site`.

    `identity` is the host's JWT, or what makes one (each is used once). `way` is "socket", "poll", or "auto":
    a socket, and polling when the way there does not let sockets through. `patience` bounds the time without
    contact; a desk that is not there at the first attempt is only waited for with `waits_for_start`.
    Every method that waits raises what ended the visit: `NoContact`, `Refused`, or what a listener raised.
    """

    def __init__(
        self,
        url: str,
        site: str,
        *,
        identity: str | Callable[[], str] | None = None,
        language: str | None = None,
        token: str | None = None,
        way: Way = "auto",
        patience: float = 60.0,
        waits_for_start: bool = False,
        listener: Listener | None = None,
    ) -> None:
        self.counters = Counters()
        self.acks: dict[str, Ack] = {}
        self._url, self._site, self._identity = url, site, identity
        self._language, self._token, self._way = language, token, way
        self._patience = Patience(patience, waits_for_start)
        self._listener = listener or Listener()
        self._record = Record()
        self._is_new = False
        self._ledger = 0  # counts the ledgers this client has seen
        self._reload_reason = ""
        self._asked_from: int | None = None
        self._ask_at: float | None = None
        self._turnstile = asyncio.Lock()
        self._awaited: tuple[str, asyncio.Future[Frame | None]] | None = None
        self._changed = asyncio.Event()
        self._ended: BaseException | None = None
        self._task: asyncio.Task[None] | None = None
        self._visit: Visit | None = None
        self._connection: Connection | None = None

    # What is known

    @property
    def messages(self) -> dict[int, Message]:
        """The messages of this visit by sequence number, without gaps."""
        return self._record.messages

    @property
    def last_seq(self) -> int:
        return self._record.last_seq

    @property
    def status(self) -> Status | None:
        return self._record.status

    @property
    def position(self) -> Position | None:
        """Keep it, and `open(position=…)` goes on from here."""
        return self._record.position

    @property
    def offers(self) -> list[Offer]:
        """Buttons offered and not pressed yet, oldest first; one may put back those of an earlier visit."""
        return self._record.offers

    @property
    def token(self) -> str | None:
        return self._visit.token if self._visit else self._token

    @property
    def person(self) -> dict[str, Any] | None:
        return self._visit.person if self._visit else None

    @property
    def is_up(self) -> bool:
        return self._transport is not None

    @property
    def is_polling(self) -> bool:
        return self._connection is not None and self._connection.is_polling

    def find_button(self, title: str) -> Offer | None:
        """The latest button of that title that was offered and not pressed yet."""
        return self._record.find_offer(title)

    # What one does

    async def open(self, *, new: bool = False, position: Position | None = None) -> None:
        """Come in: with a new conversation, at a known position, or (neither) with the latest one."""
        if self._task is not None:
            raise ClientError("the client is open already")
        # No cookies: the token is the only thing that says who this is.
        http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        try:
            self._visit = Visit(self._url, self._site, self._identity, self._language, http, self._token)
        except BaseException:
            await http.close()
            raise
        self._is_new = new
        if position is not None:
            self._record.start_from(position)
        self._connection = Connection(self._visit, self, way=self._way, patience=self._patience)
        self._task = asyncio.create_task(self._connection.run())
        self._task.add_done_callback(self._note_end)
        try:
            await self.until(lambda: self.is_up)
        except BaseException:
            await self.close()
            raise

    async def send(
        self, text: str | None = None, *, button: str | None = None, client_id: str | None = None
    ) -> Ack:
        """Say a line or press an offered button (by its id); returns once it is kept.

        Lines leave one after the other, in the order of the calls, however often each is sent again.

        Raises:
            Refused: this line is not taken; the visit goes on.
        """
        frame: Frame = {"type": "send", "client_id": client_id or str(uuid.uuid4())}
        if button is not None:
            frame["button"] = button
            self._record.press(button)
        else:
            frame["text"] = text or ""
        async with self._turnstile:
            ack = await self._deliver(frame)
        self.acks[ack.client_id] = ack
        return ack

    async def turn_done(self, turn: int, timeout: float | None = None) -> None:  # noqa: ASYNC109 - one bound for a loop of waits
        """Wait until this turn has ended and every message of it is here.

        Raises:
            TimeoutError: not in this many seconds.
            LedgerReplaced: the desk went on with a ledger that does not know the turn.
        """
        ledger, until_seq = self._ledger, None

        def is_done() -> bool:
            nonlocal until_seq
            if self._ledger != ledger:
                raise LedgerReplaced(self._reload_reason)
            status = self._record.status
            if until_seq is None and status is not None and status.turns_done >= turn:
                until_seq = status.last_seq
            return until_seq is not None and self.last_seq >= until_seq

        await self.until(is_done, timeout)

    async def until(self, condition: Callable[[], bool], timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Wait until something is true of this client; looked at whenever anything changes."""
        async with asyncio.timeout(timeout):
            while not condition():
                if self._ended is not None:
                    raise self._ended
                await self._changed.wait()

    async def set_language(self, language: str) -> None:
        """Go on in this language."""
        self._language = language
        await self.push({"type": "language", "language": language})

    async def typing(self) -> None:
        """Tell that the person is typing; worth it every 3 s at most."""
        await self.push({"type": "typing"})

    async def push(self, frame: Frame) -> bool:
        """Send a frame as it is, once; False when there is no connection to send it on."""
        if self._transport is None:
            return False
        try:
            await self._transport.send(frame)
        except ConnectionLost:
            return False
        return True

    def cut(self) -> None:
        """Break the connection without a closing word, as a pulled cable would. The client comes back by itself."""
        if self._connection is not None and self._connection.transport is not None:
            self.counters.cuts += 1
            self._connection.cut()

    async def close(self) -> None:
        """Leave. The conversation stays."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._visit is not None:
            await self._visit.http.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # What the connection asks (desk.client.connection.Party)

    def hello(self, token: str) -> Frame:
        position = self._record.position
        frame: Frame = {"type": "hello", "token": token}
        if self._language:
            frame["language"] = self._language
        if position is not None:
            return frame | {
                "conversation": position.conversation,
                "epoch": position.epoch,
                "since": position.seq,
            }
        if self._record.conversation is not None:
            return frame | {"conversation": self._record.conversation}
        return frame | {"new": True} if self._is_new else frame

    def poll_body(self) -> Frame:
        status = self._record.status
        return {
            "conversation": self._record.conversation,
            "since": self._record.last_seq,
            "epoch": self._record.epoch,
            "version": status.version if status is not None else 0,
        }

    def welcome(self, frame: Frame) -> None:
        try:
            welcome = Welcome.read(frame)
        except FrameError as error:
            raise ConnectionLost(f"not a welcome: {error}") from error
        if why := self._record.why_not(welcome):
            self._forget(why)
        if self._record.has_lost(welcome):
            self._ledger += 1
        self._record.enter(welcome)
        self._take_status(welcome.status)
        self._look_for_gaps()

    def handle(self, frame: Frame) -> None:
        self.counters.frames += 1
        try:
            self._dispatch(frame)
        except FrameError:
            self.counters.bad_frames += 1
        self._look_for_gaps()
        self._ring()

    def asks_again_at(self) -> float | None:
        return self._ask_at

    def ask_again(self) -> Frame:
        self.counters.asked_again += 1
        self._asked_from = self.last_seq
        self._ask_at = _now() + ASK_AGAIN_SECONDS
        return {"type": "since", "seq": self.last_seq}

    def came_up(self) -> None:
        self.counters.connections += 1
        self._asked_from = self._ask_at = None
        self._look_for_gaps()
        self._listener.on_link(Link.UP)
        self._ring()

    def went_down(self) -> None:
        self.counters.losses += 1
        self._answer(None)
        self._listener.on_link(Link.DOWN)
        self._ring()

    # The rest
    ...
