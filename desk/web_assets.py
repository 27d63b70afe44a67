"""What the build of `web/` left for the desk to serve: names and digests, read from its manifest."""

import base64
import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from desk.settings.values import PROJECT

BUILD = PROJECT / "build" / "web"
MANIFEST = "manifest.json"
REMEDY = "`guichet build` makes it"


class AssetsMissing(Exception):
    """The browser side is not built, or only in part; the text says what to do."""


@dataclass(frozen=True)
class Assets:
    """One build. The names are those of files directly in `folder`."""

    folder: Path
    loader: str
    widget: str
    style: str
    parts: tuple[str, ...]  # what the widget fetches when it needs it, such as the texts of a language
    loader_digest: str  # the first 16 hex digits of its SHA-256: the pinned address is loader-<digest>.js
    loader_integrity: str  # for the snippet's attribute of that name: sha384-…

    @property
    def names(self) -> tuple[str, ...]:
        return self.loader, self.widget, self.style, *self.parts


def read_manifest(folder: Path = BUILD) -> Assets:
    """Read the build in this folder; raises AssetsMissing unless all of it is there."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        names = {key: _a_file(folder, manifest[key]) for key in ("loader", "widget", "style")}
        parts = tuple(_a_file(folder, name) for name in manifest["parts"])
        loader = (folder / names["loader"]).read_bytes()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AssetsMissing(f"The browser side is missing in {folder}: {REMEDY}.") from error
    return Assets(
        folder,
        **names,
        parts=parts,
        loader_digest=digest_of(loader),
        loader_integrity=integrity_of(loader),
    )


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def integrity_of(content: bytes) -> str:
    """Subresource Integrity's notation (W3C SRI, 3.1)."""
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def loaders_folder(var: Path) -> Path:
    """Every loader ever built here, under its pinned name: a page that pins one must outlive upgrades."""
    return var / "loaders"


def pinned_name(digest: str) -> str:
    return f"loader-{digest}.js"


def keep_loader(assets: Assets, var: Path) -> Path:
    """Keep the loader of a build under its pinned name; raises AssetsMissing if it was just built anew."""
    path = loaders_folder(var) / pinned_name(assets.loader_digest)
    if path.is_file() and digest_of(path.read_bytes()) == assets.loader_digest:
        return path
    content = (assets.folder / assets.loader).read_bytes()
    if digest_of(content) != assets.loader_digest:
        raise AssetsMissing(f"The browser side in {assets.folder} was built anew meanwhile: try again.")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Whole or not at all, whoever else keeps it at this moment: a page that pins it accepts nothing else.
    draft = path.with_suffix(f".{os.getpid()}.new")
    draft.write_bytes(content)
    draft.replace(path)
    return path


def _a_file(folder: Path, name: str) -> str:
    # The names go into addresses and back into paths, so they are plain ones.
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) or not (folder / name).is_file():
        raise ValueError(name)
    return name
