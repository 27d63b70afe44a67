"""What the tests of the desk's pages stand on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.base import Base
from storage.database import Database
from tests.databases import import_every_model


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """With its tables, and empty."""
    import_every_model()
    database = Database(f"sqlite:///{tmp_path / 'pages.db'}")
    Base.metadata.create_all(database.engine)
    yield database
    database.close()
