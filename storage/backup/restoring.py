"""Putting a backup back: proved first, made ready beside what is there, and put in its place in one step.

Whoever is killed on the way leaves what was there before (an installation, or none), or the restored one:
until the last step nothing that is in use is touched, and the last step is one renaming on SQLite, one
transaction on PostgreSQL.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

from storage import schema
from storage.backup import postgres, sqlite
from storage.backup.archive import Manifest, files_below, sync_folder, unpack
from storage.backup.errors import BackupError
from storage.backup.taking import DATABASE, copy_of
from storage.schema import SchemaTooNew

STAGING = ".restore-"
Mend = Callable[[str], Sequence[str]]
"""By back end, the statements that make a database that was away ready to go on."""


@dataclass(frozen=True)
class Place:
    """Where an installation is, or will be.

    Args:
        folders: by their name in the backup.
        keep_in: gets what was there before.
        retired: files that must not meet the restored database; they are kept there too.
    """

    url: str
    var: Path
    folders: Mapping[str, Path]
    keep_in: Path
    retired: Sequence[Path] = ()

    @property
    def database_file(self) -> Path | None:
        parsed = make_url(self.url)
        return Path(str(parsed.database)) if parsed.get_backend_name() == "sqlite" else None


def is_taken(place: Place) -> bool:
    """Whether there is an installation already."""
    if place.database_file is not None:
        return place.database_file.exists()
    with _connected(place.url) as connection:
        return bool(postgres.tables_in(connection))


@contextmanager
def unpacked(file: Path, place: Place) -> Iterator[tuple[Path, Manifest]]:
    """A backup below a folder of its own, proved, and fit for this version and this place.

    Raises:
        BackupError, SchemaTooNew: it cannot be restored here.
    """
    beside = place.database_file.parent if place.database_file else place.var
    beside.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in beside.glob(f"{STAGING}*"):
        shutil.rmtree(left)  # of somebody who was killed; the caller holds the installation
    with tempfile.TemporaryDirectory(prefix=STAGING, dir=beside) as folder:
        manifest = unpack(file, Path(folder))
        wanted = make_url(place.url).get_backend_name()
        if manifest.database != wanted:
            raise BackupError(f"{file} is of a {manifest.database} database, and this desk uses {wanted}")
        if not schema.is_known(manifest.schema):
            raise SchemaTooNew(manifest.schema)
        yield Path(folder), manifest


def put_back(
    staged: Path,
    manifest: Manifest,
    place: Place,
    mend: Mend,
    *,
    now: datetime,
    environ: Mapping[str, str],
    say: Callable[[str], None],
) -> None:
    """Make an unpacked backup the installation.

    Files that are there stay: their names are digests or random, so they are the same, or another backup's.

    Args:
        say: told of each step before it is done.

    Raises:
        BackupError: what was there before is there still.
    """
    made = staged / DATABASE[manifest.database]
    if place.database_file is not None:
        say("database made ready")
        _make_ready(made, mend)
        if place.database_file.exists():
            sqlite.fold_together(place.database_file)
    else:
        _keep_old_tables(place, now, environ)
    for prefix, folder in place.folders.items():
        say(f"{prefix} put in place")
        _put_files(staged / prefix, folder)
    say("database put in place")
    if place.database_file is not None:
        _retire(place)
        sqlite.put_in_place(made, place.database_file, place.keep_in)
        return
    _put_tables_in_place(made, place, mend, staged, environ)
    _retire(place)
    say("schema brought up to date")
    schema.upgrade(place.url)


def _make_ready(database: Path, mend: Mend) -> None:
    sqlite.check(database)
    url = f"sqlite:///{database}"
    schema.upgrade(url)
    engine = create_engine(url, hide_parameters=True)
    try:
        with engine.begin() as connection:
            for statement in mend("sqlite"):
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()
    if not sqlite.fold_together(database):
        raise BackupError("the restored database cannot be read")
    with database.open("rb+") as file:
        os.fsync(file.fileno())


def _keep_old_tables(place: Place, now: datetime, environ: Mapping[str, str]) -> None:
    with _connected(place.url) as connection:
        if not postgres.tables_in(connection):
            return
    place.keep_in.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = place.keep_in / "guichet.pgdump"
    copy_of(place.url, target, version="", now=now, environ=environ)


def _put_files(source: Path, folder: Path) -> None:
    if not source.is_dir():
        return
    for name, path in files_below(source):
        target = folder / name
        if target.exists():
            continue
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _move(path, target)
    sync_folder(folder)


def _move(path: Path, target: Path) -> None:
    """Have a file under its name once it is whole there, on another disk too."""
    draft = target.with_name(f".{target.name}.restored")
    shutil.move(path, draft)
    os.replace(draft, target)


def _retire(place: Place) -> None:
    for path in place.retired:
        if path.exists():
            place.keep_in.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.move(path, place.keep_in / path.name)


def _put_tables_in_place(
    dump: Path, place: Place, mend: Mend, folder: Path, environ: Mapping[str, str]
) -> None:
    with _connected(place.url) as connection:
        postgres.refuse_others(connection)
        old = postgres.tables_in(connection)
        home = connection.scalars(text("SELECT quote_ident(current_schema())")).one()
        quote = connection.dialect.identifier_preparer.quote_identifier
        before = [f"DROP TABLE {', '.join(map(quote, old))} CASCADE"] if old else []
    after = [f"SET search_path TO {home}", *mend("postgresql")]
    postgres.put_in_place(dump, make_url(place.url), before, after, folder, environ)


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = create_engine(url, hide_parameters=True)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
