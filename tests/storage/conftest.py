"""The databases that these tests run on, with a table of the tests' own."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.database import Database
from tests.databases import database_url, db, postgres_tables, sqlite_template
from tests.storage.notes import Base

__all__ = ["database_url", "db", "postgres_tables", "sqlite_template"]


@pytest.fixture
def notes(db: Database) -> Database:
    """An empty database with the table `note`, on each back end in turn."""
    Base.metadata.drop_all(db.engine)
    Base.metadata.create_all(db.engine)
    return db


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """A SQLite file with the table `note`."""
    url = f"sqlite:///{tmp_path / 'notes.db'}"
    database = Database(url)
    Base.metadata.create_all(database.engine)
    database.close()
    return url
