"""One operation, one transaction: the durability it is given and how it fails."""

from __future__ import annotations

import sqlite3
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from storage import database as storage_database
from storage.database import Database, DatabaseUnavailable, create_database_engine
from tests.databases import at_once, errors
from tests.storage.notes import Note, count_notes, write_note

FULL = 2


@pytest.fixture
def file(file_url: str) -> Path:
    return Path(file_url.removeprefix("sqlite:///"))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writers give up after a tenth of a second."""
    monkeypatch.setattr(storage_database, "BUSY_TIMEOUT_MS", 100)


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", FULL), ("foreign_keys", 1), ("busy_timeout", 5_000)],
)
def test_every_sqlite_connection_has_the_durability_the_ledger_relies_on(
    file_url: str, pragma: str, value: object
) -> None:
    engine = create_database_engine(file_url)

    for _ in range(3):
        with engine.connect() as one, engine.connect() as other:
            assert one.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
            assert other.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
    engine.dispose()


@pytest.mark.requires("postgres")
def test_every_postgres_connection_gives_up_a_statement_and_speaks_utc(postgres_tables: str) -> None:
    engine = create_database_engine(postgres_tables)

    with engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW statement_timeout").scalar() == "10s"
        assert connection.exec_driver_sql("SHOW timezone").scalar() == "UTC"
    engine.dispose()


def test_another_kind_of_database_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="mysql"):
        Database("mysql://localhost/x")


def test_what_an_operation_returns_is_returned_and_its_rows_are_committed(notes: Database) -> None:
    assert notes.write(write_note, "kept") == 1
    assert notes.read(count_notes) == 1


async def test_operations_can_be_awaited(notes: Database) -> None:
    await notes.awrite(write_note, "kept")

    assert await notes.aread(count_notes) == 1


def test_an_exception_rolls_everything_back_and_is_not_changed(notes: Database) -> None:
    def operation(session: Session) -> None:
        write_note(session, "first")
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        notes.write(operation)

    assert notes.read(count_notes) == 0


def test_a_broken_rule_of_the_database_is_not_called_unavailable(notes: Database) -> None:
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError):
        notes.write(lambda session: session.execute(text("INSERT INTO note (id) VALUES (1)")))


def test_a_writer_has_the_lock_from_its_first_statement_even_a_read(file_url: str, file: Path) -> None:
    database = Database(file_url)

    def operation(session: Session) -> None:
        count_notes(session)
        with (
            sqlite3.connect(file, timeout=0) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("BEGIN IMMEDIATE")
        other.close()

    database.write(operation)
    database.close()


def test_a_reader_takes_no_lock(file_url: str, file: Path) -> None:
    database = Database(file_url)

    def operation(session: Session) -> int:
        count_notes(session)
        other = sqlite3.connect(file, timeout=0)
        other.execute("INSERT INTO note (text, kind) VALUES ('beside', 'plain-note')")
        other.commit()
        other.close()
        return count_notes(session)

    assert database.read(operation) == 0, "a read is one snapshot"
    assert database.read(count_notes) == 1
    database.close()


def test_eight_writers_that_read_first_all_get_through(notes: Database) -> None:
    def read_then_write(session: Session, number: int) -> None:
        count_notes(session)
        write_note(session, f"writer {number}")

    def writer(number: int) -> None:
        for _ in range(15):
            notes.write(read_then_write, number)

    assert errors(at_once(8, writer)) == []
    assert notes.read(count_notes) == 8 * 15


def test_eight_databases_on_one_file_never_say_it_is_locked(file_url: str) -> None:
    databases = [Database(file_url, threads=1) for _ in range(8)]

    def writer(number: int) -> None:
        for _ in range(10):
            databases[number].write(write_note, f"writer {number}")

    assert errors(at_once(8, writer)) == []
    assert databases[0].read(count_notes) == 80
    for database in databases:
        database.close()


@pytest.mark.usefixtures("impatient")
def test_a_lock_held_longer_than_the_time_out_means_not_saved(file_url: str, file: Path) -> None:
    database = Database(file_url)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(DatabaseUnavailable):
        database.write(write_note, "lost")
    assert database.read(count_notes) == 0, "readers go on"

    other.execute("ROLLBACK")
    other.close()
    assert database.read(count_notes) == 0
    assert database.write(write_note, "after"), "the connection is fit for use again"
    database.close()


def test_a_writer_waits_for_a_lock_that_is_let_go_in_time(file_url: str, file: Path) -> None:
    database = Database(file_url)
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    letting_go = threading.Timer(0.2, lambda: other.execute("ROLLBACK"))
    letting_go.start()

    assert database.write(write_note, "patient")

    letting_go.join()
    other.close()
    database.close()


@pytest.mark.requires("postgres")
def test_a_postgres_that_went_away_is_unavailable_and_comes_back_by_itself(postgres_tables: str) -> None:
    database = Database(postgres_tables)

    def hang_up(session: Session) -> None:
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(DatabaseUnavailable):
        database.write(hang_up)

    assert database.read(lambda session: session.scalar(text("SELECT 1"))) == 1
    database.close()


@pytest.mark.requires("postgres")
def test_a_postgres_that_nobody_can_reach_is_unavailable() -> None:
    database = Database("postgresql+psycopg://nobody@127.0.0.1:9/none")

    with pytest.raises(DatabaseUnavailable):
        database.read(lambda session: session.scalar(text("SELECT 1")))
    database.close()


def test_of_two_that_lock_the_same_rows_in_another_order_both_get_through(notes: Database) -> None:
    """PostgreSQL ends one of them for the other's sake; SQLite lets one in at a time."""
    first, second = notes.write(write_note, "a"), notes.write(write_note, "b")
    both_have_one = threading.Barrier(2)
    runs: list[int] = []

    def lock_both(session: Session, *order: int) -> None:
        runs.append(order[0])
        access_note(session, order[0])
        # Whoever begins again comes alone.
        if notes.engine.dialect.name == "postgresql" and len(runs) <= 2:
            both_have_one.wait(5)
        note = access_note(session, order[1])
        note.text += str(order[0])

    at_once(2, lambda number: notes.write(lock_both, *((first, second), (second, first))[number]))

    texts = notes.read(lambda session: sorted(note.text for note in session.scalars(select(Note))))
    assert texts == sorted([f"a{second}", f"b{first}"])
    assert len(runs) == (3 if notes.engine.dialect.name == "postgresql" else 2)


@pytest.mark.requires("postgres")
def test_whoever_gives_way_again_and_again_is_told_that_nothing_is_saved(postgres_tables: str) -> None:
    database = Database(postgres_tables)
    runs: list[int] = []

    def gives_way(session: Session) -> None:
        runs.append(1)
        session.execute(text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$"))

    with pytest.raises(DatabaseUnavailable):
        database.write(gives_way)

    assert len(runs) == 3
    database.close()


def access_note(session: Session, note_id: int) -> Note:
    return session.get_one(Note, note_id, with_for_update=True, populate_existing=True)


def test_having_no_connection_left_is_unavailable(notes: Database) -> None:
    pool = notes.engine.pool
    pool._timeout = 0.05  # type: ignore[attr-defined]
    held = [notes.engine.connect() for _ in range(pool.size() + pool._max_overflow)]  # type: ignore[attr-defined]

    with pytest.raises(DatabaseUnavailable):
        notes.read(count_notes)

    for connection in held:
        connection.close()


def test_what_was_being_written_is_in_no_error(notes: Database) -> None:
    said = "my-very-secret-line"

    def operation(session: Session) -> None:
        session.execute(text("INSERT INTO no_such_table (a) VALUES (:a)"), {"a": said})

    with pytest.raises(Exception, match=r"no_such_table|not accept") as raised:
        notes.write(operation)

    assert said not in "".join(traceback.format_exception(raised.value))


async def test_a_closed_database_takes_nothing_more(file_url: str) -> None:
    database = Database(file_url)
    database.close()

    with pytest.raises(RuntimeError):
        await database.awrite(write_note, "late")


def a_pile(size: int, most: int) -> Callable[[Session], int]:
    """Something to do of which each call does so much at the most."""
    left = [size]

    def work(_: Session) -> int:
        done = min(most, left[0])
        left[0] -= done
        return done

    return work


def test_batches_go_on_until_nothing_is_left_and_leave_others_room_between(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaths: list[float] = []
    monkeypatch.setattr("storage.database.time.sleep", breaths.append)

    assert db.in_batches(a_pile(5, most=2)) == 5

    # Longer than another process sleeps that waits for SQLite; PostgreSQL has no single writer.
    breath = 0.12 if db.engine.dialect.name == "sqlite" else 0.0
    assert breaths == [breath] * 3


async def test_batches_do_the_same_from_a_coroutine(db: Database) -> None:
    assert await db.ain_batches(a_pile(5, most=2)) == 5
