"""Builds the index from the database, encoding only what no earlier start has encoded."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence

import numpy as np
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from knowledge.articles.factfiles import shipped_facts
from knowledge.articles.facts import Facts
from knowledge.articles.operations import store_vectors
from knowledge.articles.queries import StoredArticle, published_articles, revision, vectors_of
from knowledge.search.dense import Encoder, Encoders, Floats
from knowledge.search.index import Index, build, in_language
from knowledge.search.port import KnowledgeSearch
from knowledge.search.prepared import Prepared, all_vectors
from storage.database import Database


class SearchLoader:
    """Keeps a `KnowledgeSearch` in step with the published articles."""

    def __init__(
        self,
        database: Database,
        encoder: Encoder | None,
        *,
        multilingual: Encoder | None = None,
        languages: Sequence[str] = ("en", "fr"),
        threshold: float | None = None,
        facts: Facts | None = None,
    ) -> None:
        self._database = database
        self._encoders = Encoders(encoder, multilingual)
        self._languages = languages
        self._threshold = threshold
        self._facts = facts or shipped_facts()
        self._loading = threading.Lock()
        self._revision = ""

    def load(self) -> KnowledgeSearch:
        """A search over what is published now."""
        with self._loading:
            return KnowledgeSearch(self._build(), self._encoders.first, self._encoders.multilingual)

    def refresh(self, search: KnowledgeSearch) -> bool:
        """Bring a search up to date; returns whether anything had changed. Blocks: for a worker thread."""
        with self._loading:
            if self._database.read(revision) == self._revision:
                return False
            search.replace(self._build())
            return True

    def _build(self) -> Index:
        current, articles = self._database.read(_current)
        index = build(
            articles,
            self._encoders.first,
            multilingual=self._encoders.multilingual,
            languages=self._languages,
            threshold=self._threshold,
            vectors=self._vectors(articles),
            facts=self._facts,
        )
        self._revision = current
        return index

    def _vectors(self, articles: Sequence[StoredArticle]) -> dict[str, dict[str, Floats]]:
        """By encoder, the vectors of what it compares."""
        prepared = [Prepared.of(article, self._facts) for article in articles]
        wanted: dict[str, list[Prepared]] = {}
        encoders: dict[str, Encoder] = {}
        for language in self._languages:
            if (encoder := self._encoders.of(language)) is not None:
                encoders[encoder.digest] = encoder
                wanted.setdefault(encoder.digest, []).extend(in_language(prepared, language))
        return {digest: self._kept(encoders[digest], entries) for digest, entries in wanted.items()}

    def _kept(self, encoder: Encoder, entries: Sequence[Prepared]) -> dict[str, Floats]:
        """Kept vectors, and the missing ones encoded outside any transaction, then kept."""
        kept = self._database.read(vectors_of, encoder.digest, {entry.texts_digest for entry in entries})
        known = {
            entry.texts_digest: np.frombuffer(kept[entry.texts_digest], np.float32).reshape(
                len(entry.texts), -1
            )
            for entry in entries
            if entry.texts_digest in kept
        }
        vectors = all_vectors(entries, encoder, known)
        if new := {key: value.tobytes() for key, value in vectors.items() if key not in known}:
            # Another process may have kept the same ones meanwhile; they are equal.
            with contextlib.suppress(IntegrityError):
                self._database.write(store_vectors, encoder.digest, new)
        return vectors


def _current(session: Session) -> tuple[str, tuple[StoredArticle, ...]]:
    return revision(session), published_articles(session)
