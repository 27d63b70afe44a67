"""Makes `knowledge/search/confidence.yml` from labelled sets.

    python -m knowledge.evaluation.calibrate --data DIR --encoder DIR [--write]

Half of the articles are taken away, so that half of the questions have no answer; small knowledge bases are
drawn from large ones, because the signals depend on the size; the shipped articles are asked their own hidden
sample questions. Every set weighs the same. Coefficients are judged on a set that they were not made from.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from knowledge.encoder.runtime import OnnxEncoder
from knowledge.evaluation.labelled import Collection, Question, held_out, read_collection, unrelated
from knowledge.evaluation.measuring import Abstention, Asked, TextVectors, ask
from knowledge.search.confidence import Calibration, Coefficients, shipped_path
from knowledge.search.dense import Encoder
from knowledge.search.findings import HYBRID, LEXICAL

LIBRARY = Path(__file__).parents[1] / "library"
DRAWS = 6
SMALL = 30
RIDGE = 1.0

# Read off what the written questions get (docs/benchmarks.md): an answer comes with its source and may be
# turned down, so a third of a chance is worth one as long as few questions that nothing answers get one too.
# A choice of three costs less, and is worth it while most of those who get one find their article in it.
ANSWERS_FROM = {HYBRID: 0.3, LEXICAL: 0.36}
OFFERS_FROM = {HYBRID: 0.12, LEXICAL: 0.15}

# Each signal and the sign its weight must have: more of it speaks for the first hit, or against it.
SIGNALS: dict[str, dict[str, int]] = {
    HYBRID: {
        "fused": 1,
        "best": 1,
        "overall": 1,
        "lexical": 1,
        "letters": 1,
        "coverage": 1,
        "unknown": -1,
        "fused_gap": 1,
        "fused_margin": 1,
        "dense_gap": 1,
        "dense_margin": 1,
        "agree": 1,
    },
    LEXICAL: {
        "fused": 1,
        "lexical": 1,
        "letters": 1,
        "coverage": 1,
        "unknown": -1,
        "fused_gap": 1,
        "fused_margin": 1,
    },
}

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Examples:
    """What was asked of one set of articles."""

    name: str
    asked: tuple[Asked, ...]


def collections(data: Path, seed: int) -> Iterator[Collection]:
    """One draw of every set."""
    stackfaq = [read_collection(data / "stackfaq", samples=samples) for samples in (0, 3)]
    intune = [read_collection(data / "intune-admin", each, suffix=f"-{each}") for each in ("en", "fr")]
    for collection in (*stackfaq, *intune):
        yield collection.without_half(seed)
        yield _small(collection, seed)
    others = unrelated(data / "clinc150" / "oos_val.jsonl", 60, seed)
    for collection in intune:
        shipped = held_out(LIBRARY, collection.language, seed)
        foreign = _unanswered(collection, 20, seed)
        if collection.language == "en":
            foreign += others
        yield _with(shipped, foreign)
        yield _with(shipped.without_half(seed), foreign)


def gather(data: Path, encoder: Encoder | None) -> list[Examples]:
    """Every set asked `DRAWS` times, differently drawn."""
    by_name: dict[str, list[Asked]] = {}
    for seed in range(DRAWS):
        for collection in collections(data, seed):
            by_name.setdefault(collection.name, []).extend(ask(collection, encoder))
    return [Examples(name, tuple(asked)) for name, asked in by_name.items()]


def fit(examples: Sequence[Examples], mode: str) -> Coefficients:
    """Logistic regression; a signal that would count the wrong way round is left out.

    Signals say much the same: without that rule a large weight on one is taken back by a negative one on
    another, which holds on these sets and breaks on a question unlike them.
    """
    signs = SIGNALS[mode]
    names = list(signs)
    while True:
        coefficients = _regression(examples, names, mode)
        wrong = {name: coefficients.weights[name] * signs[name] for name in names}
        worst = min(wrong, key=lambda name: wrong[name])
        if wrong[worst] >= 0:
            return coefficients
        names.remove(worst)


def _regression(examples: Sequence[Examples], names: Sequence[str], mode: str) -> Coefficients:
    """Newton's method with a small ridge, every set weighing the same."""
    features, right, weights = _stacked(examples, names)
    centre, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    scaled = np.column_stack([np.ones(len(features)), (features - centre) / spread])
    penalty = np.diag([0.0, *([RIDGE] * len(names))])
    beta = np.zeros(scaled.shape[1])
    for _ in range(30):
        likely = 1 / (1 + np.exp(-np.clip(scaled @ beta, -30, 30)))
        slope = scaled.T @ (weights * (likely - right)) + penalty @ beta
        curve = (scaled.T * (weights * likely * (1 - likely))) @ scaled + penalty
        beta -= np.linalg.solve(curve, slope)
    plain = beta[1:] / spread
    return Coefficients(
        round(float(beta[0] - plain @ centre), 4),
        {name: round(float(value), 4) for name, value in zip(names, plain, strict=True)},
        ANSWERS_FROM[mode],
        OFFERS_FROM[mode],
    )


def report(examples: Sequence[Examples], mode: str) -> list[str]:
    """What coefficients learned on the other sets are worth on each set."""
    lines = []
    for left_out in examples:
        family = left_out.name.split("-")[0].split(":")[0]
        others = [each for each in examples if not each.name.startswith(family)]
        coefficients = fit(others, mode)
        sure = [coefficients.probability(each.signals) for each in left_out.asked]
        found = Abstention.of(left_out.asked, sure, coefficients.answers_from)
        lines.append(
            f"{left_out.name:24} auroc {found.separation:.3f}  precision {found.precision:.3f}  "
            f"answered {found.answered:.3f}  wrongly {found.wrongly:.3f}  at 95 % {found.reachable:.3f}"
        )
    return lines


def _stacked(examples: Sequence[Examples], names: Sequence[str]) -> tuple[Matrix, Matrix, Matrix]:
    rows = [[each.signals[name] for name in names] for one in examples for each in one.asked]
    right = [float(each.is_right) for one in examples for each in one.asked]
    most = max(len(one.asked) for one in examples)
    weights = [most / len(one.asked) / DRAWS for one in examples for _ in one.asked]
    return np.array(rows), np.array(right), np.array(weights)


def _small(collection: Collection, seed: int) -> Collection:
    """A small knowledge base: questions of its articles, and as many about articles it does not have."""
    draw = random.Random(seed)  # noqa: S311 - a draw to repeat, not a secret
    small = collection.only(draw.sample(collection.documents, SMALL))
    answered = [question for question in small.questions if question.answer]
    others = [question for question in small.questions if question.answer is None]
    chosen = (*answered, *draw.sample(others, min(len(others), len(answered))))
    return Collection(f"{collection.name}:small", small.language, small.documents, chosen)


def _unanswered(collection: Collection, most: int, seed: int) -> tuple[Question, ...]:
    """Questions of this set for articles of another one."""
    draw = random.Random(seed)  # noqa: S311 - a draw to repeat, not a secret
    return tuple(Question(each.text, None) for each in draw.sample(collection.questions, most))


def _with(collection: Collection, others: tuple[Question, ...]) -> Collection:
    return replace(collection, questions=(*collection.questions, *others))


def calibrate(data: Path, encoder: Encoder) -> tuple[Calibration, Mapping[str, list[str]]]:
    """The coefficients of both modes, and what they are worth."""
    modes, lines = {}, {}
    for mode, with_encoder in ((HYBRID, TextVectors(encoder)), (LEXICAL, None)):
        examples = gather(data, with_encoder)
        modes[mode] = fit(examples, mode)
        lines[mode] = report(examples, mode)
    return Calibration(modes), lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, default=Path("build/encoder"))
    parser.add_argument("--write", action="store_true", help="replace the coefficients that are shipped")
    arguments = parser.parse_args()
    calibration, lines = calibrate(arguments.data, OnnxEncoder(arguments.encoder, threads=2))
    for mode, report_lines in lines.items():
        sys.stdout.write("\n  ".join([mode, *report_lines]) + "\n")
    sys.stdout.write(calibration.as_text())
    if arguments.write:
        shipped_path().write_text(calibration.as_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
