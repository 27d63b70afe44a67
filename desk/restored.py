"""What a desk that comes back from a backup must do anew, and what it must not do twice."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from ticketing.problems.logic import problem_number
from ticketing.tickets.logic import TicketType, ticket_number

SKIPPED_NUMBERS = 1_000
"""How many ticket numbers are left out by default: those since the backup were told to people."""

HELD = "held back at a restore"
NUMBERED = ("ticket", "problem")
CLOCKS_APART = timedelta(hours=1)
KEYS_AT_ONCE = 500


@dataclass(frozen=True)
class Since:
    """What the replaced database knows of the time after the backup.

    Args:
        sent: keys of what had left the desk.
        dropped: keys of what an administrator did not want sent.
        last: the last number of tickets and of problems.
        erased: tickets or problems, and the entries whose words were taken out and are back with the backup.
    """

    sent: tuple[str, ...]
    last: dict[str, int]
    erased: tuple[tuple[str, int], ...] = ()
    dropped: tuple[str, ...] = ()


def known_since(url: str, taken_at: datetime, last: Mapping[str, int]) -> Since | None:
    """What the database that is to be replaced can still tell; None if it cannot be read.

    Args:
        last: by table the last id in the backup.
    """
    engine = create_engine(url, hide_parameters=True)
    try:
        with engine.connect() as connection:
            sent = connection.scalars(
                text("SELECT key FROM outbox_item WHERE state = 'sent' AND sent_at >= :since"),
                {"since": _moment(connection.dialect.name, taken_at - CLOCKS_APART)},
            ).all()
            dropped = connection.scalars(text("SELECT key FROM outbox_item WHERE state = 'dropped'")).all()
            erased = tuple(_erased(connection, last))
            return Since(tuple(sent), _last(connection), erased, tuple(dropped))
    except (SQLAlchemyError, LookupError, ValueError, TypeError):
        return None  # damaged: that may be why it is replaced
    finally:
        engine.dispose()


def _erased(connection: Connection, last: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Words of tickets and of problems that were erased since and written before."""
    type_of = text("SELECT type FROM ticket WHERE id = :id")
    for ticket_id, number in _erased_in(connection, "journal_entry", "ticket_id", last):
        if type_ := connection.scalar(type_of, {"id": ticket_id}):
            yield ticket_number(TicketType(type_), ticket_id), number
    for problem_id, number in _erased_in(connection, "problem_entry", "problem_id", last):
        yield problem_number(problem_id), number


def _erased_in(
    connection: Connection, journal: str, owner: str, last: Mapping[str, int]
) -> Iterator[tuple[int, int]]:
    """Whose entry it was, and its number there, in one of the journals."""
    known = {"last": last.get(journal, 0)}
    erasures = text(
        f"SELECT {owner} AS subject, data FROM {journal}"  # noqa: S608 - names of our own tables
        " WHERE kind = 'text_erased' AND id > :last ORDER BY id"
    )
    written = text(
        f"SELECT id FROM {journal} WHERE {owner} = :subject AND number = :number AND id <= :last"  # noqa: S608
    )
    for row in connection.execute(erasures, known).all():
        asked = {**known, "subject": row.subject, "number": _entry(row.data)}
        if connection.execute(written, asked).first():
            yield row.subject, asked["number"]


def _entry(data: str | dict[str, int]) -> int:
    return int((json.loads(data) if isinstance(data, str) else data)["entry"])


@dataclass(frozen=True)
class Mending:
    """The statements that make a restored database go on.

    Args:
        skip: how many ticket numbers are left out.
        holds_outbox: what was waiting to be sent is left for a person to look at.
    """

    now: datetime
    skip: int = SKIPPED_NUMBERS
    holds_outbox: bool = False
    since: Since | None = None

    def __call__(self, backend: str) -> Sequence[str]:
        return list(self._statements(backend))

    def _statements(self, backend: str) -> Iterator[str]:
        now = _moment(backend, self.now)
        # A new one is made at the next start: clients that know the old one begin afresh.
        yield "DELETE FROM ledger_epoch"
        yield "UPDATE turn SET state = 'pending', owner = NULL, lease_until = NULL WHERE state = 'running'"
        for keys in _portions(self.since.sent if self.since else ()):
            yield (
                f"UPDATE outbox_item SET state = 'sent', sent_at = '{now}', error = NULL"  # noqa: S608
                f" WHERE state = 'waiting' AND key IN ({', '.join(map(_quoted, keys))})"
            )
        for keys in _portions(self.since.dropped if self.since else ()):
            yield (
                f"UPDATE outbox_item SET state = 'dropped' WHERE state = 'waiting'"  # noqa: S608
                f" AND key IN ({', '.join(map(_quoted, keys))})"
            )
        if self.holds_outbox:
            yield f"UPDATE outbox_item SET state = 'dead', error = '{HELD}' WHERE state = 'waiting'"  # noqa: S608
        else:
            yield f"UPDATE outbox_item SET next_attempt_at = '{now}' WHERE state = 'waiting'"  # noqa: S608
        for table in NUMBERED:
            known = self.since.last.get(table, 0) if self.since else 0
            yield from _LEAVE_OUT[backend](table, self.skip, known)


def _leave_out_on_sqlite(table: str, skip: int, known: int) -> Iterator[str]:
    yield f"DELETE FROM sqlite_sequence WHERE name = '{table}'"  # noqa: S608 - one of two names
    last = f"SELECT '{table}', max(coalesce(max(id), 0) + {skip}, {known}) FROM {table}"  # noqa: S608
    yield f"INSERT INTO sqlite_sequence (name, seq) {last}"


def _leave_out_on_postgresql(table: str, skip: int, known: int) -> Iterator[str]:
    last = f"(SELECT greatest(coalesce(max(id), 0) + {skip}, {known}) FROM {table})"  # noqa: S608
    # An older schema has no problems yet.
    yield (
        f"DO $$ BEGIN IF to_regclass('{table}') IS NOT NULL THEN"
        f" PERFORM setval(pg_get_serial_sequence('{table}', 'id'), greatest({last}, 1), {last} > 0);"
        " END IF; END $$"
    )


_LEAVE_OUT = {"sqlite": _leave_out_on_sqlite, "postgresql": _leave_out_on_postgresql}


@dataclass(frozen=True)
class Standing:
    """What a restored database has to send: what waits, what is held, what is known to have left."""

    waiting: int
    held: int
    sent_since: int


def standing(url: str, restored_at: datetime) -> Standing:
    """Where the outbox of a restored database stands."""
    engine = create_engine(url, hide_parameters=True)
    try:
        with engine.connect() as connection:
            at = _moment(connection.dialect.name, restored_at)
            found = connection.execute(
                text(
                    "SELECT count(CASE WHEN state = 'waiting' THEN 1 END) AS waiting,"
                    " count(CASE WHEN state = 'dead' AND error = :held THEN 1 END) AS held,"
                    " count(CASE WHEN state = 'sent' AND sent_at = :at THEN 1 END) AS sent FROM outbox_item"
                ),
                {"held": HELD, "at": at},
            ).one()
            return Standing(found.waiting, found.held, found.sent)
    finally:
        engine.dispose()


def _last(connection: Connection) -> dict[str, int]:
    last = {}
    for table in NUMBERED:
        found = connection.scalars(text(f"SELECT max(id) FROM {table}"))  # noqa: S608 - one of two names
        last[table] = found.one() or 0
    return last


def _moment(backend: str, at: datetime) -> str:
    """A time as the back end writes it: SQLite compares texts."""
    utc = at.astimezone(UTC)
    return utc.strftime("%Y-%m-%d %H:%M:%S.%f") if backend == "sqlite" else utc.isoformat()


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _portions(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), KEYS_AT_ONCE):
        yield keys[start : start + KEYS_AT_ONCE]
