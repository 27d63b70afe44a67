"""Remembers from which content a step's product was made: one small file per step in `{var}/stamps`."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Stamp:
    """The mark of one step."""

    path: Path

    def matches(self, fingerprint: str) -> bool:
        try:
            return self.path.read_text(encoding="ascii").strip() == fingerprint
        except (OSError, UnicodeDecodeError):
            return False

    def remove(self) -> None:
        """Before the product is touched: a step that is killed half-way is done again."""
        self.path.unlink(missing_ok=True)

    def set(self, fingerprint: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".new")
        draft.write_text(fingerprint + "\n", encoding="ascii")
        draft.replace(self.path)


def fingerprint(*texts: str, files: Iterable[Path] = (), below: Path) -> str:
    """A digest of texts, and of files by their path below a folder and their content; folders count whole."""
    digest = hashlib.sha256()
    for text in texts:
        _add(digest, text.encode())
    for path in sorted(_all_files(files)):
        name = path.relative_to(below) if path.is_relative_to(below) else path
        _add(digest, str(name).encode())
        _add(digest, path.read_bytes())
    return digest.hexdigest()


def _all_files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            yield from (each for each in path.rglob("*") if each.is_file() and _is_content(each))
        elif path.is_file():
            yield path


def _is_content(path: Path) -> bool:
    return "__pycache__" not in path.parts and not path.name.startswith(".")


def _add(digest: "hashlib._Hash", content: bytes) -> None:
    # With its length, so that no two lists of contents run together to the same bytes.
    digest.update(len(content).to_bytes(8, "big"))
    digest.update(content)
