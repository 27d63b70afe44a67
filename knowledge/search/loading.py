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
from knowledge.search.dense import Encoder, Floats
from knowledge.search.index import Index, Prepared, all_vectors, build
from knowledge.search.port import KnowledgeSearch
from storage.database import Database


class SearchLoader:
    """Keeps a `KnowledgeSearch` in step with the published articles."""

    def __init__(
        self,
        database: Database,
        encoder: Encoder | None,
        *,
        languages: Sequence[str] = ("en", "fr"),
        threshold: float | None = None,
        facts: Facts | None = None,
    ) -> None:
        self._database = database
        self._encoder = encoder
        self._languages = languages
        self._threshold = threshold
        self._facts = facts or shipped_facts()
        self._loading = threading.Lock()
        self._revision = ""

    def load(self) -> KnowledgeSearch:
        """A search over what is published now."""
        with self._loading:
            return KnowledgeSearch(self._build(), self._encoder)

    def refresh(self, search: KnowledgeSearch) -> bool:
        """Bring a search up to date; returns whether anything had changed. Blocks: for a worker thread."""
        with self._loading:
            if self._database.read(revision) == self._revision:
                return False
            search.replace(self._build())
            return True

    def _build(self) -> Index:
        current, articles = self._database.read(_current)
        vectors = self._vectors(articles) if self._encoder is not None else None
        index = build(
            articles,
            self._encoder,
            languages=self._languages,
            threshold=self._threshold,
            vectors=vectors,
            facts=self._facts,
        )
        self._revision = current
        return index

    def _vectors(self, articles: Sequence[StoredArticle]) -> dict[str, Floats]:
        """Kept vectors, and the missing ones encoded outside any transaction, then kept."""
        assert self._encoder is not None  # noqa: S101 - only asked with an encoder
        digest = self._encoder.digest
        prepared = [Prepared.of(article, self._facts) for article in articles]
        kept = self._database.read(vectors_of, digest, {entry.texts_digest for entry in prepared})
        known = {
            entry.texts_digest: np.frombuffer(kept[entry.texts_digest], np.float32).reshape(
                len(entry.texts), -1
            )
            for entry in prepared
            if entry.texts_digest in kept
        }
        vectors = all_vectors(prepared, self._encoder, known)
        if new := {key: value.tobytes() for key, value in vectors.items() if key not in known}:
            # Another process may have kept the same ones meanwhile; they are equal.
            with contextlib.suppress(IntegrityError):
                self._database.write(store_vectors, digest, new)
        return vectors


def _current(session: Session) -> tuple[str, tuple[StoredArticle, ...]]:
    return revision(session), published_articles(session)
