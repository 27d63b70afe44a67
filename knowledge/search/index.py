"""The searchable form of the published articles: built once, read by any number of threads, never changed.

Each language has its own index. It holds every article once: in that language, or in another one where there
is no translation, so that a question never fails for want of a translation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from knowledge.articles.facts import NO_FACTS, Facts
from knowledge.search.confidence import Calibration, Judgement, Sureness, shipped
from knowledge.search.dense import Encoder, Encoders, Floats
from knowledge.search.findings import HYBRID, LEXICAL, Band, Findings, Hit
from knowledge.search.language import LanguageIndex
from knowledge.search.prepared import Indexable, Prepared, all_vectors
from knowledge.search.signals import Scores, signals_of
from knowledge.search.words import share_of_latin

LEAST_LATIN = 0.5
"""Below this share of Latin letters a question is in no language the articles are in."""

CHOICE_BY_A_PART = 0.5
"""Of several sentences one resembles some article by chance: a part of a message is trusted less than the
whole when nothing is sure. An answer needs no such care, as measured."""

_WORTH = {Band.ANSWER: 2, Band.DID_YOU_MEAN: 1, Band.NOTHING: 0}

Vectors = Mapping[str, Floats]


@dataclass(frozen=True)
class Reading:
    """A text that was searched for, and how well that went."""

    text: str
    scores: Scores
    sure: Sureness
    band: Band

    @property
    def rank(self) -> tuple[int, float]:
        """More is better."""
        return _WORTH[self.band], self.sure.answer if self.band is Band.ANSWER else self.sure.choice


class Index:
    """What `build` makes: one index per language, and when to say that nothing was found."""

    def __init__(
        self,
        languages: Mapping[str, LanguageIndex],
        calibration: Calibration,
        threshold: float | None,
    ) -> None:
        self.languages = languages
        self._calibration = calibration
        self._threshold = threshold
        self._translations = {
            (entry.article.slug, entry.article.language): entry.article.translation
            for index in languages.values()
            for entry in index.entries
        }

    def find(
        self, texts: Sequence[str], language: str, limit: int, vectors: Sequence[Floats] | None
    ) -> Findings:
        """Articles for a message; by words only without its vectors.

        Args:
            texts: the whole message, then its parts; the one that finds best counts.
        """
        index = self.of(language)
        has_meaning = vectors is not None and index is not None and index.has_vectors
        mode = HYBRID if has_meaning else LEXICAL
        if index is None or not index.entries or share_of_latin(texts[0]) < LEAST_LATIN:
            return Findings(Band.NOTHING, (), mode)
        judgement = self._calibration.of(index.language, index.compared if has_meaning else LEXICAL)
        readings = [
            self._read(index, judgement, text, vectors[at] if vectors is not None else None, is_part=at > 0)
            for at, text in enumerate(texts)
        ]
        best = max(readings, key=lambda reading: reading.rank)
        hits = index.hits(best.scores, best.text, limit)
        return Findings(best.band if hits else Band.NOTHING, hits, mode, round(best.sure.answer, 4))

    def opening(self, slug: str, language: str) -> Hit | None:
        """What the article of that name says first, in that language if it has it."""
        key = self._translations.get((slug, language)) or next(
            (key for (name, _), key in self._translations.items() if name == slug), None
        )
        return self.opening_about(key, language) if key is not None else None

    def opening_about(self, translation: str, language: str) -> Hit | None:
        """What the article on a subject says first."""
        index = self.of(language)
        return index.opening(translation) if index is not None else None

    def of(self, language: str) -> LanguageIndex | None:
        """The articles for a language; those for the first one when it is unknown."""
        return self.languages.get(language) or next(iter(self.languages.values()), None)

    def _read(
        self, index: LanguageIndex, judgement: Judgement, text: str, vector: Floats | None, *, is_part: bool
    ) -> Reading:
        scores = index.scores(text, vector)
        sure = judgement.sureness(signals_of(scores))
        if is_part:
            sure = Sureness(sure.answer, sure.choice * CHOICE_BY_A_PART)
        return Reading(text, scores, sure, judgement.band(sure, self._threshold))


def build(
    articles: Iterable[Indexable],
    encoder: Encoder | None,
    *,
    multilingual: Encoder | None = None,
    languages: Sequence[str] = ("en", "fr"),
    threshold: float | None = None,
    vectors: Mapping[str, Vectors] | None = None,
    calibration: Calibration | None = None,
    facts: Facts = NO_FACTS,
) -> Index:
    """Make articles searchable.

    Args:
        encoder: None for words only.
        multilingual: takes the place of `encoder` for every language but English.
        threshold: the least confidence that makes an answer; None for the calibration's own.
        vectors: those known already, by the encoder's digest, then by `Prepared.texts_digest`; the others
            are encoded now.
        facts: put in place of the articles' placeholders.
    """
    prepared = [Prepared.of(article, facts) for article in articles]
    encoders = Encoders(encoder, multilingual)
    indexes = {each: _index(each, in_language(prepared, each), encoders, vectors or {}) for each in languages}
    return Index(indexes, calibration or shipped(), threshold)


def in_language(prepared: Iterable[Prepared], language: str) -> list[Prepared]:
    """Every article once: in the language, or else in the first one that it has."""
    entries = list(prepared)
    translated = {entry.article.translation for entry in entries if entry.article.language == language}
    chosen: list[Prepared] = []
    for entry in entries:
        if entry.article.language == language:
            chosen.append(entry)
        elif entry.article.translation not in translated:
            translated.add(entry.article.translation)
            chosen.append(entry)
    return chosen


def _index(
    language: str, entries: Sequence[Prepared], encoders: Encoders, known: Mapping[str, Vectors]
) -> LanguageIndex:
    encoder = encoders.of(language)
    vectors = all_vectors(entries, encoder, known.get(encoder.digest, {})) if encoder is not None else None
    return LanguageIndex(language, entries, vectors, encoders.compared(language))
