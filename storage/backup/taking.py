"""Taking a backup: the database as it is at one moment, then the files that its rows speak of."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, Integer, create_engine, func, inspect, select, table, text
from sqlalchemy import column as sql_column
from sqlalchemy.engine import make_url

from storage.backup import postgres, sqlite
from storage.backup.archive import Manifest, files_below, new_archive
from storage.backup.errors import BackupError

DATABASE = {"sqlite": "database/guichet.db", "postgresql": "database/guichet.pgdump"}


def take_backup(
    url: str,
    folders: Mapping[str, Path],
    file: Path,
    *,
    version: str,
    now: datetime,
    environ: Mapping[str, str],
) -> Manifest:
    """Write everything into one file, while the desk runs; returns what is in it.

    The database comes first: a file of which it speaks was there before its row. What comes later is no harm.

    Args:
        folders: by their name in the backup; one that is not there is empty.

    Raises:
        BackupError: there is no such file then.
    """
    if file.exists():
        raise BackupError(f"{file} is there already; name another file")
    if not file.parent.is_dir():
        raise BackupError(f"there is no folder {file.parent}")
    with (
        new_archive(file) as archive,
        tempfile.TemporaryDirectory(prefix=f".{file.name}.", dir=file.parent) as folder,
    ):
        copy = Path(folder) / "database"
        manifest = copy_of(url, copy, version=version, now=now, environ=environ)
        archive.add(DATABASE[manifest.database], copy, now=now)
        copy.unlink()
        for prefix, beside in folders.items():
            for name, path in files_below(beside):
                archive.add(f"{prefix}/{name}", path, now=now)
        return archive.finish(manifest)


def copy_of(url: str, target: Path, *, version: str, now: datetime, environ: Mapping[str, str]) -> Manifest:
    """A copy of the database alone, with what is known of it.

    Raises:
        BackupError: it cannot be copied.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        sqlite.copy_database(Path(str(parsed.database)), target)
        with _connected(f"sqlite:///{target}") as connection:
            return _known(connection, version, now)
    with _connected(url, isolation_level="REPEATABLE READ") as connection:
        snapshot = connection.scalars(text("SELECT pg_export_snapshot()")).one()
        manifest = _known(connection, version, now)
        postgres.dump_database(parsed, snapshot, target, environ)
        return manifest


@contextmanager
def _connected(url: str, isolation_level: str | None = None) -> Iterator[Connection]:
    engine: Engine = create_engine(url, hide_parameters=True)
    try:
        with closing(engine.connect()) as connection:
            if isolation_level:
                connection = connection.execution_options(isolation_level=isolation_level)
            yield connection
    finally:
        engine.dispose()


def _known(connection: Connection, version: str, now: datetime) -> Manifest:
    schema = MigrationContext.configure(connection).get_current_revision()
    if schema is None:
        raise BackupError("the database is empty: there is nothing to back up")
    return Manifest(
        version=version,
        schema=schema,
        database=connection.dialect.name,
        taken_at=now,
        epoch=connection.scalars(text("SELECT epoch FROM ledger_epoch")).first(),
        last=last_ids(connection),
    )


def last_ids(connection: Connection) -> dict[str, int]:
    """The last id of each table that counts its rows."""
    last: dict[str, int] = {}
    inspector = inspect(connection)
    for name in inspector.get_table_names():
        columns = {each["name"]: each["type"] for each in inspector.get_columns(name)}
        if isinstance(columns.get("id"), Integer):
            last[name] = connection.scalar(select(func.max(sql_column("id"))).select_from(table(name))) or 0
    return last
