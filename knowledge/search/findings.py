"""What a search gives back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

HYBRID = "hybrid"
"""Meaning and words were compared."""
LEXICAL = "lexical"
"""Words alone were compared."""
MULTILINGUAL = "multilingual"
"""Hybrid by the second encoder; no mode of its own, but judged by other coefficients."""


class Band(StrEnum):
    """How sure the search is: of one article, of a few among which the right one may be, or of none."""

    ANSWER = "answer"
    DID_YOU_MEAN = "did_you_mean"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Hit:
    """An article that may answer.

    Attributes:
        language: the article's own, which may not be the one asked for.
        passage: the part that answers, in the article's own words, as plain text.
        score: 0 to 1, comparable within one question only.
        translation: the key that this article shares with the same one in other languages.
    """

    slug: str
    language: str
    title: str
    passage: str
    score: float
    category: str = ""
    translation: str = ""


@dataclass(frozen=True)
class Findings:
    """The outcome of a search.

    Attributes:
        hits: best first, in every band: what was nearest is worth recording when it was not good enough.
        mode: `hybrid` (meaning and words) or `lexical` (words only).
        confidence: the estimated probability that the first hit is right.
    """

    band: Band
    hits: tuple[Hit, ...]
    mode: str
    confidence: float = 0.0
