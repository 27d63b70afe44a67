"""What the desk is asked: no wording twice in a run, and every one answered by the shipped articles.

Both processes remember the vectors of the latest texts: asking a wording again would be cheaper. Nor is an
article asked for twice in a row: whoever does that was not helped by it, and is given another one.
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


def drawn(language: str, article_of: Callable[[str, str], str | None], *, seed: int) -> Iterator[str]:
    """Wordings in a random order that is the same in every run.

    Args:
        article_of: what answers a wording in a language, None if nothing does.

    Raises:
        BenchmarkFailed: there are no more.
    """
    candidates = wordings(language)
    random.Random(seed).shuffle(candidates)  # noqa: S311 - an order, not a secret
    found = ((text, article_of(text, language)) for text in candidates)
    yield from _apart((text, article) for text, article in found if article is not None)
    raise BenchmarkFailed(f"{FOLDER / language}.yml has too few questions for so many rounds")


def _apart(asked: Iterator[tuple[str, str]]) -> Iterator[str]:
    """The same texts, those kept back for a later turn whose article is that of the one before."""
    kept: list[tuple[str, str]] = []
    before = None
    while True:
        place = next((place for place, (_, article) in enumerate(kept) if article != before), None)
        following = kept.pop(place) if place is not None else next(asked, None)
        if following is None:
            return
        if following[1] == before:
            kept.append(following)
            continue
        yield following[0]
        before = following[1]
