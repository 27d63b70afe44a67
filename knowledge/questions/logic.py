"""A question's outcome as it travels with a reply, and the rules for what people say about it. Pure.

The outcome comes back through the conversation engine, which is not trusted: it is read strictly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from knowledge.articles.logic import is_name
from knowledge.search.findings import HYBRID, LEXICAL, Band, Findings

MODES = (HYBRID, LEXICAL)
MOST_HITS = 10
MOST_SHOWN = 20
LONGEST_TEXT = 4_000
"""Of a longer question only the beginning is kept."""

ABOUT_THE_LAST_QUESTION = timedelta(hours=24)
"""A later "that solved it" is about something else."""

FIELDS = frozenset({"band", "mode", "confidence", "hits", "shown"})


class Feedback(StrEnum):
    """What somebody said about the articles shown for their question."""

    SOLVED = "solved"
    NOT_SOLVED = "not_solved"
    PERSON = "person"


class Nearest(NamedTuple):
    """An article that was found."""

    slug: str
    language: str
    score: float


@dataclass(frozen=True)
class Asked:
    """What a search found for a question, and the slugs of the articles that were shown, in that order."""

    band: Band
    mode: str
    confidence: float
    hits: tuple[Nearest, ...] = ()
    shown: tuple[str, ...] = ()

    @classmethod
    def of(cls, findings: Findings, shown: Sequence[str] = ()) -> Asked:
        hits = tuple(Nearest(hit.slug, hit.language, hit.score) for hit in findings.hits[:MOST_HITS])
        return cls(findings.band, findings.mode, findings.confidence, hits, tuple(shown))

    @classmethod
    def read(cls, value: object) -> Asked | None:
        """What `as_json` wrote; None for anything else."""
        if not isinstance(value, Mapping) or set(value) != FIELDS:
            return None
        hits, shown = _hits(value["hits"]), _slugs(value["shown"])
        match value:
            case {"band": str(band), "mode": str(mode), "confidence": int() | float() as confidence}:
                is_fine = band in set(Band) and mode in MODES and _is_share(confidence)
                if is_fine and hits is not None and shown is not None:
                    return cls(Band(band), mode, float(confidence), hits, shown)
        return None

    def as_json(self) -> dict[str, Any]:
        return {
            "band": self.band.value,
            "mode": self.mode,
            "confidence": self.confidence,
            "hits": [list(hit) for hit in self.hits],
            "shown": list(self.shown),
        }


def read_slug(value: object) -> str | None:
    """An article's name that came back from outside; None when it cannot be one."""
    return value if isinstance(value, str) and is_name(value) else None


def is_about_the_last(asked_at: datetime, now: datetime) -> bool:
    """Whether what is said now can still be about a question asked then."""
    return now - asked_at <= ABOUT_THE_LAST_QUESTION


def _hits(value: object) -> tuple[Nearest, ...] | None:
    if not isinstance(value, list) or len(value) > MOST_HITS:
        return None
    hits = [_hit(each) for each in value]
    return None if None in hits else tuple(hit for hit in hits if hit is not None)


def _hit(value: object) -> Nearest | None:
    match value:
        case [str(slug), str(language), int() | float() as score] if _is_share(score):
            return Nearest(slug, language, float(score)) if is_name(slug) and _is_language(language) else None
    return None


def _slugs(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, list) or len(value) > MOST_SHOWN or not all(is_name(each) for each in value):
        return None
    return tuple(value)


def _is_language(value: str) -> bool:
    return len(value) == 2 and value.isascii() and value.islower()


def _is_share(value: object) -> bool:
    """Booleans are numbers in Python; NaN is in no range."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
