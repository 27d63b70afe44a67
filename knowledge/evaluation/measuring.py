"""Runs questions through the search and counts: ranking, and knowing when there is no answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knowledge.evaluation.labelled import Collection
from knowledge.search.cleaning import essence
from knowledge.search.dense import Encoder, Encoders, Floats
from knowledge.search.findings import Band
from knowledge.search.index import build
from knowledge.search.language import LanguageIndex
from knowledge.search.port import KnowledgeSearch
from knowledge.search.prepared import Prepared, all_vectors
from knowledge.search.signals import Signals, signals_of


@dataclass(frozen=True)
class Asked:
    """One question's outcome: where its article came (1 is first; 0 when there is none), and the signals."""

    rank: int
    signals: Signals

    @property
    def is_right(self) -> bool:
        return self.rank == 1


@dataclass(frozen=True)
class Ranking:
    """How well the right article is ranked. One article is right per question, so MAP is the full MRR."""

    questions: int
    mean_average_precision: float
    reciprocal_rank_at_10: float
    first: float
    recall_at_5: float

    @classmethod
    def of(cls, asked: Sequence[Asked]) -> Ranking:
        ranks = np.array([each.rank for each in asked if each.rank], dtype=float)
        return cls(
            len(ranks),
            float(np.mean(1 / ranks)),
            float(np.mean(np.where(ranks <= 10, 1 / ranks, 0))),
            float(np.mean(ranks == 1)),
            float(np.mean(ranks <= 5)),
        )


@dataclass(frozen=True)
class Abstention:
    """How well answerable questions are told from the others.

    Attributes:
        separation: area under the ROC curve of "the answer is there".
        precision: of what was answered, the share answered right.
        answered: of the answerable questions, the share answered, and answered right.
        wrongly: of the questions without an answer, the share answered all the same.
        reachable: `answered` at the loosest threshold with a precision of 95 %.
    """

    separation: float
    precision: float
    answered: float
    wrongly: float
    reachable: float

    @classmethod
    def of(cls, asked: Sequence[Asked], confidence: Sequence[float], threshold: float) -> Abstention:
        sure = np.array(confidence)
        right = np.array([each.is_right for each in asked])
        there = np.array([each.rank > 0 for each in asked])
        answers = sure >= threshold
        return cls(
            _area(sure[there], sure[~there]),
            float(right[answers].mean()) if answers.any() else 1.0,
            float((right & answers).sum() / max(1, there.sum())),
            float(answers[~there].mean()) if (~there).any() else 0.0,
            _reachable(sure, right, int(there.sum())),
        )


CHOICES = 3


@dataclass(frozen=True)
class Outcomes:
    """What people get: shares of the answerable questions, then shares of the others.

    Attributes:
        right: answered with the right article.
        offered: the right article is one of the choices.
        wrong: answered with another article.
        none_answered: answered although nothing answers it.
        none_offered: given a choice although nothing answers it.
    """

    right: float
    offered: float
    wrong: float
    none_answered: float
    none_offered: float

    @classmethod
    def of(cls, outcomes: Sequence[tuple[Band, int]]) -> Outcomes:
        """From each question's band and the rank of its article: 1 is first, 0 when nothing answers it."""
        there = [(band, rank) for band, rank in outcomes if rank]
        none = [band for band, rank in outcomes if not rank]
        return cls(
            right=_share(band is Band.ANSWER and rank == 1 for band, rank in there),
            offered=_share(band is Band.DID_YOU_MEAN and rank <= CHOICES for band, rank in there),
            wrong=_share(band is Band.ANSWER and rank != 1 for band, rank in there),
            none_answered=_share(band is Band.ANSWER for band in none),
            none_offered=_share(band is Band.DID_YOU_MEAN for band in none),
        )


def ask(collection: Collection, encoder: Encoder | None) -> list[Asked]:
    """Every question of the collection, asked as a whole."""
    prepared = [Prepared.of(document) for document in collection.documents]
    vectors = all_vectors(prepared, encoder, {}) if encoder else None
    index = LanguageIndex(collection.language, prepared, vectors)
    positions = {document.slug: position for position, document in enumerate(collection.documents)}
    asked = []
    for question in collection.questions:
        text = index.spelt(essence(question.text))
        scores = index.scores(text, encoder.encode([text])[0] if encoder else None)
        position = positions.get(question.answer or "")
        asked.append(Asked(0 if position is None else _rank(scores.fused, position), signals_of(scores)))
    return asked


def outcomes(
    collection: Collection, encoders: Encoders, threshold: float | None = None
) -> list[tuple[Band, int]]:
    """What people get who write these messages, as `Outcomes.of` takes it."""
    index = build(
        collection.documents,
        encoders.first,
        multilingual=encoders.multilingual,
        languages=(collection.language,),
        threshold=threshold,
    )
    search = KnowledgeSearch(index, encoders.first, encoders.multilingual)
    got = []
    for question in collection.questions:
        findings = search.find(question.text, collection.language, CHOICES)
        slugs = [hit.slug for hit in findings.hits]
        rank = slugs.index(question.answer) + 1 if question.answer in slugs else CHOICES + 1
        got.append((findings.band, rank if question.answer else 0))
    return got


def _share(of: Iterable[bool]) -> float:
    counted = list(of)
    return sum(counted) / len(counted) if counted else 0.0


def _rank(scores: Floats, position: int) -> int:
    order = np.argsort(-scores, kind="stable")
    return int(np.flatnonzero(order == position)[0]) + 1


def _area(higher: npt.NDArray[np.float64], lower: npt.NDArray[np.float64]) -> float:
    if not len(higher) or not len(lower):
        return float("nan")
    above = (higher[:, None] > lower[None, :]).mean()
    equal = (higher[:, None] == lower[None, :]).mean()
    return float(above + equal / 2)


def _reachable(sure: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], answerable: int) -> float:
    order = np.argsort(-sure, kind="stable")
    hits = np.cumsum(right[order])
    precise = hits / np.arange(1, len(order) + 1) >= 0.95
    return float(hits[precise].max() / max(1, answerable)) if precise.any() else 0.0
