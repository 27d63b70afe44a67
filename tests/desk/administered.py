"""An installation of its own, for the tests of the commands that administer the team and the routing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storage.database import Database
from tests.desk.commands import Guichet, guichet, var

__all__ = ["desk", "guichet", "refused", "told", "var"]


@pytest.fixture
def desk(var: Path, guichet: Guichet) -> Iterator[Database]:
    """Its database."""
    assert guichet("db", "upgrade")[0] == 0
    database = Database(f"sqlite:///{var / 'guichet.db'}", threads=2)
    yield database
    database.close()


def told(guichet: Guichet, *arguments: str) -> Any:
    """What a command says as JSON."""
    code, said, complaint = guichet(*arguments, "--json")
    assert (code, complaint) == (0, ""), complaint
    return json.loads(said)


def refused(guichet: Guichet, *arguments: str) -> str:
    """The sentence in which a command is refused; it says nothing else."""
    code, said, complaint = guichet(*arguments)
    assert (code, said) == (1, ""), said
    assert len(complaint.strip().splitlines()) == 1, complaint
    return complaint
