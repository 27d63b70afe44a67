"""One conversation with the desk, whatever happens to the connection."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import aiohttp

from desk.client.backoff import pause_before
from desk.client.connection import Connection, Patience, Way
from desk.client.errors import ClientError, ConnectionLost, LedgerReplaced, Refused
from desk.client.follower import Counters, Follower
from desk.client.frames import Ack, Frame, Message, Status, seconds_of
from desk.client.listener import Listener
from desk.client.record import Offer, Position
from desk.client.transports import Transport
from desk.client.visit import ANSWER_SECONDS, Visit


class DeskClient:
    """Talks to the desk at `url` as a visitor of `site`.

    `identity` is the host's JWT, or what makes one (each is used once). `transport` is "socket", "poll", or
    "auto": a socket, and polling when the way there does not let sockets through. `patience` bounds the time
    without contact; a desk that is not there at the first attempt is only waited for with `waits_for_start`.
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
        transport: Way = "auto",
        patience: float = 60.0,
        waits_for_start: bool = False,
        listener: Listener | None = None,
    ) -> None:
        self.acks: dict[str, Ack] = {}
        self._visit = Visit(url, site, identity, language, token)
        self._follower = Follower(language=language, listener=listener or Listener(), ring=self._ring)
        self._connection = Connection(
            self._visit, self._follower, way=transport, patience=Patience(patience, waits_for_start)
        )
        self._patience = patience
        self._turnstile = asyncio.Lock()
        self._changed = asyncio.Event()
        self._ended: BaseException | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def messages(self) -> dict[int, Message]:
        """The messages of this visit by sequence number, without gaps."""
        return self._follower.record.messages

    @property
    def last_seq(self) -> int:
        return self._follower.record.last_seq

    @property
    def status(self) -> Status | None:
        return self._follower.record.status

    @property
    def position(self) -> Position | None:
        """Keep it, and `open(position=…)` goes on from here."""
        return self._follower.record.position

    @property
    def offers(self) -> list[Offer]:
        """Buttons offered and not pressed yet, oldest first; one may put back those of an earlier visit."""
        return self._follower.record.offers

    @property
    def counters(self) -> Counters:
        return self._follower.counters

    @property
    def token(self) -> str | None:
        """Says who this is: keep it to come back as the same visitor."""
        return self._visit.token

    @property
    def person(self) -> dict[str, Any] | None:
        return self._visit.person

    @property
    def is_up(self) -> bool:
        return self._connection.transport is not None

    @property
    def is_polling(self) -> bool:
        return self._connection.is_polling

    @property
    def why_ended(self) -> BaseException | None:
        """What ended the visit before it was closed, if anything did."""
        return self._ended

    def find_button(self, title: str) -> Offer | None:
        """The latest button of that title that was offered and not pressed yet."""
        return self._follower.record.find_offer(title)

    async def open(self, *, new: bool = False, position: Position | None = None) -> None:
        """Come in: with a new conversation, at a known position, or (neither) with the latest one."""
        if self._task is not None:
            raise ClientError("the client is open already")
        self._follower.is_new = new
        if position is not None:
            self._follower.record.start_from(position)
        # No cookies: the token is the only thing that says who this is.
        self._visit.http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
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
            self._follower.record.press(button)
        else:
            frame["text"] = text or ""
        async with self._turnstile:
            ack = await self._deliver(frame)
        self.acks[ack.client_id] = ack
        return ack

    async def turn_done(self, turn: int, timeout: float | None = None) -> None:  # noqa: ASYNC109 - one bound
        """Wait until this turn has ended and every message of it is here.

        Raises:
            TimeoutError: not in this many seconds.
            LedgerReplaced: the desk went on with a ledger that does not know the turn.
        """
        follower, ledger = self._follower, self._follower.ledger
        needed: int | None = None

        def is_done() -> bool:
            nonlocal needed
            if follower.ledger != ledger:
                raise LedgerReplaced(follower.reload_reason)
            if needed is None and self.status is not None and self.status.turns_done >= turn:
                needed = self.status.last_seq
            return needed is not None and self.last_seq >= needed

        await self.until(is_done, timeout)

    async def until(self, condition: Callable[[], bool], timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Wait until something is true of this client; looked at whenever anything changes."""
        async with asyncio.timeout(timeout):
            while not condition():
                if self._ended is not None:
                    raise self._ended
                await self._changed.wait()

    async def set_language(self, language: str) -> None:
        """Go on in this language, also after a reconnection."""
        self._follower.language = language
        await self.push({"type": "language", "language": language})

    async def typing(self) -> None:
        """Tell that the person is typing; worth it every 3 s at most."""
        await self.push({"type": "typing"})

    async def push(self, frame: Frame) -> bool:
        """Send a frame as it is, once; False when there is no connection to send it on."""
        if (transport := self._connection.transport) is None:
            return False
        try:
            await transport.send(frame)
        except ConnectionLost:
            return False
        return True

    def cut(self) -> None:
        """Break the connection without a closing word, as a pulled cable would; the client comes back."""
        if self.is_up:
            self.counters.cuts += 1
            self._connection.cut()

    async def close(self) -> None:
        """Leave. The conversation stays."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._visit.http is not None:
            await self._visit.http.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _deliver(self, frame: Frame) -> Ack:
        """Send a line until the desk has it or refuses it."""
        sent_at: float | None = None
        failing_since: float | None = None
        failures = 0
        while True:
            await self.until(lambda: self.is_up)
            self.counters.sent_again += sent_at is not None
            sent_at = sent_at or _now()
            answer = await self._ask(frame)
            if answer is None:
                continue
            if answer["type"] == "ack":
                return Ack.read(answer, sent_at=sent_at, received_at=_now())
            if answer["type"] == "slow_down":
                self.counters.slow_downs += 1
                wait = seconds_of(answer, "wait_ms")
            else:
                failures, failing_since = failures + 1, failing_since or _now()
                self._raise_unless_worth_again(answer, failing_since)
                wait = pause_before(failures, 1.0)
            sent_at = None  # that transmission was not recorded
            await asyncio.sleep(wait)

    async def _ask(self, frame: Frame) -> Frame | None:
        """Send a line once; None when the connection broke before an answer."""
        transport = self._connection.transport
        if transport is None:
            return None
        answer = self._follower.expect(frame["client_id"])
        self.counters.sent += 1
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await transport.send(frame)
                return await answer
        except (ConnectionLost, TimeoutError):
            await self._abandon(transport)
            return None

    async def _abandon(self, transport: Transport) -> None:
        """A connection that does not answer is as good as broken."""
        transport.cut()
        await self.until(lambda: self._connection.transport is not transport)

    def _raise_unless_worth_again(self, answer: Frame, failing_since: float) -> None:
        is_hopeless = _now() - failing_since > self._patience
        if not answer.get("retry") or is_hopeless:
            raise Refused(str(answer.get("code", "")), str(answer.get("detail", "")))

    def _ring(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _note_end(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        self._ended = error or ClientError("the client is closed")
        self._follower.expect_nothing()
        self._ring()


def _now() -> float:
    return asyncio.get_running_loop().time()
