"""Brings a database to the schema this version of the desk needs, forward only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

_MIGRATIONS = Path(__file__).parent / "migrations"
_UPGRADE_LOCK = 0x6775696368


class SchemaTooNew(Exception):
    """The database was written by a newer version; this one does not know what its columns mean."""

    def __init__(self, current: str) -> None:
        super().__init__(
            f"the database has schema {current}, which this version does not know; install the newer one"
        )


@dataclass(frozen=True)
class SchemaStatus:
    """Which schema a database has (None: empty), and which one this version needs."""

    current: str | None
    head: str

    @property
    def is_current(self) -> bool:
        return self.current == self.head


def status(url: str) -> SchemaStatus:
    """Read where a database stands, without changing it or making its file."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(str(parsed.database)).is_file():
        return SchemaStatus(None, _head())
    engine = create_engine(make_url(url), hide_parameters=True)
    try:
        with engine.connect() as connection:
            return _status(connection)
    finally:
        engine.dispose()


def is_known(revision: str) -> bool:
    """Whether this version knows a schema: its own or an earlier one."""
    return revision in {script.revision for script in _scripts().walk_revisions()}


def upgrade(url: str) -> SchemaStatus:
    """Apply the missing migrations, each whole or not at all; returns the status afterwards.

    Raises:
        SchemaTooNew: the database knows a migration that this version does not.
    """
    _make_folder(url)
    engine = _upgrading_engine(url)
    try:
        with engine.begin() as connection:
            before = _status(connection)
            if before.current is not None and not is_known(before.current):
                raise SchemaTooNew(before.current)
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            return _status(connection)
    finally:
        engine.dispose()


def _upgrading_engine(url: str) -> Engine:
    """One upgrade at a time, whole or not at all, on both back ends."""
    # What a migration moves from one column to another may be what somebody said.
    engine = create_engine(make_url(url), hide_parameters=True)
    if engine.dialect.name == "sqlite":
        # pysqlite opens no transaction before CREATE or ALTER: half an upgrade would stay. Foreign keys
        # stay off, as SQLite's way to change a table (copy, drop, rename) needs.
        event.listen(engine, "connect", _leave_transactions_to_us)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    else:
        event.listen(
            engine,
            "begin",
            lambda connection: connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})"),
        )
    return engine


def _leave_transactions_to_us(connection: Any, _record: Any) -> None:
    connection.isolation_level = None


def _status(connection: Connection) -> SchemaStatus:
    return SchemaStatus(MigrationContext.configure(connection).get_current_revision(), _head())


def _head() -> str:
    head = _scripts().get_current_head()
    if head is None:
        raise RuntimeError("no migrations were found; the installation is incomplete")
    return head


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _make_folder(url: str) -> None:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
        Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
