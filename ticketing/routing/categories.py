"""The categories of requests, read once from the file beside this one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml


@dataclass(frozen=True)
class Category:
    """One subject: its words by language, and the group that gets it."""

    key: str
    group: str
    words: Mapping[str, tuple[str, ...]]


@cache
def categories() -> Mapping[str, Category]:
    """Every category by its key, in the order of the file."""
    text = files("ticketing.routing").joinpath("categories.yml").read_text(encoding="utf-8")
    return {
        key: Category(
            key, row["group"], {lang: tuple(map(str, words)) for lang, words in row["words"].items()}
        )
        for key, row in yaml.safe_load(text).items()
    }
