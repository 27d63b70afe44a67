"""What backups refuse; each text says what to do."""

from __future__ import annotations

from pathlib import Path

DEBIAN = Path("/usr/lib/postgresql")
"""Where Debian keeps PostgreSQL's programs, by version."""


class BackupError(Exception):
    """A backup cannot be taken, read or put back."""


class ToolMissing(BackupError):
    """PostgreSQL's own programs do the copying, and they are not there."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is neither on the PATH nor below {DEBIAN}; install PostgreSQL's client programs"
        )
