"""A command that opens the database knows every table, whichever of them it reads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from storage import schema
from storage.base import Base
from tests.databases import import_every_model
from tests.requirements import ROOT

NAMES = """
from desk.cli.opened import open_database
from desk.settings.reading import load
from storage.base import Base
open_database(load()).close()
print(*(table.name for table in Base.metadata.sorted_tables))
"""


def test_a_command_knows_every_table_whatever_it_imports_itself(tmp_path: Path) -> None:
    import_every_model()
    schema.upgrade(f"sqlite:///{tmp_path / 'guichet.db'}")

    said = subprocess.run(
        [sys.executable, "-c", NAMES],
        cwd=ROOT,
        env={"GUICHET_VAR": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    # The tests of the storage have a table of their own.
    assert {table for table in Base.metadata.tables if table != "note"} <= set(said.split())
