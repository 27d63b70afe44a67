"""BM25 over weighted fields, in memory: which articles share rare words with a question. Pure.

Scores are absolute: a question's score is divided by what an article would get that holds all of its words
often, words the knowledge base does not know included. So 0 is nothing in common, 1 is the best there is, and
a question in words nobody wrote scores low by itself.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

K1 = 1.2
B = 0.75


@dataclass(frozen=True)
class Field:
    """A part of a document: its terms, and what one of them counts."""

    terms: Sequence[str]
    weight: float


@dataclass(frozen=True)
class LexicalMatch:
    """What the words say.

    Attributes:
        scores: one per document, 0 to 1.
        coverage: one per document, the idf-weighted share of the question's words it holds.
        unknown: the share of the question's words that no document holds; 1 when there is no word at all.
    """

    scores: Floats
    coverage: Floats
    unknown: float


class LexicalIndex:
    """Postings of term to (documents, saturated frequencies), computed once."""

    def __init__(self, documents: Sequence[Sequence[Field]]) -> None:
        self._size = len(documents)
        counts = [_weighted(fields) for fields in documents]
        lengths = np.array([sum(count.values()) for count in counts], dtype=np.float32)
        average = float(lengths.mean()) if self._size and lengths.any() else 1.0
        penalty = K1 * (1 - B + B * lengths / average)
        postings: dict[str, list[tuple[int, float]]] = {}
        for document, count in enumerate(counts):
            for term, frequency in count.items():
                postings.setdefault(term, []).append((document, frequency))
        self._postings: dict[str, tuple[npt.NDArray[np.int32], Floats]] = {}
        for term, entries in postings.items():
            where = np.array([document for document, _ in entries], dtype=np.int32)
            frequencies = np.array([frequency for _, frequency in entries], dtype=np.float32)
            saturated = frequencies / (frequencies + penalty[where])
            self._postings[term] = (where, saturated.astype(np.float32))

    def match(self, question: Sequence[str]) -> LexicalMatch:
        scores = np.zeros(self._size, dtype=np.float32)
        coverage = np.zeros(self._size, dtype=np.float32)
        total = missing = 0.0
        asked = set(question)
        for term in asked:
            posting = self._postings.get(term)
            idf = self._idf(len(posting[0]) if posting else 0)
            total += idf
            if posting is None:
                missing += 1
                continue
            where, saturated = posting
            scores[where] += idf * saturated
            coverage[where] += idf
        if not asked:
            return LexicalMatch(scores, coverage, 1.0)
        return LexicalMatch(scores / total, coverage / total, missing / len(asked))

    def _idf(self, documents: int) -> float:
        return math.log(1 + (self._size - documents + 0.5) / (documents + 0.5))


def _weighted(fields: Sequence[Field]) -> Counter[str]:
    count: Counter[str] = Counter()
    for field in fields:
        for term in field.terms:
            count[term] += field.weight  # type: ignore[assignment]
    return count
