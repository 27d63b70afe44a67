"""Runs operations, each in a transaction of its own, on SQLite or PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.orm import Session, sessionmaker

P = ParamSpec("P")
T = TypeVar("T")

BUSY_TIMEOUT_MS = 5_000
"""How long a writer waits for another one before the caller is told "not saved" (TRUST RL-16)."""

STATEMENT_TIMEOUT_MS = 10_000
"""PostgreSQL gives up a statement after this long (TRUST RL-17)."""

BREATH_SECONDS = 0.12
"""How long SQLite is left to other writers between two batches. Another process that waits looks again every
100 ms at the latest: between batches that follow at once it hardly ever finds the lock free, and gives up."""

TRIES = 3
"""How often a transaction is begun that PostgreSQL ended because two waited for each other."""

_GAVE_WAY = frozenset({"40P01", "40001"})  # deadlock, serialisation failure
_BEGIN = "guichet_begin"


class DatabaseUnavailable(Exception):
    """The database is locked, full, gone or restarting: nothing of the operation was saved.

    The cause is chained, not quoted: its text may hold what was being written.
    """

    def __init__(self) -> None:
        super().__init__(
            "the database did not accept this, so nothing was saved: others may write; try again"
        )


class _GaveWay(DatabaseUnavailable):
    """Ended so that another transaction can go on: the same will do when it is begun again."""


class Database:
    """One engine and the threads that talk to it.

    `write` takes the write lock at once (`BEGIN IMMEDIATE`): a SQLite transaction that reads first and
    writes later fails at once when another writer came in between, whatever the time-out says.
    """

    def __init__(self, url: str, *, threads: int = 4) -> None:
        self.engine = create_database_engine(url, threads=threads)
        writing = self.engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        self._reads = sessionmaker(self.engine, expire_on_commit=False)
        self._writes = sessionmaker(writing, expire_on_commit=False)
        for sessions in (self._reads, self._writes):
            event.listen(sessions, "loaded_as_persistent", _keep)
            event.listen(sessions, "pending_to_persistent", _keep)
        self._reading = ThreadPoolExecutor(threads, thread_name_prefix="database-read")
        # SQLite has one writer at a time: a queue of our own is fair and wakes at once, where SQLite's busy
        # handler sleeps and tries again. Readers never wait behind a blocked writer.
        has_one_writer = self.engine.dialect.name == "sqlite"
        writers = 1 if has_one_writer else threads
        self._breath = BREATH_SECONDS if has_one_writer else 0.0
        self._writing = ThreadPoolExecutor(writers, thread_name_prefix="database-write")

    def read(self, operation: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run an operation that changes nothing."""
        return _run(self._reads, operation, args, kwargs)

    def write(self, operation: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run an operation and commit it; an exception rolls everything back.

        It may be run more than once, of which one run counts: what it does outside the session it must not
        mind doing again.
        """
        for _ in range(TRIES - 1):
            with contextlib.suppress(_GaveWay):
                return _run(self._writes, operation, args, kwargs)
        return _run(self._writes, operation, args, kwargs)

    async def aread(
        self, operation: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`read`, in one of this database's threads."""
        return await _in_thread(self._reading, lambda: self.read(operation, *args, **kwargs))

    async def awrite(
        self, operation: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`write`, in one of this database's threads."""
        return await _in_thread(self._writing, lambda: self.write(operation, *args, **kwargs))

    def in_batches(
        self, operation: Callable[Concatenate[Session, P], int], *args: P.args, **kwargs: P.kwargs
    ) -> int:
        """`write` an operation again and again until it does nothing more; returns how much it did.

        Others write between two batches.
        """
        done = 0
        while count := self.write(operation, *args, **kwargs):
            done += count
            time.sleep(self._breath)
        return done

    async def ain_batches(
        self, operation: Callable[Concatenate[Session, P], int], *args: P.args, **kwargs: P.kwargs
    ) -> int:
        """`in_batches`, from a coroutine."""
        done = 0
        while count := await self.awrite(operation, *args, **kwargs):
            done += count
            await self.abreathe()
        return done

    async def abreathe(self) -> None:
        """Leave SQLite to other writers for a moment, after many transactions in a row."""
        await asyncio.sleep(self._breath)

    def close(self) -> None:
        """Finish what is running and let go of every connection."""
        for threads in (self._reading, self._writing):
            threads.shutdown(wait=True, cancel_futures=True)
        self.engine.dispose()


def _keep(session: Session, row: object) -> None:
    """Hold a row as long as its transaction: the session alone forgets it, and would read it again."""
    session.info.setdefault("rows", []).append(row)


async def _in_thread(threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(threads, work)


def _run(
    sessions: sessionmaker[Session],
    operation: Callable[..., T],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> T:
    try:
        with sessions.begin() as session:
            return operation(session, *args, **kwargs)
    except (OperationalError, InterfaceError, NoConnectionFree) as error:
        is_to_be_begun_again = getattr(getattr(error, "orig", None), "sqlstate", None) in _GAVE_WAY
        raise (_GaveWay if is_to_be_begun_again else DatabaseUnavailable) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise DatabaseUnavailable from error
        raise


def create_database_engine(url: str, *, threads: int = 4) -> Engine:
    """An engine with the durability the ledger relies on.

    Args:
        url: `sqlite:///path` or `postgresql+psycopg://…`.
        threads: how many connections may be in use at once.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, pool_size=threads + 2, max_overflow=4, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if parsed.get_backend_name() == "postgresql":
        options = f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC"
        return create_engine(
            parsed,
            # Readers and writers have threads of their own.
            pool_size=2 * threads + 1,
            max_overflow=2,
            pool_pre_ping=True,
            # What was being written may be what somebody said: it must not reach a log by way of an error.
            hide_parameters=True,
            connect_args={"options": options, "connect_timeout": 5},
        )
    raise ValueError(f"database {parsed.get_backend_name()!r} is not supported; use sqlite or postgresql")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # pysqlite would open its own deferred transactions; `_begin_sqlite` opens ours.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        # FULL: an acknowledged message survives a power cut, not only a crash (TRUST RL-16).
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))
