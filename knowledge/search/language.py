"""The articles that a question in one language is compared with, by meaning, by words and by spelling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.search.dense import DenseIndex, Floats
from knowledge.search.excerpts import Excerpts
from knowledge.search.findings import HYBRID, Hit
from knowledge.search.letters import LetterIndex
from knowledge.search.lexical import LexicalIndex
from knowledge.search.passages import opening
from knowledge.search.prepared import Prepared
from knowledge.search.signals import Scores
from knowledge.search.spelling import Spelling
from knowledge.search.words import stems, words


@dataclass(frozen=True)
class Shares:
    """What each way of comparing counts for; they add up to 1."""

    meaning: float
    words: float
    letters: float


# Measured: see docs/benchmarks.md.
WITHOUT_ENCODER = Shares(0.0, 0.5, 0.5)
WITH_ENCODER = Shares(0.6, 0.2, 0.2)

# An article is as good as its best text, and a little better when it is about the subject as a whole.
BEST_SHARE = 0.7


class LanguageIndex:
    """Made once, then only read.

    Attributes:
        compared: what vectors come from, for the confidence: `hybrid` or `multilingual`.
    """

    def __init__(
        self,
        language: str,
        entries: Sequence[Prepared],
        vectors: Mapping[str, Floats] | None,
        compared: str = HYBRID,
    ) -> None:
        self.language = language
        self.entries = tuple(entries)
        self.compared = compared
        self._by_translation = {entry.article.translation: at for at, entry in enumerate(self.entries)}
        self._lexical = LexicalIndex([entry.fields(language) for entry in entries])
        self._letters = LetterIndex([[words(text, language) for text in entry.said] for entry in entries])
        self._spelling = Spelling(
            (text for entry in entries for text in (entry.title, *entry.questions, entry.body)), language
        )
        self._excerpts = Excerpts(self.entries, language)
        self._dense = DenseIndex([vectors[e.texts_digest] for e in entries]) if vectors and entries else None

    @property
    def has_vectors(self) -> bool:
        return self._dense is not None

    def spelt(self, text: str) -> str:
        """The text with misspelt words of the articles mended."""
        return self._spelling.mended(text)

    def scores(self, question: str, vector: Floats | None) -> Scores:
        """How well each article fits."""
        asked = words(question, self.language)
        lexical = self._lexical.match(stems(asked, self.language))
        letters = self._letters.best(asked)
        if self._dense is None or vector is None:
            return Scores(_mixed(WITHOUT_ENCODER, 0.0, lexical.scores, letters), lexical, letters)
        similarities = self._dense.similarities(vector)
        best, overall = self._dense.best(similarities), self._dense.overall(vector)
        dense = BEST_SHARE * best + (1 - BEST_SHARE) * overall
        fused = _mixed(WITH_ENCODER, dense, lexical.scores, letters)
        return Scores(fused, lexical, letters, dense, best, overall, similarities)

    def hits(self, scores: Scores, question: str, limit: int) -> tuple[Hit, ...]:
        """The best articles, each with the part of it that answers."""
        order = np.argsort(-scores.fused, kind="stable")[:limit]
        return tuple(
            _hit(
                self.entries[each],
                self._excerpts.of(int(each), question, self._similarities(scores, int(each))),
                round(float(scores.fused[each]), 4),
            )
            for each in order
            if scores.fused[each] > 0
        )

    def opening(self, translation: str) -> Hit | None:
        """The article on a subject with what it says first, whatever was asked."""
        position = self._by_translation.get(translation)
        if position is None:
            return None
        return _hit(self.entries[position], opening(self.entries[position].outline), 0.0)

    def _similarities(self, scores: Scores, position: int) -> Floats | None:
        if self._dense is None or scores.similarities is None:
            return None
        return scores.similarities[self._dense.rows_of(position)]


def _hit(entry: Prepared, passage: str, score: float) -> Hit:
    article = entry.article
    return Hit(
        slug=article.slug,
        language=article.language,
        title=entry.title,
        passage=passage,
        score=score,
        category=article.category,
        translation=article.translation,
    )


def _mixed(shares: Shares, meaning: Floats | float, lexical: Floats, letters: Floats) -> Floats:
    total = shares.meaning * meaning + shares.words * lexical + shares.letters * letters
    result: Floats = np.asarray(total, dtype=np.float32)
    return result
