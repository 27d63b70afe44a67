"""Labelled sets: articles, questions, and which article answers which question.

Folders follow BEIR: `corpus.jsonl` (`_id`, `title`, `text`, here also `questions`), `queries.jsonl` (`_id`,
`text`) and `qrels/test.tsv`. Sets in several languages add the language to the file names.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from knowledge.articles.importing import read_library

SLIPS = 0.4


@dataclass(frozen=True)
class Document:
    """An article of a labelled set; has what the search needs of one."""

    slug: str
    language: str
    title: str
    questions: tuple[str, ...]
    body: str

    @property
    def translation(self) -> str:
        return self.slug

    @property
    def category(self) -> str:
        return ""


@dataclass(frozen=True)
class Question:
    """A question and the slug of the article that answers it; None when none does."""

    text: str
    answer: str | None


@dataclass(frozen=True)
class Collection:
    """Articles in one language, and questions about them."""

    name: str
    language: str
    documents: tuple[Document, ...]
    questions: tuple[Question, ...]

    def without_half(self, seed: int) -> Collection:
        """The same questions, half of the articles gone: now half of the questions have no answer."""
        return self.only(random.Random(seed).sample(self.documents, len(self.documents) // 2))  # noqa: S311

    def only(self, documents: Sequence[Document]) -> Collection:
        left = {document.slug for document in documents}
        questions = [
            question if question.answer in left else replace(question, answer=None)
            for question in self.questions
        ]
        return replace(self, documents=tuple(documents), questions=tuple(questions))


def read_collection(folder: Path, language: str = "en", *, samples: int = 3, suffix: str = "") -> Collection:
    """A set in BEIR's layout; questions without a relevant article are left out.

    Args:
        samples: how many sample questions of each article the search may see.
        suffix: put in the file names before `.jsonl`, such as `-fr`.
    """
    relevant = _relevant(folder / "qrels" / "test.tsv")
    documents = tuple(
        Document(
            line["_id"], language, line["title"], tuple(line.get("questions", ())[:samples]), line["text"]
        )
        for line in _lines(folder / f"corpus{suffix}.jsonl")
    )
    questions = tuple(
        Question(line["text"], relevant[line["_id"]])
        for line in _lines(folder / f"queries{suffix}.jsonl")
        if line["_id"] in relevant
    )
    return Collection(f"{folder.name}{suffix}", language, documents, questions)


def held_out(library: Path, language: str, seed: int, *, each: int = 2) -> Collection:
    """The shipped articles, some of their sample questions hidden from the search and asked instead."""
    draw = random.Random(seed)  # noqa: S311 - a draw to repeat, not a secret
    documents, questions = [], []
    for article in read_library(library).drafts:
        if article.language != language:
            continue
        asked = draw.sample(article.questions, min(each, len(article.questions) - 1))
        kept = tuple(question for question in article.questions if question not in asked)
        documents.append(Document(article.slug, language, article.title, kept, article.body))
        questions += [Question(text, article.slug) for text in asked]
    return Collection(f"library-{language}", language, tuple(documents), tuple(questions))


def written(library: Path, path: Path, language: str) -> Collection:
    """The shipped articles and questions written for them by hand, some of which nothing answers."""
    articles = [article for article in read_library(library).drafts if article.language == language]
    slugs = {article.translation: article.slug for article in articles}
    read: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    questions = [
        Question(text, slugs[key])
        for key, texts in read["answered"].items()
        if key in slugs
        for text in texts
    ]
    questions += [Question(text, None) for text in read["unanswered"]]
    documents = [Document(a.slug, language, a.title, a.questions, a.body) for a in articles]
    return Collection(f"written-{language}", language, tuple(documents), tuple(questions))


def in_stories(collection: Collection, path: Path) -> Collection:
    """The same questions, each somewhere in a long message that tells much else."""
    sentences: list[str] = yaml.safe_load(path.read_text(encoding="utf-8"))[collection.language]
    told = tuple(replace(each, text=_story(each.text, sentences)) for each in collection.questions)
    return replace(collection, questions=told)


def _story(question: str, sentences: Sequence[str]) -> str:
    draw = random.Random(question)  # noqa: S311 - a draw to repeat, not a secret
    others = draw.sample(sentences, draw.randint(3, 6))
    at = draw.randint(0, len(others))
    asked = question if question.endswith((".", "?", "!")) else f"{question}."
    return " ".join([*others[:at], asked[0].upper() + asked[1:], *others[at:]])


def with_slips(collection: Collection) -> Collection:
    """The same questions, typed in a hurry: a slip in four of ten long words."""
    typed = tuple(replace(each, text=_typed(each.text)) for each in collection.questions)
    return replace(collection, questions=typed)


def _typed(question: str) -> str:
    draw = random.Random(question)  # noqa: S311 - a draw to repeat, not a secret
    return " ".join(
        _slip(word, draw) if len(word) > 4 and draw.random() < SLIPS else word for word in question.split()
    )


def _slip(word: str, draw: random.Random) -> str:
    """A letter inside the word left out, doubled, or swapped with the next."""
    at = draw.randrange(1, len(word) - 1)
    return draw.choice(
        (
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        )
    )


def unrelated(path: Path, most: int, seed: int = 0) -> tuple[Question, ...]:
    """Questions of another field altogether: lines of JSON with a `text`."""
    texts = [line["text"] for line in _lines(path)]
    chosen = random.Random(seed).sample(texts, min(most, len(texts)))  # noqa: S311
    return tuple(Question(text, None) for text in chosen)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _relevant(path: Path) -> dict[str, str]:
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:] if line.strip())
    return {query: document for query, document, _ in rows}
