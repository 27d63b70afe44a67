"""Turns a search's signals into the probability that its first hit is right.

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

FILE = "confidence.yml"


@dataclass(frozen=True)
class Coefficients:
    """A logistic regression on named signals, and the probability from which it answers."""

    intercept: float
    weights: Mapping[str, float]
    threshold: float

    def probability(self, signals: Mapping[str, float]) -> float:
        total = self.intercept + sum(weight * signals[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


@dataclass(frozen=True)
class Calibration:
    """Coefficients by mode of search."""

    modes: Mapping[str, Coefficients]

    def probability(self, mode: str, signals: Mapping[str, float]) -> float:
        return self.modes[mode].probability(signals)

    def threshold(self, mode: str) -> float:
        return self.modes[mode].threshold

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
