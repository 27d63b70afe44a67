"""Turns a search's signals into the probability that its first hit is right, and that into what to say.

A cosine alone cannot tell: a logistic regression on a handful of signals can. Its coefficients are a small
file made by `knowledge.evaluation.calibrate`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import yaml

from knowledge.search.findings import Band

FILE = "confidence.yml"


@dataclass(frozen=True)
class Coefficients:
    """A logistic regression on named signals, and what its probability is worth.

    Attributes:
        answers_from: from this probability on, the first hit is an answer.
        offers_from: from here on, the first hits are worth choosing from.
    """

    intercept: float
    weights: Mapping[str, float]
    answers_from: float
    offers_from: float

    def probability(self, signals: Mapping[str, float]) -> float:
        total = self.intercept + sum(weight * signals[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


@dataclass(frozen=True)
class Calibration:
    """Coefficients by mode of search."""

    modes: Mapping[str, Coefficients]

    def probability(self, mode: str, signals: Mapping[str, float]) -> float:
        return self.modes[mode].probability(signals)

    def band(self, mode: str, confidence: float, answers_from: float | None = None) -> Band:
        """What a confidence is good for; `answers_from` takes the place of the calibrated threshold."""
        coefficients = self.modes[mode]
        if confidence >= (coefficients.answers_from if answers_from is None else answers_from):
            return Band.ANSWER
        return Band.DID_YOU_MEAN if confidence >= coefficients.offers_from else Band.NOTHING

    def as_text(self) -> str:
        return yaml.safe_dump(
            {mode: dict(each.__dict__) for mode, each in self.modes.items()}, sort_keys=False
        )

    @classmethod
    def of_text(cls, text: str) -> Calibration:
        return cls({mode: Coefficients(**values) for mode, values in yaml.safe_load(text).items()})


@cache
def shipped() -> Calibration:
    """The coefficients that come with the program."""
    return Calibration.of_text(resources.files("knowledge.search").joinpath(FILE).read_text("utf-8"))


def shipped_path() -> Path:
    return Path(str(resources.files("knowledge.search").joinpath(FILE)))
