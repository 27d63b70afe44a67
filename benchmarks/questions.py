"""What the desk is asked: no wording twice in a run, and every one answered by the shipped articles.

Both processes remember the vectors of the latest texts: asking a wording again would be cheaper.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

from benchmarks.training import BenchmarkFailed

FOLDER = Path(__file__).with_name("questions")
LANGUAGES = ("en", "fr")


def wordings(language: str) -> list[str]:
    """Every opening with every question and every ending, in the file's order."""
    content = yaml.safe_load((FOLDER / f"{language}.yml").read_text(encoding="utf-8"))
    parts = itertools.product(content["openings"], content["questions"], content["endings"])
    return [opening + question + ending for opening, question, ending in parts]


def drawn(language: str, is_answered: Callable[[str, str], bool], *, seed: int) -> Iterator[str]:
    """Wordings in a random order that is the same in every run.

    Raises:
        BenchmarkFailed: there are no more.
    """
    candidates = wordings(language)
    random.Random(seed).shuffle(candidates)  # noqa: S311 - an order, not a secret
    yield from (text for text in candidates if is_answered(text, language))
    raise BenchmarkFailed(f"{FOLDER / language}.yml has too few questions for so many rounds")
