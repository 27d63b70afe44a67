"""Keeps one connection to the desk up: connects, comes back with growing pauses, gives up after a while."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import Literal, Protocol

from desk.client.backoff import pause_before
from desk.client.errors import ClientError, ConnectionLost, NoContact, NothingListens, Refused
from desk.client.frames import Frame
from desk.client.transports import PollTransport, SocketTransport, Transport, UpgradeRefused
from desk.client.visit import ANSWER_SECONDS, Visit, raise_refusal

# A connection that lived shorter than this did not end the trouble.
STEADY_SECONDS = 1.0
REFUSED_UPGRADES = 2

Way = Literal["auto", "socket", "poll"]


class Party(Protocol):
    """Who talks over the connection."""

    def hello(self, token: str) -> Frame: ...

    def poll_body(self) -> Frame: ...

    def welcome(self, frame: Frame) -> None: ...

    def handle(self, frame: Frame) -> None: ...

    def asks_again_at(self) -> float | None:
        """When to ask again for what is missing, on the loop's clock."""

    def ask_again(self) -> Frame: ...

    def came_up(self) -> None: ...

    def went_down(self) -> None: ...


@dataclass(frozen=True)
class Patience:
    """How long to try: `seconds` without contact; at first only if something listens, unless told to wait."""

    seconds: float = 60.0
    waits_for_start: bool = False


class Connection:
    """The transport of the moment, or none."""

    def __init__(self, visit: Visit, party: Party, *, way: Way, patience: Patience) -> None:
        self._visit, self._party, self._patience = visit, party, patience
        self._way = way
        self._refused_upgrades = 0
        self._attempt = 0
        self._was_welcome = self._was_cut = self._is_token_new = False
        self._lost_at = self._up_at = 0.0
        self.transport: Transport | None = None

    @property
    def is_polling(self) -> bool:
        return self._way == "poll" or (self._way == "auto" and self._refused_upgrades >= REFUSED_UPGRADES)

    def cut(self) -> None:
        """Break the connection; the way back is not held against the desk."""
        if self.transport is not None:
            self._was_cut = True
            self.transport.cut()

    async def run(self) -> None:
        """Until cancelled, or:

        Raises:
            NoContact: the desk was away for too long.
            Refused: the desk said no for good.
        """
        self._lost_at = _now()
        while True:
            try:
                await self._connect_and_listen()
            except UpgradeRefused as trouble:
                self._refused_upgrades += 1
                await self._pause(trouble)
            except (ConnectionLost, Refused) as trouble:
                await self._pause(trouble)

    async def _connect_and_listen(self) -> None:
        transport = self._new_transport()
        try:
            await self._connect(transport)
            self._up_at, self._was_welcome, self._is_token_new = _now(), True, False
            self.transport = transport
            self._party.came_up()
            await self._listen(transport)
        except asyncio.CancelledError:
            self.transport = None  # left on purpose: nobody needs to hear of a loss
            raise
        finally:
            if self.transport is not None:
                self.transport, self._lost_at = None, _now()
                if self._was_cut or self._lost_at - self._up_at >= STEADY_SECONDS:
                    self._attempt = 0
                self._was_cut = False
                self._party.went_down()
            await transport.close()

    def _new_transport(self) -> Transport:
        if self.is_polling:
            return PollTransport(self._visit, self._party.poll_body)
        return SocketTransport(self._visit)

    async def _connect(self, transport: Transport) -> None:
        """As far as the welcome, within the patience that is left."""
        left = self._lost_at + self._patience.seconds - _now()
        try:
            async with asyncio.timeout(max(1.0, left)):
                self._is_token_new |= self._visit.token is None
                await transport.start(self._party.hello(await self._visit.ensure_token()))
                await self._welcome(transport)
        except TimeoutError as error:
            raise ConnectionLost("no answer in time") from error

    async def _welcome(self, transport: Transport) -> None:
        early: list[Frame] = []
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while (frame := await transport.receive())["type"] != "welcome":
                    raise_refusal(frame)
                    if frame["type"] == "reload":
                        self._party.handle(frame)
                    else:
                        early.append(frame)
        except TimeoutError as error:
            raise UpgradeRefused("no welcome in time") from error
        if not self.is_polling:
            self._refused_upgrades = 0
        self._party.welcome(frame)
        for frame in early:
            self._party.handle(frame)

    async def _listen(self, transport: Transport) -> None:
        while True:
            try:
                async with asyncio.timeout_at(self._party.asks_again_at()):
                    frame = await transport.receive()
            except TimeoutError:
                await transport.send(self._party.ask_again())
                continue
            if frame["type"] == "welcome":
                continue
            if frame["type"] == "reconnect" or _ends_visit(frame):
                raise_refusal(frame)
            self._party.handle(frame)
            if frame["type"] == "reload":
                # A hello without a position starts from the first message.
                raise ConnectionLost("the ledger was replaced")

    async def _pause(self, trouble: ClientError) -> None:
        """Wait before the next attempt, or give up."""
        if isinstance(trouble, Refused) and trouble.code == "visitor_refused" and not self._is_token_new:
            self._visit.token = None
            return
        if isinstance(trouble, Refused) and not trouble.can_retry:
            raise trouble
        wait = trouble.wait if isinstance(trouble, ConnectionLost) else 0.0
        if wait:
            self._lost_at = _now()
        self._attempt += 1
        left = self._lost_at + self._patience.seconds - _now()
        is_absent = isinstance(trouble, NothingListens) and not self._was_welcome
        if is_absent and not self._patience.waits_for_start:
            raise NoContact(self._visit.url, 0) from trouble
        if left <= 0:
            if isinstance(trouble, Refused):
                raise trouble
            raise NoContact(self._visit.url, self._patience.seconds) from trouble
        pause = max(wait, pause_before(self._attempt, random.random()))  # noqa: S311 - spreads, hides nothing
        await asyncio.sleep(pause if wait else min(pause, left))


def _now() -> float:
    return asyncio.get_running_loop().time()


def _ends_visit(frame: Frame) -> bool:
    return frame["type"] == "error" and frame.get("code") == "visitor_refused"
