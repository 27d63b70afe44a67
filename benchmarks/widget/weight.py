"""What the widget weighs, part by part, as it was built."""

from __future__ import annotations

import gzip
from dataclasses import dataclass

from desk.web_assets import Assets


@dataclass(frozen=True)
class Part:
    """A file: its bytes, and those that travel."""

    name: str
    raw: int
    gzipped: int


def parts(assets: Assets) -> list[Part]:
    """Every file of a build; of the texts a visit fetches one."""
    named = {"loader": assets.loader, "script": assets.widget, "style": assets.style}
    named |= {name.rsplit("-", 1)[0]: name for name in assets.parts}
    return [_part(label, (assets.folder / name).read_bytes()) for label, name in named.items()]


def _part(name: str, content: bytes) -> Part:
    # As the desk sends it.
    return Part(name, len(content), len(gzip.compress(content, 9, mtime=0)))
