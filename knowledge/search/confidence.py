"""Turns a search's signals into how sure it is, and that into what to say.

A cosine alone cannot tell: a logistic regression on a handful of signals can. Two of them ask different
questions: is the first hit right (then it is the answer), and is the right one among the first three (then
they are worth choosing from)? Two near hits make the first less sure and the choice no worse.

The coefficients are a small file made by `knowledge.evaluation.calibrate`, by language and by what was
compared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import yaml

from knowledge.search.findings import Band

FILE = "confidence.yml"


@dataclass(frozen=True)
class Coefficients:
    """A logistic regression on named signals.

    Attributes:
        least: from this probability on it counts as true.
    """

    intercept: float
    weights: Mapping[str, float]
    least: float

    def probability(self, signals: Mapping[str, float]) -> float:
        total = self.intercept + sum(weight * signals[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


@dataclass(frozen=True)
class Sureness:
    """Two probabilities: the first hit is right; the right one is among those offered as a choice."""

    answer: float
    choice: float


@dataclass(frozen=True)
class Judgement:
    """What makes an answer, and what makes a choice."""

    answer: Coefficients
    choice: Coefficients

    def sureness(self, signals: Mapping[str, float]) -> Sureness:
        return Sureness(self.answer.probability(signals), self.choice.probability(signals))

    def band(self, sure: Sureness, answers_from: float | None = None) -> Band:
        """What this is good for; `answers_from` takes the place of the calibrated threshold."""
        if sure.answer >= (self.answer.least if answers_from is None else answers_from):
            return Band.ANSWER
        return Band.DID_YOU_MEAN if sure.choice >= self.choice.least else Band.NOTHING


@dataclass(frozen=True)
class Calibration:
    """Judgements by language, then by what was compared (`lexical`, `hybrid`, `multilingual`)."""

    languages: Mapping[str, Mapping[str, Judgement]]

    def of(self, language: str, compared: str) -> Judgement:
        """The judgement for a language, or for the first one when it has none of its own."""
        known = self.languages.get(language) or next(iter(self.languages.values()))
        return known.get(compared) or next(
            each[compared] for each in self.languages.values() if compared in each
        )

    def as_text(self) -> str:
        return yaml.safe_dump(
            {
                language: {compared: asdict(judgement) for compared, judgement in known.items()}
                for language, known in self.languages.items()
            },
            sort_keys=False,
        )

    @classmethod
    def of_text(cls, text: str) -> Calibration:
        return cls(
            {
                language: {compared: _judgement(each) for compared, each in known.items()}
                for language, known in yaml.safe_load(text).items()
            }
        )


def _judgement(values: Mapping[str, Mapping[str, object]]) -> Judgement:
    return Judgement(Coefficients(**values["answer"]), Coefficients(**values["choice"]))  # type: ignore[arg-type]


@cache
def shipped() -> Calibration:
    """The coefficients that come with the program."""
    return Calibration.of_text(resources.files("knowledge.search").joinpath(FILE).read_text("utf-8"))


def shipped_path() -> Path:
    return Path(str(resources.files("knowledge.search").joinpath(FILE)))
