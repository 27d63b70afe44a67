"""The words around the articles, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

import yaml

from notices.texts.typography import typeset

LAST_RESORT = "en"


@dataclass(frozen=True)
class Texts:
    """One language's texts."""

    language: str
    _texts: Mapping[str, Any]

    def __getitem__(self, key: str) -> str:
        return typeset(str(self._texts[key]), self.language)

    def category(self, name: str) -> str:
        """The name people read; one nobody translated is shown as it is."""
        return str(self._texts["categories"].get(name, name.replace("-", " ").capitalize()))

    def date(self, day: date) -> str:
        month = self["months"].split()[day.month - 1]
        number = "1er" if self.language == "fr" and day.day == 1 else str(day.day)
        return self["date"].format(day=number, month=month, year=day.year)


def texts(language: str) -> Texts:
    read = _read()
    chosen = language if language in read else LAST_RESORT
    return Texts(chosen, read[chosen])


@cache
def _read() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(
        resources.files("desk.pages").joinpath("texts.yml").read_text("utf-8")
    )
    return found
