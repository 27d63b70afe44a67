"""The databases of a run: one of each size on each back end, made and filled, and gone afterwards."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import text

from benchmarks.desk.deeds import Deed, Timed, deeds_on
from benchmarks.desk.heap import fill
from storage import schema
from storage.database import Database

SERVERS = tuple(f"postgresql://{user}@127.0.0.1:5432" for user in ("postgres", "root"))


@dataclass
class Heap:
    """Some tickets in a database, what is done with them, and how long that took."""

    backend: str
    tickets: int
    db: Database
    filled_seconds: float
    bytes: int
    deeds: dict[str, Deed] = field(default_factory=dict)
    timed: dict[str, Timed] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.deeds = deeds_on(self.db, self.tickets)
        self.timed = {name: Timed() for name in self.deeds}


@contextlib.contextmanager
def sqlite_heap(tickets: int, work: Path) -> Iterator[Heap]:
    """A heap in a file of its own."""
    work.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="heap-", dir=work))
    try:
        with _filled(f"sqlite:///{folder / 'guichet.db'}", "SQLite", tickets) as heap:
            heap.bytes = sum(path.stat().st_size for path in folder.iterdir())
            yield heap
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def postgres_heap(tickets: int, server: str) -> Iterator[Heap]:
    """A heap in a database of its own."""
    name = f"guichet_bench_{secrets.token_hex(4)}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        url = f"{server}/{name}".replace("postgresql:", "postgresql+psycopg:")
        with _filled(url, "PostgreSQL", tickets) as heap:
            # What autovacuum does within a minute.
            with heap.db.engine.connect() as connection:
                free = connection.execution_options(isolation_level="AUTOCOMMIT")
                free.execute(text("SET statement_timeout = 0"))
                free.execute(text("VACUUM ANALYZE"))
                heap.bytes = free.scalars(text("SELECT pg_database_size(current_database())")).one()
            yield heap
    finally:
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def found_server() -> str | None:
    """A PostgreSQL on this machine that lets us make databases."""
    for server in SERVERS:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(f"{server}/postgres"):
            return server
    return None


@contextlib.contextmanager
def _filled(url: str, backend: str, tickets: int) -> Iterator[Heap]:
    schema.upgrade(url)
    db = Database(url, threads=1)
    try:
        started = time.monotonic()
        fill(db, tickets)
        yield Heap(backend, tickets, db, time.monotonic() - started, 0)
    finally:
        db.close()
