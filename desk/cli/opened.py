"""The database of the settings, for the commands that read or change it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from desk.cli.console import CommandFailed
from desk.preparation.steps import is_missing_file
from desk.settings.values import Settings
from storage.database import Database


def open_database(settings: Settings) -> Database:
    """The database, as long as it has the schema of this version."""
    import desk.tables  # noqa: F401 - a command reads few of them, and each may refer to any other
    from storage import schema

    if is_missing_file(settings.database_url) or not schema.status(settings.database_url).is_current:
        raise CommandFailed("the database is not ready; `guichet db upgrade` makes it so")
    return Database(settings.database_url, threads=1)


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The same for as long as it is needed."""
    database = open_database(settings)
    try:
        yield database
    finally:
        database.close()
