"""The searchable form of the published articles: built once, read by any number of threads, never changed.

Each language has its own index. It holds every article once: in that language, or in another one where there
is no translation, so that a question never fails for want of a translation.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from knowledge.articles.facts import NO_FACTS, Facts
from knowledge.search.confidence import Calibration, shipped
from knowledge.search.dense import DenseIndex, Encoder, Floats
from knowledge.search.findings import HYBRID, LEXICAL, Band, Findings, Hit
from knowledge.search.letters import LetterIndex
from knowledge.search.lexical import Field, LexicalIndex
from knowledge.search.passages import Block, Passage, blocks, excerpt, opening, passages
from knowledge.search.signals import Scores, signals_of
from knowledge.search.words import fold, platforms, share_of_latin, stems, terms, words

TITLE_WEIGHT, QUESTIONS_WEIGHT, BODY_WEIGHT = 3.0, 2.0, 1.0


@dataclass(frozen=True)
class Shares:
    """What each way of comparing counts for; they add up to 1."""

    meaning: float
    words: float
    letters: float


# Measured: see docs/benchmarks.md. The default encoder knows English best.
WITHOUT_ENCODER = Shares(0.0, 0.5, 0.5)
IN_ENGLISH = Shares(0.6, 0.2, 0.2)
IN_OTHER_LANGUAGES = Shares(0.5, 0.25, 0.25)

# An article is as good as its best text, and a little better when it is about the subject as a whole.
BEST_SHARE = 0.7

# A passage is chosen by meaning, helped by the words it shares with the question.
PASSAGE_WORDS_SHARE = 0.3
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

LEAST_LATIN = 0.5
"""Below this share of Latin letters a question is in no language the articles are in."""


class Indexable(Protocol):
    """What the search needs of an article."""

    @property
    def slug(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def translation(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def questions(self) -> tuple[str, ...]: ...
    @property
    def body(self) -> str: ...


@dataclass(frozen=True)
class Prepared:
    """An article cut into what is compared with questions, its site facts filled in."""

    article: Indexable
    title: str
    questions: tuple[str, ...]
    body: str
    outline: tuple[Block, ...]
    passages: tuple[Passage, ...]

    @classmethod
    def of(cls, article: Indexable, facts: Facts = NO_FACTS) -> Prepared:
        def fill(text: str) -> str:
            return facts.fill(text, article.language)

        outline = blocks(article.body, fill)
        questions = tuple(fill(question) for question in article.questions)
        return cls(article, fill(article.title), questions, fill(article.body), outline, passages(outline))

    @property
    def texts(self) -> list[str]:
        """What is encoded, in this order. A passage rarely says what it is about: the title leads."""
        return [
            self.title,
            *self.questions,
            *(f"{self.title}. {passage.words}" for passage in self.passages),
        ]

    @property
    def said(self) -> list[str]:
        """What is compared by its spelling: short texts, where a resemblance means something."""
        headings = dict.fromkeys(passage.heading for passage in self.passages if passage.heading)
        return [self.title, *self.questions, *headings]

    @property
    def texts_digest(self) -> str:
        return hashlib.sha256(json.dumps(self.texts).encode()).hexdigest()

    def fields(self, language: str) -> list[Field]:
        return [
            Field(terms(self.title, language), TITLE_WEIGHT),
            Field(terms(" ".join(self.questions), language), QUESTIONS_WEIGHT),
            Field(terms(self.body, language), BODY_WEIGHT),
        ]


class LanguageIndex:
    """The articles a question in one language is compared with."""

    def __init__(
        self, language: str, entries: Sequence[Prepared], vectors: Mapping[str, Floats] | None
    ) -> None:
        self.language = language
        self.entries = tuple(entries)
        self._by_translation = {entry.article.translation: at for at, entry in enumerate(self.entries)}
        self._lexical = LexicalIndex([entry.fields(language) for entry in entries])
        self._letters = LetterIndex([[words(text, language) for text in entry.said] for entry in entries])
        self._passages = [
            [frozenset(terms(passage.words, language)) for passage in entry.passages] for entry in entries
        ]
        self._platforms = [[platforms(passage.heading) for passage in entry.passages] for entry in entries]
        self._usefulness = [_usefulness(entry) for entry in entries]
        self._dense = DenseIndex([vectors[e.texts_digest] for e in entries]) if vectors and entries else None

    @property
    def has_vectors(self) -> bool:
        return self._dense is not None

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
        shares = IN_ENGLISH if self.language == "en" else IN_OTHER_LANGUAGES
        fused = _mixed(shares, dense, lexical.scores, letters)
        return Scores(fused, lexical, letters, dense, best, overall, similarities)

    def hits(self, scores: Scores, question: str, limit: int) -> tuple[Hit, ...]:
        """The best articles, each with the part of it that answers."""
        order = np.argsort(-scores.fused, kind="stable")[:limit]
        asked, named = frozenset(terms(question, self.language)), platforms(question)
        return tuple(
            _hit(
                self.entries[each],
                self._excerpt(each, scores, asked, named),
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

    def _excerpt(self, position: int, scores: Scores, asked: frozenset[str], named: frozenset[str]) -> str:
        entry = self.entries[position]
        if not entry.passages:
            return ""
        words = np.array(
            [len(asked & held) / max(1, len(asked)) for held in self._passages[position]], dtype=np.float32
        )
        fit = words
        if self._dense is not None and scores.similarities is not None:
            meaning = scores.similarities[self._dense.rows_of(position)][-len(entry.passages) :]
            fit = (1 - PASSAGE_WORDS_SHARE) * meaning + PASSAGE_WORDS_SHARE * words
        chosen = int(np.argmax(fit + self._usefulness[position] - self._foreign(position, named)))
        return excerpt(entry.outline, entry.passages[chosen].block)

    def _foreign(self, position: int, named: frozenset[str]) -> Floats:
        """What a passage loses for being about one system while the question names another, or none."""
        about = self._platforms[position]
        return np.array(
            [FOREIGN_PLATFORM if held and not held & named else 0.0 for held in about], np.float32
        )


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

    def find(self, question: str, language: str, limit: int, vector: Floats | None) -> Findings:
        """Articles for a question; without its vector, by words only."""
        index = self._index(language)
        mode = HYBRID if vector is not None and index is not None and index.has_vectors else LEXICAL
        if index is None or not index.entries or share_of_latin(question) < LEAST_LATIN:
            return Findings(Band.NOTHING, (), mode)
        scores = index.scores(question, vector)
        confidence = self._calibration.probability(mode, signals_of(scores))
        hits = index.hits(scores, question, limit)
        band = self._calibration.band(mode, confidence, self._threshold) if hits else Band.NOTHING
        return Findings(band, hits, mode, round(confidence, 4))

    def opening(self, slug: str, language: str) -> Hit | None:
        """What the article of that name says first, in that language if it has it."""
        key = self._translations.get((slug, language)) or next(
            (key for (name, _), key in self._translations.items() if name == slug), None
        )
        return self.opening_about(key, language) if key is not None else None

    def opening_about(self, translation: str, language: str) -> Hit | None:
        """What the article on a subject says first."""
        index = self._index(language)
        return index.opening(translation) if index is not None else None

    def _index(self, language: str) -> LanguageIndex | None:
        return self.languages.get(language) or next(iter(self.languages.values()), None)


def build(
    articles: Iterable[Indexable],
    encoder: Encoder | None,
    *,
    languages: Sequence[str] = ("en", "fr"),
    threshold: float | None = None,
    vectors: Mapping[str, Floats] | None = None,
    calibration: Calibration | None = None,
    facts: Facts = NO_FACTS,
) -> Index:
    """Make articles searchable.

    Args:
        encoder: None for words only.
        threshold: the least confidence that makes an answer; None for the calibration's own.
        vectors: those known already, by `Prepared.texts_digest`; the others are encoded now.
        facts: put in place of the articles' placeholders.
    """
    prepared = [Prepared.of(article, facts) for article in articles]
    known = all_vectors(prepared, encoder, vectors or {}) if encoder is not None else None
    indexes = {each: LanguageIndex(each, _in_language(prepared, each), known) for each in languages}
    return Index(indexes, calibration or shipped(), threshold)


def all_vectors(
    prepared: Iterable[Prepared], encoder: Encoder, known: Mapping[str, Floats]
) -> dict[str, Floats]:
    """The vectors of every article by the digest of its texts, encoding those that are not known."""
    vectors = dict(known)
    for entry in prepared:
        if entry.texts_digest not in vectors:
            vectors[entry.texts_digest] = encoder.encode(entry.texts)
    return vectors


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


def _usefulness(entry: Prepared) -> Floats:
    """What each passage has in its favour before any question."""
    steps = {block.section for block in entry.outline if block.is_list and block.text[:1].isdigit()}
    return np.array([_favour(passage, entry, steps) for passage in entry.passages], dtype=np.float32)


def _favour(passage: Passage, entry: Prepared, steps: set[int]) -> float:
    if fold(passage.heading).startswith(LAST_RESORTS):
        return AGAINST_LAST_RESORT
    section = entry.outline[passage.block].section
    return FOR_INTRODUCTION if section == 0 else FOR_STEPS if section in steps else 0.0


def _mixed(shares: Shares, meaning: Floats | float, lexical: Floats, letters: Floats) -> Floats:
    total = shares.meaning * meaning + shares.words * lexical + shares.letters * letters
    result: Floats = np.asarray(total, dtype=np.float32)
    return result


def _in_language(prepared: Sequence[Prepared], language: str) -> list[Prepared]:
    translated = {entry.article.translation for entry in prepared if entry.article.language == language}
    chosen: list[Prepared] = []
    for entry in prepared:
        if entry.article.language == language:
            chosen.append(entry)
        elif entry.article.translation not in translated:
            translated.add(entry.article.translation)
            chosen.append(entry)
    return chosen
