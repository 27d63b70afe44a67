"""Copying a SQLite database while others write into it, and putting a copy in its place."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from storage.backup.archive import sync_folder
from storage.backup.errors import BackupError

BUSY_SECONDS = 10.0
BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database; left over, it would be read into another one."""


def copy_database(source: Path, target: Path) -> None:
    """A consistent copy of what was committed when it began.

    `VACUUM INTO` reads in one transaction: writers go on, and it ends however much they write. The backup
    API would begin again whenever another process has written.

    Raises:
        BackupError: there is no such database, it is damaged, or there is no room.
    """
    if not source.is_file():
        raise BackupError(f"there is no database at {source}")
    try:
        with closing(sqlite3.connect(source, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
            connection.execute("VACUUM INTO ?", (str(target),))
        target.chmod(0o600)
        check(target)
    except sqlite3.Error as error:
        raise BackupError(f"the database cannot be copied: {error}") from error


def check(path: Path) -> None:
    """Refuse a database that is damaged.

    Raises:
        BackupError: what SQLite says is wrong.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            [said] = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise BackupError(f"{path.name} is damaged: {error}") from error
    if said != "ok":
        raise BackupError(f"{path.name} is damaged: {said}")


def fold_together(path: Path) -> bool:
    """Make a database one file, with nothing beside it; False if it cannot be read.

    Raises:
        BackupError: somebody uses it.
    """
    try:
        with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as connection:
            # Leaving WAL is refused as long as anybody else has the database open.
            [mode] = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise BackupError(f"{path} is in use; stop whatever uses it first") from error
        return False
    except sqlite3.DatabaseError:
        return False
    return bool(mode == "delete")


def put_in_place(made: Path, path: Path, keep_in: Path) -> None:
    """Have the made database be the one at a path, in one step; the one before is kept in a folder."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in (path.with_name(path.name + suffix) for suffix in BESIDE):
        if left.exists():
            keep_in.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.replace(left, keep_in / left.name)
    if path.exists():
        keep_in.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.link(path, keep_in / path.name)
    os.replace(made, path)
    sync_folder(path.parent)
