"""What each part of the widget weighs, as it lies on the disk and as it travels."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

from desk.web_assets import read_manifest


@dataclass(frozen=True)
class Weight:
    """In bytes."""

    part: str
    raw: int
    gzipped: int


def weights() -> list[Weight]:
    """Of the present build; raises AssetsMissing without one."""
    assets = read_manifest()
    named = [("loader", assets.loader), ("script", assets.widget), ("style", assets.style)]
    texts = [(f"texts {name.partition('-')[0]}", name) for name in assets.parts]
    return [_weight(part, assets.folder / name) for part, name in [*named, *texts]]


def _weight(part: str, path: Path) -> Weight:
    content = path.read_bytes()
    return Weight(part, len(content), len(gzip.compress(content, 9)))
