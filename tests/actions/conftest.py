"""The database on which these tests run: SQLite, as the embedded desk has it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.database import Database
from tests.databases import THREADS, sqlite_template

__all__ = ["db", "sqlite_template"]


@pytest.fixture
def db(tmp_path: Path, sqlite_template: Path) -> Iterator[Database]:
    """An empty desk database."""
    path = tmp_path / "guichet.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}", threads=THREADS)
    yield database
    database.close()
