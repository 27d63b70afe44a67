"""The files of the browser side as they are sent: read and compressed once, at the start."""

from __future__ import annotations

import gzip
import hashlib
import logging
import re
from dataclasses import dataclass
from pathlib import Path

from desk.web_assets import (
    Assets,
    AssetsMissing,
    digest_of,
    keep_loader,
    loaders_folder,
    pinned_name,
    read_manifest,
)

log = logging.getLogger(__name__)

KINDS = {".js": "text/javascript", ".css": "text/css"}
_DIGEST = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class File:
    """A file with its compressed form; `tag` tells it from another version."""

    body: bytes
    gzipped: bytes
    kind: str
    tag: str


@dataclass(frozen=True)
class Bundle:
    """One build, ready to be sent."""

    assets: Assets
    loader: File
    named: dict[str, File]


class WidgetFiles:
    """What was built, and every loader that was ever built here."""

    def __init__(self, bundle: Bundle | None, loaders: Path) -> None:
        self.bundle = bundle
        self._loaders = loaders
        self._pinned: dict[str, File] = {}

    def pinned(self, digest: str) -> File | None:
        """The loader that a page pinned, as long as it is what its digest says."""
        if (known := self._pinned.get(digest)) is not None:
            return known
        if not _DIGEST.fullmatch(digest):
            return None
        try:
            content = (self._loaders / pinned_name(digest)).read_bytes()
        except OSError:
            return None
        if digest_of(content) != digest:
            log.warning("pinned_loader_is_not_what_it_was", extra={"digest": digest})
            return None
        return self._pinned.setdefault(digest, file_of(content, ".js"))


def open_files(folder: Path, var: Path) -> WidgetFiles:
    """The build in `folder`, and the loaders kept in `var`; without a build everything else still works."""
    loaders = loaders_folder(var)
    try:
        assets = read_manifest(folder)
        named = {name: _read(folder / name) for name in (assets.widget, assets.style, *assets.parts)}
        loader = _read(folder / assets.loader)
    except (AssetsMissing, OSError) as error:
        log.warning("browser_side_is_missing", extra={"why": str(error)})
        return WidgetFiles(None, loaders)
    try:
        keep_loader(assets, var)
    except (AssetsMissing, OSError) as error:
        log.warning("loader_is_not_kept", extra={"error": type(error).__name__})
    return WidgetFiles(Bundle(assets, loader, named), loaders)


def broken_loaders(var: Path) -> list[str]:
    """Kept loaders that are not what their name says any more."""
    kept = sorted(loaders_folder(var).glob(pinned_name("*")))
    return [path.name for path in kept if pinned_name(digest_of(path.read_bytes())) != path.name]


def file_of(content: bytes, suffix: str) -> File:
    """A file as it is sent."""
    compressed = gzip.compress(content, 9, mtime=0)
    return File(content, compressed, KINDS[suffix], hashlib.sha256(content).hexdigest()[:16])


def _read(path: Path) -> File:
    return file_of(path.read_bytes(), path.suffix)
