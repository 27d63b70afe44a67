"""Compares meanings: a question's vector with every vector of every article. Pure."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from knowledge.search.findings import HYBRID, MULTILINGUAL

Floats = npt.NDArray[np.float32]

ENGLISH = "en"


class Encoder(Protocol):
    """Unit vectors of texts; `digest` names the encoder, so that vectors can be kept."""

    @property
    def digest(self) -> str: ...

    def encode(self, texts: Sequence[str], /) -> Floats: ...


@dataclass(frozen=True)
class Encoders:
    """Which encoder compares which language: the first knows English best, the second the others."""

    first: Encoder | None = None
    multilingual: Encoder | None = None

    def of(self, language: str) -> Encoder | None:
        """The encoder for questions in a language, and for every article that these are compared with."""
        return self.first if self.compared(language) == HYBRID else self.multilingual

    def compared(self, language: str) -> str:
        """What the confidence is judged by."""
        return HYBRID if language == ENGLISH or self.multilingual is None else MULTILINGUAL


class RememberedVectors:
    """An encoder's vectors of the last questions: the same one is often asked again within a turn."""

    def __init__(self, encoder: Encoder, size: int = 512) -> None:
        self._encoder = encoder
        self._size = size
        self._kept: OrderedDict[str, Floats] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, text: str) -> Floats:
        with self._lock:
            if (kept := self._kept.get(text)) is not None:
                self._kept.move_to_end(text)
                return kept
        # Outside the lock: two threads may encode the same text once each, none waits for another.
        vector: Floats = self._encoder.encode([text])[0]
        with self._lock:
            self._kept[text] = vector
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return vector


class DenseIndex:
    """Every vector of every article in one matrix; exact, which is fast enough far past 10,000 articles."""

    def __init__(self, articles: Sequence[Floats]) -> None:
        self._matrix = np.ascontiguousarray(np.vstack(articles), dtype=np.float32)
        self._starts = np.cumsum([0, *(len(vectors) for vectors in articles[:-1])])
        means = np.vstack([vectors.mean(axis=0) for vectors in articles])
        self._means = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)

    def similarities(self, question: Floats) -> Floats:
        """One cosine per vector, in the order the articles were given."""
        result: Floats = self._matrix @ question
        return result

    def best(self, similarities: Floats) -> Floats:
        """One per article: its most similar vector."""
        result: Floats = np.maximum.reduceat(similarities, self._starts)
        return result

    def overall(self, question: Floats) -> Floats:
        """One per article: what it is about as a whole."""
        result: Floats = self._means @ question
        return result

    def rows_of(self, article: int) -> slice:
        end = self._starts[article + 1] if article + 1 < len(self._starts) else len(self._matrix)
        return slice(int(self._starts[article]), int(end))
