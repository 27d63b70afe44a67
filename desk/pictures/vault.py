"""The files of pictures: a quarantine for what came in, and a folder for what is kept. Below no web root."""

from __future__ import annotations

import os
import time
from pathlib import Path

LEFTOVER_SECONDS = 3_600.0
"""A file this old in the quarantine belongs to nobody: its upload ended long ago, or its process did."""


class Vault:
    """Every file is of its owner alone and has a random name that says nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._quarantine, self._kept = folder, folder / "quarantine", folder / "kept"

    def open(self) -> None:
        """Make the folders."""
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        for folder in (self._folder, self._quarantine, self._kept):
            folder.mkdir(mode=0o700, exist_ok=True)

    def received(self, picture_id: str) -> Path:
        """Where a file is as it came."""
        return self._quarantine / f"{picture_id}.received"

    def redrawn(self, picture_id: str) -> Path:
        """Where it is once it is drawn anew."""
        return self._quarantine / f"{picture_id}.redrawn"

    def kept(self, picture_id: str) -> Path:
        """Where it is in the end."""
        return self._kept / picture_id

    def put_in_quarantine(self, picture_id: str, content: bytes) -> Path:
        """Write what came in."""
        path = self.received(picture_id)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        return path

    def take_in(self, picture_id: str) -> None:
        """Keep what was drawn anew; it survives a power cut before anybody is told that it is kept."""
        source = self.redrawn(picture_id)
        descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        source.rename(self.kept(picture_id))
        folder = os.open(self._kept, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def clear_quarantine(self, picture_id: str) -> None:
        """Nothing of an upload stays there, however it ended."""
        for path in (self.received(picture_id), self.redrawn(picture_id)):
            path.unlink(missing_ok=True)

    def remove(self, picture_ids: list[str]) -> None:
        """Let files go."""
        for picture_id in picture_ids:
            self.kept(picture_id).unlink(missing_ok=True)

    def clear_leftovers(self) -> None:
        """What interrupted uploads left in the quarantine."""
        if not self._quarantine.is_dir():
            return
        oldest = time.time() - LEFTOVER_SECONDS
        for entry in os.scandir(self._quarantine):
            if entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mtime < oldest:
                Path(entry.path).unlink(missing_ok=True)
