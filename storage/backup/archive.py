"""One file with everything in it: a compressed tar whose last member says what must be in it.

A file that ends too early has no last member, so half a backup is never taken for a whole one.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import secrets
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from storage.backup.errors import BackupError

FORMAT = 1
MANIFEST = "manifest.json"
CHUNK = 1 << 20
COMPRESSION = 1
"""Fast: pictures do not get smaller, and a database gets most of it at the lowest level."""

_NAME = re.compile(r"(?!.*(?:^|/)\.)[A-Za-z0-9_-][\w.-]*(?:/[\w.-]+)+", re.ASCII)


@dataclass(frozen=True)
class Kept:
    """A file in the archive as it must come out again."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup is of.

    Args:
        version, schema: of the desk that took it, and of its database.
        database: `sqlite` or `postgresql`.
        taken_at: everything that was committed before is in it.
        epoch: of the ledger then; None if there was none yet.
        last: by table the last id that was given out.
        files: by name.
    """

    version: str
    schema: str
    database: str
    taken_at: datetime
    epoch: str | None
    last: dict[str, int]
    files: dict[str, Kept] = field(default_factory=dict)


class ArchiveWriter:
    """Puts files into a new archive, and remembers what they were."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._files: dict[str, Kept] = {}

    def add(self, name: str, path: Path, *, now: datetime) -> None:
        """Add a file; one that is gone meanwhile is left out."""
        if not _NAME.fullmatch(name):
            raise BackupError(f"{path} has a name that a backup cannot hold")
        try:
            source = path.open("rb")
        except FileNotFoundError:
            return
        with source:
            size = os.fstat(source.fileno()).st_size
            reader = _Digesting(source)
            self._tar.addfile(_member(name, size, now), reader)
        self._files[name] = Kept(size, reader.sha256.hexdigest())

    def finish(self, manifest: Manifest) -> Manifest:
        """Write the last member, which says that the others are all there."""
        whole = Manifest(**{**vars(manifest), "files": self._files})
        written = json.dumps(_as_json(whole), indent=1, sort_keys=True).encode()
        self._tar.addfile(_member(MANIFEST, len(written), whole.taken_at), BytesIO(written))
        return whole


@contextmanager
def new_archive(file: Path) -> Iterator[ArchiveWriter]:
    """An archive under its name once it is whole and on disk; readable by its owner only.

    Raises:
        BackupError: the file cannot be made.
    """
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}.partial")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BackupError(f"{file} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as out:
            with tarfile.open(fileobj=out, mode="w:gz", compresslevel=COMPRESSION) as tar:
                yield ArchiveWriter(tar)
            out.flush()
            os.fsync(out.fileno())
        os.replace(draft, file)
        sync_folder(file.parent)
    finally:
        draft.unlink(missing_ok=True)


def unpack(file: Path, folder: Path) -> Manifest:
    """Write everything below a folder, and prove it against the manifest.

    Raises:
        BackupError: it is no backup, not whole, damaged, or of a later kind; nothing in it is to be used.
    """
    found: dict[str, Kept] = {}
    manifest: Manifest | None = None
    try:
        with gzip.open(file) as plain, tarfile.open(fileobj=plain, mode="r|") as tar:
            for member in tar:
                source = tar.extractfile(member) if member.isreg() else None
                if source is None:
                    raise BackupError(f"{file} is no backup of Guichet: {member.name!r} is no file")
                if member.name == MANIFEST:
                    manifest = _read_manifest(file, source.read())
                else:
                    found[member.name] = _extract(file, member.name, source, folder)
            # To the very end: there is the checksum that covers the manifest too.
            while plain.read(CHUNK):
                pass
    except FileNotFoundError:
        raise BackupError(f"there is no file {file}") from None
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise BackupError(f"{file} is not a whole backup: {error}") from error
    if manifest is None:
        raise BackupError(f"{file} is not a whole backup: it ends too early")
    if wrong := sorted(
        name for name in found | manifest.files if found.get(name) != manifest.files.get(name)
    ):
        raise BackupError(f"{file} is damaged: {wrong[0]} is not what was put into it")
    return manifest


def files_below(folder: Path) -> Iterable[tuple[str, Path]]:
    """The regular files below a folder with their names in it; drafts, which begin with a dot, are not."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if (
            not any(part.startswith(".") for part in name.split("/"))
            and path.is_file()
            and not path.is_symlink()
        ):
            yield name, path


def sync_folder(folder: Path) -> None:
    """Have what was renamed in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Digesting:
    """Reads a file and digests what it reads."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self._source.read(size)
        self.sha256.update(chunk)
        return chunk


def _member(name: str, size: int, now: datetime) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(now.timestamp())
    return member


def _extract(file: Path, name: str, source: IO[bytes], folder: Path) -> Kept:
    if not _NAME.fullmatch(name):
        raise BackupError(f"{file} is no backup of Guichet: it holds {name!r}")
    path = folder / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    reader, size = _Digesting(source), 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        while chunk := reader.read(CHUNK):
            size += out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    return Kept(size, reader.sha256.hexdigest())


def _as_json(manifest: Manifest) -> dict[str, Any]:
    return {"format": FORMAT, **asdict(manifest), "taken_at": manifest.taken_at.astimezone(UTC).isoformat()}


def _read_manifest(file: Path, written: bytes) -> Manifest:
    try:
        said = json.loads(written)
        if said.pop("format") != FORMAT:
            raise BackupError(f"{file} was written by a later version; restore it with that one")
        files = {name: Kept(**kept) for name, kept in said.pop("files").items()}
        taken_at = datetime.fromisoformat(said.pop("taken_at"))
        return Manifest(**said, taken_at=taken_at, files=files)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BackupError(f"{file} is damaged: its manifest cannot be read") from error
