"""Keeps conversations in SQL: one row per turn, written whole or not at all, read back by session.

Rasa's own store writes a row per event through the ORM, counts the stored events before each save and saves a
new conversation twice. Here a turn is one insert. Its unique keys also say two things no lock can: a turn is
stored once, and two processes cannot both append to one conversation.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SessionStarted, deserialise_events
from sqlalchemy.pool import QueuePool

from bot.rasa_extensions.tracker import DeskTracker

T = TypeVar("T")

metadata = sa.MetaData()
turns = sa.Table(
    "rasa_turn",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender_id", sa.String(255), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("turn_id", sa.String(255)),
    sa.Column("session", sa.Integer, nullable=False),
    sa.Column("saved_at", sa.Float, nullable=False, index=True),
    sa.Column("events", sa.Text, nullable=False),
    sa.UniqueConstraint("sender_id", "position"),
    sa.UniqueConstraint("sender_id", "turn_id"),
)

_newest = turns.alias("newest")
_current_session = (
    sa.select(_newest.c.session)
    .where(_newest.c.sender_id == sa.bindparam("sender"))
    .order_by(_newest.c.position.desc())
    .limit(1)
    .scalar_subquery()
)
_OF_SESSION = (
    sa.select(turns.c.position, turns.c.session, turns.c.events)
    .where(turns.c.sender_id == sa.bindparam("sender"), turns.c.session == _current_session)
    .order_by(turns.c.position)
)
_OF_SENDER = (
    sa.select(turns.c.position, turns.c.session, turns.c.events)
    .where(turns.c.sender_id == sa.bindparam("sender"))
    .order_by(turns.c.position)
)
_OF_TURN = sa.select(turns.c.events).where(
    turns.c.sender_id == sa.bindparam("sender"), turns.c.turn_id == sa.bindparam("turn")
)

# Waiting longer would outlast the turn; the gateway tries again.
BUSY_SECONDS = 5


@dataclass(frozen=True)
class Found:
    """What the store knows when a turn arrives: its recorded events, or the conversation to go on with."""

    recorded: tuple[Event, ...] | None
    tracker: DeskTracker | None


class TurnStore(TrackerStore):  # type: ignore[misc]
    """Raises on every database error: a read that failed must not look like a new conversation."""

    def __init__(self, url: str, domain: Domain | None = None) -> None:
        super().__init__(domain)
        self._engine = open_engine(url)
        metadata.create_all(self._engine)
        # SQLite has one writer; a server's round trips overlap.
        threads = 1 if self._engine.dialect.name == "sqlite" else 4
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="tracker")

    async def find(self, sender_id: str, turn_id: str) -> Found:
        """The turn's own events if it was stored before, whatever session it was in; else the tracker."""
        return await self._in_thread(self._find, sender_id, turn_id)

    async def retrieve(self, sender_id: str) -> DeskTracker | None:
        return await self._in_thread(self._read, sender_id, _OF_SESSION)

    async def retrieve_full_tracker(self, conversation_id: str) -> DeskTracker | None:
        return await self._in_thread(self._read, conversation_id, _OF_SENDER)

    async def keys(self) -> Iterable[str]:
        return await self._in_thread(self._keys)

    async def save(self, tracker: DeskTracker, turn_id: str | None = None) -> None:
        """Appends what the tracker has learned since it was read, in one insert.

        Raises IntegrityError if another process stored this turn, or went on with this conversation.
        """
        new = tracker.new_events()
        if not new:
            return
        session = tracker.session + any(isinstance(event, SessionStarted) for event in new)
        row = {
            "sender_id": tracker.sender_id,
            "position": tracker.position + 1,
            "turn_id": turn_id,
            "session": session,
            "saved_at": time.time(),
            "events": json.dumps([event.as_dict() for event in new], separators=(",", ":")),
        }
        await self._in_thread(self._insert, row)
        tracker.stored_up_to_here(position=row["position"], session=session)

    def blank(self, sender_id: str) -> DeskTracker:
        return DeskTracker(sender_id, self.domain.slots)

    def close(self) -> None:
        self._threads.shutdown(wait=True)
        self._engine.dispose()

    async def _in_thread(self, work: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)

    def _find(self, sender_id: str, turn_id: str) -> Found:
        with self._engine.connect() as connection:
            row = connection.execute(_OF_TURN, {"sender": sender_id, "turn": turn_id}).first()
            if row is not None:
                return Found(tuple(deserialise_events(json.loads(row.events))), None)
            rows = connection.execute(_OF_SESSION, {"sender": sender_id}).all()
        return Found(None, self._tracker(sender_id, rows))

    def _read(self, sender_id: str, query: Any) -> DeskTracker | None:
        with self._engine.connect() as connection:
            rows = connection.execute(query, {"sender": sender_id}).all()
        return self._tracker(sender_id, rows) if rows else None

    def _tracker(self, sender_id: str, rows: list[Any]) -> DeskTracker:
        tracker = self.blank(sender_id)
        for row in rows:
            for event in deserialise_events(json.loads(row.events)):
                tracker.update(event)
        if rows:
            tracker.stored_up_to_here(position=rows[-1].position, session=rows[-1].session)
            tracker.turns_of_session = sum(row.session == tracker.session for row in rows)
        return tracker

    def _insert(self, row: dict[str, Any]) -> None:
        with self._engine.begin() as connection:
            connection.execute(turns.insert().values(row))

    def _keys(self) -> list[str]:
        with self._engine.connect() as connection:
            return [row.sender_id for row in connection.execute(sa.select(turns.c.sender_id).distinct())]


def open_engine(url: str) -> Any:
    """An engine for a SQLite file's path or for a PostgreSQL URL."""
    if "://" in url:
        address = sa.engine.make_url(url).set(drivername="postgresql+psycopg2")
        return sa.create_engine(address, pool_pre_ping=True, pool_size=4)
    engine = sa.create_engine(
        sa.engine.URL.create("sqlite", database=url),
        poolclass=QueuePool,
        pool_size=1,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    """Under NORMAL a killed process loses nothing; a power cut may lose turns, which then run again."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
