"""Runs a test on both storage back ends: SQLite always, PostgreSQL where there is a server.

A folder's conftest.py imports the fixtures that its tests use:

    from tests.databases import database_url, db, postgres_tables, sqlite_template  # noqa: F401

`db` is a `Database` with every table, empty, on each back end in turn; `database_url` is where it lies.
"""

from __future__ import annotations

import contextlib
import importlib
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine

from storage.base import Base
from storage.database import Database
from tests.requirements import ROOT, postgres_server, require

T = TypeVar("T")

PACKAGES = ("storage", "notices", "identity", "ticketing", "knowledge")
THREADS = 4
BACKENDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.requires("postgres")))

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning; time is an argument everywhere, so nothing in these tests waits for it."""


def later(seconds: float) -> datetime:
    """A moment after `NOW`."""
    return NOW + timedelta(seconds=seconds)


def import_every_model() -> None:
    """Fill `Base.metadata`: a table whose module is not imported does not exist for it."""
    importlib.import_module("storage.ledger_epoch")
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("models.py")):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


@contextlib.contextmanager
def an_empty_postgres() -> Iterator[str]:
    """The URL of a PostgreSQL database without tables, dropped at the end."""
    require("postgres")
    server = postgres_server()
    assert server is not None
    name = f"guichet_test_{uuid.uuid4().hex[:12]}"
    administrator = f"{server}/postgres".replace("+psycopg", "")
    with psycopg.connect(administrator, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield f"{server}/{name}"
    finally:
        with psycopg.connect(administrator, autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )


def make_tables(url: str) -> None:
    """Every table, straight from the models."""
    import_every_model()
    engine = create_engine(url)
    try:
        Base.metadata.create_all(engine)
    finally:
        engine.dispose()


def _empty_tables(url: str) -> None:
    # Children first; on tables this small DELETE takes a millisecond, TRUNCATE thirty.
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with every table and no row; tests get a copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_tables() -> Iterator[str]:
    """One PostgreSQL database with every table, emptied for each test."""
    with an_empty_postgres() as url:
        make_tables(url)
        yield url


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a database with every table and no row lies, on each back end in turn."""
    if request.param == "sqlite":
        path = tmp_path / "guichet.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("postgres_tables")
    _empty_tables(url)
    return url


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """An empty desk database, on each back end in turn."""
    database = Database(database_url, threads=THREADS)
    yield database
    database.close()


def at_once(count: int, work: Callable[[int], T]) -> list[T | Exception]:
    """Call `work(0)` to `work(count - 1)` in as many threads, let go together; exceptions are results too."""
    barrier = Barrier(count)

    def run(number: int) -> T | Exception:
        barrier.wait()
        try:
            return work(number)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
            return error

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def values(results: Sequence[T | Exception]) -> list[T]:
    """The results of those that succeeded."""
    return [result for result in results if not isinstance(result, Exception)]


def errors(results: Sequence[T | Exception]) -> list[Exception]:
    """The exceptions of those that did not."""
    return [result for result in results if isinstance(result, Exception)]


def take_away(db: Database, table: str, row_id: int) -> None:
    """Somebody who may switch the database's own checks off deletes a row that others refer to."""
    off, on = {
        "sqlite": ("PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys = ON"),
        "postgresql": (
            "SET session_replication_role = replica",
            "SET session_replication_role = origin",
        ),
    }[db.engine.dialect.name]
    with db.engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        connection.rollback()
        for statement in (off, f"DELETE FROM {table} WHERE id = {row_id:d}", on):  # noqa: S608
            raw.execute(statement)
        raw.commit()
