"""Compares spellings: which article has a text made of the same groups of letters as the question.

Sees that `imprimante`, `imprimer` and `impresion` are related where word search sees three words. TF-IDF over
groups of three and four letters within words, cosine, best text of each article. Pure.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int32]

SIZES = (3, 4)
# Groups share a slot when their hashes meet: rare with some ten thousand groups, and needs no dictionary.
SLOTS = 1 << 18


class LetterIndex:
    """Texts by article; postings sorted by group in three flat arrays."""

    def __init__(self, articles: Sequence[Sequence[Sequence[str]]]) -> None:
        rows = [_groups(words) for texts in articles for words in texts]
        self._texts = len(rows)
        self._starts = np.cumsum([0, *(len(texts) for texts in articles[:-1])])
        held = np.bincount(_joined([ids for ids, _ in rows]), minlength=SLOTS)
        self._idf: Floats = (np.log((1 + self._texts) / (1 + held)) + 1).astype(np.float32)
        weighted = [self._unit(ids, counts) for ids, counts in rows]
        ids = _joined([ids for ids, _ in rows])
        order = np.argsort(ids, kind="stable")
        self._row = np.repeat(np.arange(self._texts, dtype=np.int32), [len(ids) for ids, _ in rows])[order]
        self._weight = _joined(weighted)[order].astype(np.float32)
        self._ends = np.cumsum(held)

    def best(self, words: Sequence[str]) -> Floats:
        """One cosine per article, 0 to 1; a question in groups nobody wrote scores low by itself."""
        ids, counts = _groups(words)
        if not len(ids) or not self._texts:
            return np.zeros(len(self._starts), dtype=np.float32)
        spans = [slice(self._ends[each - 1] if each else 0, self._ends[each]) for each in ids]
        rows = np.concatenate([self._row[span] for span in spans])
        asked = np.repeat(self._unit(ids, counts), [span.stop - span.start for span in spans])
        weights = np.concatenate([self._weight[span] for span in spans]) * asked
        found = np.bincount(rows, weights=weights, minlength=self._texts)
        result: Floats = np.maximum.reduceat(found, self._starts).astype(np.float32)
        return result

    def _unit(self, ids: Ids, counts: npt.NDArray[np.intp]) -> Floats:
        weights = (1 + np.log(counts)) * self._idf[ids]
        length = float(np.linalg.norm(weights)) or 1.0
        result: Floats = (weights / length).astype(np.float32)
        return result


def _groups(words: Sequence[str]) -> tuple[Ids, npt.NDArray[np.intp]]:
    return np.unique(_joined([_of_word(word) for word in words]), return_counts=True)


def _joined(arrays: Iterable[npt.NDArray[np.generic]]) -> Ids:
    several = list(arrays)
    return np.concatenate(several) if several else np.zeros(0, dtype=np.int32)


@lru_cache(maxsize=65_536)
def _of_word(word: str) -> Ids:
    padded = f" {word} "
    groups = [padded[at : at + size] for size in SIZES for at in range(max(1, len(padded) - size + 1))]
    return np.array([zlib.crc32(group.encode()) % SLOTS for group in groups], dtype=np.int32)
