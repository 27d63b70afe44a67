"""What was acknowledged survives `kill -9` of its writer (TRUST RL-1, RL-16)."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from storage.database import Database
from tests.databases import BACKENDS
from tests.requirements import ROOT
from tests.storage.notes import Base, Note, count_notes, write_note

KILLS = 3
ACKNOWLEDGED_BEFORE_EACH = 25


def killed_writer(url: str, acknowledged: int) -> list[int]:
    """Start a writer, kill it in mid-stride after so many acknowledgements; every id it has acknowledged."""
    command = [sys.executable, "-m", "tests.storage.committing_writer", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as writer:
        assert writer.stdout is not None
        ids = [int(line) for line in itertools.islice(writer.stdout, acknowledged)]
        writer.kill()
        # What it had printed before it died counts as well; a torn last line is no acknowledgement.
        return ids + [int(line) for line in writer.stdout if line.endswith("\n")]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_killed_writer_loses_nothing_acknowledged(
    backend: str, file_url: str, request: pytest.FixtureRequest
) -> None:
    url = file_url if backend == "sqlite" else request.getfixturevalue("postgres_tables")
    database = Database(url)
    Base.metadata.drop_all(database.engine)
    Base.metadata.create_all(database.engine)
    acknowledged: set[int] = set()

    for _ in range(KILLS):
        acknowledged |= set(killed_writer(url, ACKNOWLEDGED_BEFORE_EACH))

    kept = set(database.read(lambda session: session.scalars(select(Note.id)).all()))
    assert len(acknowledged) >= KILLS * ACKNOWLEDGED_BEFORE_EACH
    assert acknowledged <= kept
    assert len(kept - acknowledged) <= KILLS, "at most the one commit each was about to acknowledge"
    assert database.write(write_note, "after")
    database.close()


def test_a_copy_taken_without_its_log_still_opens(file_url: str, tmp_path: Path) -> None:
    database = Database(file_url)
    database.write(write_note, "x")
    database.close()

    copy = Database(f"sqlite:///{(tmp_path / 'notes.db').rename(tmp_path / 'moved.db')}")

    assert copy.read(count_notes) == 1
    copy.close()
