"""Makes `knowledge/search/confidence.yml` from labelled sets.

    python -m knowledge.evaluation.calibrate --data DIR --encoder DIR [--multilingual DIR] [--write]

Each language has coefficients of its own: the shipped articles in it are asked their own hidden sample
questions and questions about other matters, once with all articles and once with half of them taken away, so
that many questions have no answer. The public sets, and small knowledge bases drawn from them, are what the
coefficients are judged on.
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

from knowledge.evaluation.encoders import add_encoders, read_encoders
from knowledge.evaluation.labelled import Collection, Question, held_out, read_collection, unrelated
from knowledge.evaluation.measuring import CHOICES, Abstention, Asked, ask
from knowledge.search.confidence import Calibration, Coefficients, Judgement, shipped_path
from knowledge.search.dense import Encoder, Encoders
from knowledge.search.findings import HYBRID, LEXICAL, MULTILINGUAL

LIBRARY = Path(__file__).parents[1] / "library"
DRAWS = 6
SMALL = 30
# Questions about other matters, put among those that the shipped articles answer.
FOREIGN = {"en": 20, "fr": 60}
FARTHER = 60
RIDGE = 1.0

# Read off what the written questions get (docs/benchmarks.md): an answer comes with its source and may be
# turned down, so it need not be certain as long as few questions that nothing answers get one too. A choice
# of three costs less, and is worth it while most of those who get one find their article in it.
LEAST = {
    ("en", HYBRID): (0.46, 0.25),
    ("en", LEXICAL): (0.34, 0.2),
    ("fr", MULTILINGUAL): (0.36, 0.13),
    ("fr", HYBRID): (0.5, 0.25),
    ("fr", LEXICAL): (0.45, 0.2),
}
"""From which probability on there is an answer, and a choice."""

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

SIGNALS[MULTILINGUAL] = SIGNALS[HYBRID]

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Examples:
    """What was asked of one set of articles; the sets of others only judge."""

    name: str
    asked: tuple[Asked, ...]

    @property
    def teaches(self) -> bool:
        return self.name.startswith("library")


def collections(data: Path, language: str, seed: int) -> Iterator[Collection]:
    """One draw of every set in a language."""
    intune = read_collection(data / "intune-admin", language, suffix=f"-{language}")
    foreign = _unanswered(intune, FOREIGN[language], seed)
    large = [intune]
    if language == "en":
        large += [read_collection(data / "stackfaq", samples=samples) for samples in (0, 3)]
        foreign += unrelated(data / "clinc150" / "oos_val.jsonl", FARTHER, seed)
    for collection in large:
        yield collection.without_half(seed)
        yield _small(collection, seed)
    shipped = held_out(LIBRARY, language, seed)
    yield _with(shipped, foreign)
    half = _with(shipped.without_half(seed), foreign)
    yield replace(half, name=f"{half.name}:half")


def gather(data: Path, language: str, encoder: Encoder | None) -> list[Examples]:
    """Every set asked `DRAWS` times, differently drawn."""
    by_name: dict[str, list[Asked]] = {}
    for seed in range(DRAWS):
        for collection in collections(data, language, seed):
            by_name.setdefault(collection.name, []).extend(ask(collection, encoder))
    return [Examples(name, tuple(asked)) for name, asked in by_name.items()]


def judgement(examples: Sequence[Examples], language: str, compared: str) -> Judgement:
    """When the first hit is an answer, and when the first three are a choice."""
    answer, choice = LEAST[language, compared]
    return Judgement(fit(examples, compared, 1, answer), fit(examples, compared, CHOICES, choice))


def fit(examples: Sequence[Examples], compared: str, among: int, least: float) -> Coefficients:
    """Logistic regression on "the right one is among the first so many".

    A signal that would count the wrong way round is left out. Signals say much the same: without that rule a
    large weight on one is taken back by a negative one on another, which holds on these sets and breaks on a
    question unlike them.
    """
    signs = SIGNALS[compared]
    names = list(signs)
    while True:
        intercept, weights = _regression(examples, names, among)
        wrong = {name: weights[name] * signs[name] for name in names}
        worst = min(wrong, key=lambda name: wrong[name])
        if wrong[worst] >= 0:
            return Coefficients(intercept, weights, least)
        names.remove(worst)


def _regression(
    examples: Sequence[Examples], names: Sequence[str], among: int
) -> tuple[float, dict[str, float]]:
    """Newton's method with a small ridge, every set weighing the same: the intercept and the weights."""
    features, true, weights = _stacked(examples, names, among)
    centre, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    scaled = np.column_stack([np.ones(len(features)), (features - centre) / spread])
    penalty = np.diag([0.0, *([RIDGE] * len(names))])
    beta = np.zeros(scaled.shape[1])
    for _ in range(30):
        likely = 1 / (1 + np.exp(-np.clip(scaled @ beta, -30, 30)))
        slope = scaled.T @ (weights * (likely - true)) + penalty @ beta
        curve = (scaled.T * (weights * likely * (1 - likely))) @ scaled + penalty
        beta -= np.linalg.solve(curve, slope)
    plain = beta[1:] / spread
    found = {name: round(float(value), 4) for name, value in zip(names, plain, strict=True)}
    return round(float(beta[0] - plain @ centre), 4), found


def report(examples: Sequence[Examples], coefficients: Coefficients) -> list[str]:
    """What coefficients are worth on each set, first of all on those that they were not made from."""
    lines = []
    for one in sorted(examples, key=lambda each: each.teaches):
        sure = [coefficients.probability(each.signals) for each in one.asked]
        found = Abstention.of(one.asked, sure, coefficients.least)
        lines.append(
            f"{one.name:24} auroc {found.separation:.3f}  precision {found.precision:.3f}  "
            f"answered {found.answered:.3f}  wrongly {found.wrongly:.3f}  at 95 % {found.reachable:.3f}"
        )
    return lines


def _stacked(examples: Sequence[Examples], names: Sequence[str], among: int) -> tuple[Matrix, Matrix, Matrix]:
    rows = [[each.signals[name] for name in names] for one in examples for each in one.asked]
    true = [float(0 < each.rank <= among) for one in examples for each in one.asked]
    most = max(len(one.asked) for one in examples)
    weights = [most / len(one.asked) / DRAWS for one in examples for _ in one.asked]
    return np.array(rows), np.array(true), np.array(weights)


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


def calibrate(data: Path, encoders: Encoders) -> tuple[Calibration, Mapping[str, list[str]]]:
    """The coefficients of every language, and what they are worth."""
    languages: dict[str, dict[str, Judgement]] = {}
    lines = {}
    for language, compared in LEAST:
        encoder = {HYBRID: encoders.first, MULTILINGUAL: encoders.multilingual, LEXICAL: None}[compared]
        examples = gather(data, language, encoder)
        teaching = [each for each in examples if each.teaches]
        made = judgement(teaching, language, compared)
        languages.setdefault(language, {})[compared] = made
        lines[f"{language} {compared}"] = report(examples, made.answer)
    return Calibration(languages), lines


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    add_encoders(parser)
    parser.add_argument("--write", action="store_true", help="replace the coefficients that are shipped")
    arguments = parser.parse_args()
    calibration, lines = calibrate(arguments.data, read_encoders(arguments))
    for name, report_lines in lines.items():
        sys.stdout.write("\n  ".join([name, *report_lines]) + "\n")
    sys.stdout.write(calibration.as_text())
    if arguments.write:
        shipped_path().write_text(calibration.as_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
