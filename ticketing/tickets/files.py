"""Files that belong to tickets: which are taken, and the folder where their bytes lie."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 1024 * 1024
LARGEST_FILE = 20 * MEGABYTE
NAME_CHARACTERS = 200

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLD_OFFICE = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)
_OFFICE = "application/vnd.openxmlformats-officedocument"

TEXT: dict[str, str] = {
    ".txt": "text/plain",
    ".log": "text/plain",
    ".csv": "text/csv",
    ".json": "application/json",
    ".xml": "application/xml",
    ".eml": "message/rfc822",
}
"""What must be readable as text, by the end of its name."""

BINARY: dict[str, tuple[str, tuple[bytes, ...]]] = {
    ".png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    ".jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    ".jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    ".gif": ("image/gif", (b"GIF87a", b"GIF89a")),
    ".pdf": ("application/pdf", (b"%PDF-",)),
    ".zip": ("application/zip", _ZIP),
    ".docx": (f"{_OFFICE}.wordprocessingml.document", _ZIP),
    ".xlsx": (f"{_OFFICE}.spreadsheetml.sheet", _ZIP),
    ".pptx": (f"{_OFFICE}.presentationml.presentation", _ZIP),
    ".odt": ("application/vnd.oasis.opendocument.text", _ZIP),
    ".ods": ("application/vnd.oasis.opendocument.spreadsheet", _ZIP),
    ".msg": ("application/vnd.ms-outlook", _OLD_OFFICE),
}
"""What must begin as files of its kind begin. Programs and scripts are not among them."""


@dataclass(frozen=True)
class NewFile:
    """A file to be put on a ticket; its bytes are in the folder already."""

    name: str
    media_type: str
    size: int
    digest: str


def why_not_file(name: str, content: bytes) -> str | None:
    """The reason a file is not taken, or None if it is."""
    if not content:
        return f"{name} is empty"
    if len(content) > LARGEST_FILE:
        return f"{name} has {len(content) / MEGABYTE:.1f} MB; {LARGEST_FILE // MEGABYTE} MB are the most"
    ending = Path(name).suffix.lower()
    if ending in TEXT:
        return None if _is_text(content) else f"{name} is not the text that its name says"
    if ending in BINARY:
        is_so = content.startswith(BINARY[ending][1])
        return None if is_so else f"{name} is not of the kind that its name says"
    return f"{name}: only files of these kinds are taken: {' '.join(sorted({*TEXT, *BINARY}))}"


def media_type_of(name: str) -> str:
    """What a file that is taken is."""
    ending = Path(name).suffix.lower()
    return TEXT[ending] if ending in TEXT else BINARY[ending][0]


def clean_file_name(name: str) -> str:
    """The last part of a path, on one line, without characters that nobody sees; its end is kept."""
    last = name.replace("\\", "/").rpartition("/")[2]
    visible = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C")
    stem, ending = os.path.splitext(" ".join(visible.split()))
    return stem[: NAME_CHARACTERS - len(ending)] + ending


@dataclass(frozen=True)
class Files:
    """A folder in which each file lies under its digest: what is there twice is kept once."""

    folder: Path

    def keep(self, content: bytes) -> str:
        """Write a file so that it is there whole or not at all; returns its digest.

        Called before the transaction that refers to it, with the folder `held` until that is committed: a
        file to which nothing refers does no harm.
        """
        digest = hashlib.sha256(content).hexdigest()
        path = self.path(digest)
        if path.exists():
            return digest
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{digest}.{secrets.token_hex(4)}")
        try:
            with beside.open("xb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                beside.unlink()
        return digest

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Nothing is deleted meanwhile; others keep files. Between processes too; a crash lets go."""
        with self._locked(fcntl.LOCK_SH):
            yield

    def forget(self, digest: str, *, is_needed: Callable[[], bool]) -> bool:
        """Delete a file, unless something refers to it; returns whether it is gone.

        Args:
            is_needed: asked while nobody is about to refer to a file.
        """
        with self._locked(fcntl.LOCK_EX):
            if is_needed():
                return False
            self.path(digest).unlink(missing_ok=True)
            return True

    def path(self, digest: str) -> Path:
        """Where a file lies."""
        return self.folder / digest[:2] / digest

    @contextlib.contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        # Beside the folder, in which there are files of tickets and nothing else.
        lock = self.folder.with_name(f"{self.folder.name}.lock")
        lock.parent.mkdir(parents=True, exist_ok=True)
        with lock.open("a", encoding="ascii") as file:
            fcntl.flock(file, how)
            yield


def _is_text(content: bytes) -> bool:
    if b"\x00" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    # Logs of old programs are in an encoding of their own; what begins as another kind of file is none.
    kinds = [start for _, starts in BINARY.values() for start in starts]
    return not content.startswith((*kinds, b"MZ", b"\x7fELF"))
