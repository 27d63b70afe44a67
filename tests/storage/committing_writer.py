"""Writes notes for ever and prints each id once it is committed: a process to kill."""

from __future__ import annotations

import sys

from storage.database import Database
from tests.storage.notes import write_note

if __name__ == "__main__":
    database = Database(sys.argv[1])
    while True:
        print(database.write(write_note, "acknowledged"), flush=True)
