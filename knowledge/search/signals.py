"""What a search knows about its own result: the numbers that tell a good first hit from a bad one. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knowledge.search.dense import Floats
from knowledge.search.lexical import LexicalMatch

Signals = dict[str, float]
Order = npt.NDArray[np.intp]

RUNNERS_UP = 10
LEAD_OF_AN_ONLY_ARTICLE = 0.5
"""With nothing to compare, a good score leads by about half of itself, as among unrelated articles."""


@dataclass(frozen=True)
class Scores:
    """One search's numbers, one per article in each array; the dense ones are None without an encoder."""

    fused: Floats
    lexical: LexicalMatch
    letters: Floats
    dense: Floats | None = None
    best: Floats | None = None
    overall: Floats | None = None
    similarities: Floats | None = None


def signals_of(scores: Scores) -> Signals:
    """Named numbers about the first hit, for `confidence`; the articles must not be none."""
    order = np.argsort(-scores.fused, kind="stable")
    first = int(order[0])
    signals = {
        "fused": float(scores.fused[first]),
        "fused_margin": _margin(scores.fused, order),
        "fused_gap": _gap(scores.fused, order),
        "lexical": float(scores.lexical.scores[first]),
        "letters": float(scores.letters[first]),
        "lexical_margin": _margin(scores.lexical.scores, np.argsort(-scores.lexical.scores, kind="stable")),
        "coverage": float(scores.lexical.coverage[first]),
        "unknown": scores.lexical.unknown,
    }
    if scores.dense is None or scores.best is None or scores.overall is None:
        return signals
    by_meaning = np.argsort(-scores.dense, kind="stable")
    return signals | {
        "best": float(scores.best[first]),
        "overall": float(scores.overall[first]),
        "dense_margin": _margin(scores.dense, by_meaning),
        "dense_gap": _gap(scores.dense, by_meaning),
        "agree": float(by_meaning[0] == np.argmax(scores.lexical.scores)),
    }


def _margin(values: Floats, order: Order) -> float:
    """First minus second."""
    first = float(values[order[0]])
    return first - float(values[order[1]]) if len(values) > 1 else first * LEAD_OF_AN_ONLY_ARTICLE


def _gap(values: Floats, order: Order) -> float:
    """First minus the mean of those that follow."""
    first = float(values[order[0]])
    others = values[order[1:RUNNERS_UP]]
    return first - float(others.mean()) if len(others) else first * LEAD_OF_AN_ONLY_ARTICLE
