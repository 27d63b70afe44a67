"""Everything of one run: the two processes, the two proxies, the people, an agent, and what was counted."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notices.outbox.models import OutboxItem, OutboxState
from storage.database import Database, DatabaseUnavailable
from tests.nemesis.installation import Installation
from tests.nemesis.processes import KeptProcess
from tests.nemesis.proxy import Answer, FaultProxy
from tests.nemesis.surfing import Surfing
from tests.nemesis.talker import Talker
from ticketing.conversations.errors import SpeakerChangeRefused
from ticketing.conversations.models import Conversation
from ticketing.conversations.operations import hand_back, take_over, write_as_agent
from ticketing.turns.logic import TurnState
from ticketing.turns.models import Turn

AGENT = "Ada"
QUIET_SECONDS = 60.0
T = TypeVar("T")


def utc_now() -> datetime:
    """The clock that the desk reads too."""
    return datetime.now(UTC)


@dataclass
class Arena:
    """What faults and people act on."""

    installation: Installation
    desk: KeptProcess
    rasa: KeptProcess
    to_rasa: FaultProxy
    to_actions: FaultProxy
    database: Database
    rng: random.Random
    people: list[Talker] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    locked: list[tuple[datetime, datetime]] = field(default_factory=list)
    unquiet: list[str] = field(default_factory=list)
    on_ack: Callable[[], None] | None = None
    acked: int = 0
    surfing: Surfing | None = None
    errands: set[asyncio.Task[None]] = field(default_factory=set)

    def note_ack(self) -> None:
        """A line was acknowledged for the first time."""
        self.acked += 1
        hook, self.on_ack = self.on_ack, None
        if hook is not None:
            hook()

    def kill(self, process: KeptProcess, point: str) -> bool:
        """`kill -9` at a point; the process comes back after a moment."""
        if not process.kill(away=self.rng.choice((0.0, 0.3, 1.0))):
            return False
        if process is self.desk:
            self.counts["lines on their way when the desk was killed"] += sum(
                not line.acks and not line.is_refused for person in self.people for line in person.lines
            )
        self.kills[process.spec.name, point] += 1
        return True

    # The agent

    async def take(self, conversation: str) -> bool:
        """An agent takes a conversation over; False when one has it already."""
        try:
            await self._insist(take_over, conversation, agent_name=AGENT)
        except SpeakerChangeRefused:
            return False
        self.counts["conversations taken over"] += 1
        return True

    async def say_as_agent(self, conversation: str) -> None:
        """A line of the agent, who may have lost the word meanwhile."""
        with contextlib.suppress(SpeakerChangeRefused):
            self.counts["lines of the agent"] += 1
            text = f"I look into it, {self.counts['lines of the agent']}"
            await self._insist(write_as_agent, conversation, text, agent_name=AGENT)

    async def give_back(self, conversation: str) -> None:
        """The assistant speaks again."""
        with contextlib.suppress(SpeakerChangeRefused):
            await self._insist(hand_back, conversation, actor=AGENT)
            self.counts["conversations handed back"] += 1

    async def _insist(self, operation: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        while True:
            try:
                return await self.database.awrite(operation, *args, **kwargs, now=utc_now())
            except DatabaseUnavailable:
                await asyncio.sleep(0.2)

    # The database, held by another process than the desk

    @asynccontextmanager
    async def database_locked(self) -> AsyncIterator[None]:
        """Nobody else can write while the block runs; on record, because the desk cannot answer then."""
        with self._lock() as lock:
            await asyncio.to_thread(lock)
            started = utc_now()
            try:
                yield
            finally:
                self.locked.append((started, utc_now()))

    @contextmanager
    def _lock(self) -> Iterator[Callable[[], object]]:
        url = self.installation.desk.database_url
        if url.startswith("sqlite"):
            holder = sqlite3.connect(
                url.removeprefix("sqlite:///"), timeout=30, isolation_level=None, check_same_thread=False
            )
            with contextlib.closing(holder):
                yield lambda: holder.execute("BEGIN EXCLUSIVE")
                holder.execute("ROLLBACK")
            return
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            yield lambda: connection.execute("LOCK TABLE message IN ACCESS EXCLUSIVE MODE")
            connection.rollback()

    async def cut_database_connections(self) -> int:
        """PostgreSQL only: end every connection that is not ours."""
        url = self.installation.desk.database_url.replace("+psycopg", "")
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            cursor = await connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            row = await cursor.fetchone()
            return int(row[0]) if row else 0

    # The end

    async def until_quiet(self) -> None:
        """Both processes up, every turn ended, everything sent, every client up to date."""
        async with asyncio.timeout(QUIET_SECONDS):
            await self.desk.until_up()
            await self.rasa.until_up()
            while not await self._is_quiet():  # noqa: ASYNC110 - asks another process
                await asyncio.sleep(0.2)

    async def _is_quiet(self) -> bool:
        try:
            open_turns, waiting, lasts = await self.database.aread(_what_is_open)
        except DatabaseUnavailable:
            return False
        seen = all(
            viewer.last_seq >= lasts[person.conversation]
            for person in self.people
            for viewer in person.viewers
        )
        return not open_turns and not waiting and seen


def _what_is_open(session: Session) -> tuple[int, int, dict[str, int]]:
    turns = session.scalar(select(func.count()).select_from(Turn).where(Turn.state != TurnState.DONE))
    parcels = session.scalar(
        select(func.count()).select_from(OutboxItem).where(OutboxItem.state == OutboxState.WAITING)
    )
    rows = session.execute(select(Conversation.public_id, Conversation.last_seq))
    return turns or 0, parcels or 0, {row[0]: row[1] for row in rows}


@asynccontextmanager
async def an_arena(installation: Installation, rng: random.Random) -> AsyncIterator[Arena]:
    """Both processes running behind their proxies; none is left at the end."""
    logs = installation.desk.var / "logs"
    logs.mkdir(exist_ok=True)
    ports = installation.ports
    arena = Arena(
        installation,
        KeptProcess(installation.desk_process(), logs / "desk.log"),
        KeptProcess(installation.rasa_process(), logs / "rasa.log"),
        FaultProxy("rasa", f"http://127.0.0.1:{ports.rasa}"),
        FaultProxy("actions", f"http://127.0.0.1:{ports.actions}"),
        Database(installation.desk.database_url, threads=2),
        rng,
    )
    _count_repeats(arena)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(arena.database.close)
        for proxy, port in ((arena.to_rasa, ports.rasa_proxy), (arena.to_actions, ports.actions_proxy)):
            stack.push_async_callback(proxy.stop)
            await proxy.start(port)
        for process in (arena.desk, arena.rasa):
            stack.push_async_callback(process.stop)
        await asyncio.gather(arena.desk.start(), arena.rasa.start())
        yield arena


def _count_repeats(arena: Arena) -> None:
    ran: set[tuple[object, object]] = set()

    def note_turn(body: dict[str, Any], answer: Answer) -> None:
        arena.counts["turns asked of Rasa"] += 1
        arena.counts["turns that Rasa replayed"] += b'"replayed":true' in answer.body.replace(b" ", b"")

    def note_action(body: dict[str, Any], answer: Answer) -> None:
        arena.counts["action calls"] += 1
        key = (turn_of(body), body.get("next_action"))
        arena.counts["actions run again for their turn"] += key in ran and answer.status == 200
        ran.add(key)

    arena.to_rasa.watch(note_turn)
    arena.to_actions.watch(note_action)


def turn_of(body: dict[str, Any]) -> object:
    """The turn an action call belongs to."""
    return body.get("tracker", {}).get("latest_message", {}).get("metadata", {}).get("turn_id")


def folder_of(arena: Arena) -> Path:
    """Where the run keeps everything."""
    return arena.installation.desk.var
