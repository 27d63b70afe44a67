"""An installation with what is shipped, for the tests of the commands about promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.database import Database
from tests.desk.commands import Guichet, guichet, var

__all__ = ["desk", "guichet", "var"]


@pytest.fixture
def desk(var: Path, guichet: Guichet) -> Iterator[Database]:
    """The database of an installation."""
    assert guichet("db", "upgrade")[0] == 0
    database = Database(f"sqlite:///{var / 'guichet.db'}", threads=2)
    yield database
    database.close()
