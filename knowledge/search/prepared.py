"""An article as the search sees it: cut into what is compared with questions, its site facts filled in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from knowledge.articles.facts import NO_FACTS, Facts
from knowledge.search.dense import Encoder, Floats
from knowledge.search.lexical import Field
from knowledge.search.passages import Block, Passage, blocks, passages
from knowledge.search.words import terms

TITLE_WEIGHT, QUESTIONS_WEIGHT, BODY_WEIGHT = 3.0, 2.0, 1.0


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


def all_vectors(
    prepared: Iterable[Prepared], encoder: Encoder, known: Mapping[str, Floats]
) -> dict[str, Floats]:
    """The vectors of every article by the digest of its texts, encoding those that are not known."""
    vectors = dict(known)
    for entry in prepared:
        if entry.texts_digest not in vectors:
            vectors[entry.texts_digest] = encoder.encode(entry.texts)
    return vectors
