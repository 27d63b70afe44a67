"""The categories that the desk comes with, read once from the file beside this one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from ticketing.routing.logic import Category


@cache
def shipped() -> Mapping[str, Category]:
    """Every shipped category by its key, in the order of the file."""
    text = files("ticketing.routing").joinpath("categories.yml").read_text(encoding="utf-8")
    return {
        key: Category(
            key=key,
            group=row["group"],
            words={language: tuple(map(str, words)) for language, words in row["words"].items()},
            names=row["names"],
        )
        for key, row in yaml.safe_load(text).items()
    }
