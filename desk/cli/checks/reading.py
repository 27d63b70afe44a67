"""The database, for checks that need one which is ready."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from desk.preparation.steps import is_missing_file
from desk.settings.values import Settings

T = TypeVar("T")


def is_ready(settings: Settings) -> bool:
    """Whether it is there with the schema of this version; where not, the check of the database says so."""
    from storage import schema

    url = settings.database_url
    return not is_missing_file(url) and schema.status(url).is_current


def read(settings: Settings, look: Callable[[Session], T]) -> T:
    """What a look into it finds."""
    from storage.database import Database

    database = Database(settings.database_url, threads=1)
    try:
        return database.read(look)
    finally:
        database.close()
