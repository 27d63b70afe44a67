"""Chooses the part of an article that is shown for a question."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from knowledge.search.dense import Floats
from knowledge.search.passages import Passage, excerpt
from knowledge.search.prepared import Prepared
from knowledge.search.words import fold, platforms, terms

# A passage is chosen by meaning, helped by the words it shares with the question.
WORDS_SHARE = 0.3
# "When to contact the team" closes an article; it answers nothing by itself.
LAST_RESORTS = (
    "when to contact",
    "what to tell",
    "what the service desk needs",
    "quand contacter",
    "que dire a l",
)
AGAINST_LAST_RESORT = -0.5
# Steps for a Mac are of no use on Windows: more than any resemblance is worth.
FOREIGN_PLATFORM = 0.5
# When several passages fit, the introduction says most to most people; steps help more than remarks.
FOR_INTRODUCTION = 0.1
FOR_STEPS = 0.06


class Excerpts:
    """The passages of every article, by the article's position."""

    def __init__(self, entries: Sequence[Prepared], language: str) -> None:
        self._entries = entries
        self._language = language
        self._words = [
            [frozenset(terms(passage.words, language)) for passage in entry.passages] for entry in entries
        ]
        self._platforms = [[platforms(passage.heading) for passage in entry.passages] for entry in entries]
        self._usefulness = [_usefulness(entry) for entry in entries]

    def of(self, position: int, question: str, similarities: Floats | None) -> str:
        """The text to show of one article.

        Args:
            similarities: the question's to every text of the article, its passages last; None by words only.
        """
        entry = self._entries[position]
        if not entry.passages:
            return ""
        asked, named = frozenset(terms(question, self._language)), platforms(question)
        fit = np.array(
            [len(asked & held) / max(1, len(asked)) for held in self._words[position]], dtype=np.float32
        )
        if similarities is not None:
            fit = (1 - WORDS_SHARE) * similarities[-len(entry.passages) :] + WORDS_SHARE * fit
        chosen = int(np.argmax(fit + self._usefulness[position] - self._foreign(position, named)))
        return excerpt(entry.outline, entry.passages[chosen].block)

    def _foreign(self, position: int, named: frozenset[str]) -> Floats:
        """What a passage loses for being about one system while the question names another, or none."""
        about = self._platforms[position]
        return np.array(
            [FOREIGN_PLATFORM if held and not held & named else 0.0 for held in about], np.float32
        )


def _usefulness(entry: Prepared) -> Floats:
    """What each passage has in its favour before any question."""
    steps = {block.section for block in entry.outline if block.is_list and block.text[:1].isdigit()}
    return np.array([_favour(passage, entry, steps) for passage in entry.passages], dtype=np.float32)


def _favour(passage: Passage, entry: Prepared, steps: set[int]) -> float:
    if fold(passage.heading).startswith(LAST_RESORTS):
        return AGAINST_LAST_RESORT
    section = entry.outline[passage.block].section
    return FOR_INTRODUCTION if section == 0 else FOR_STEPS if section in steps else 0.0
