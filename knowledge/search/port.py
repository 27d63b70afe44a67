"""What the rest of the program searches with."""

from __future__ import annotations

from knowledge.search.dense import Encoder, RememberedVectors
from knowledge.search.findings import Band, Findings, Hit
from knowledge.search.index import Index

__all__ = ["Band", "Findings", "Hit", "KnowledgeSearch"]


class KnowledgeSearch:
    """The current index and the encoder for questions; any thread may search while another replaces it."""

    def __init__(self, index: Index, encoder: Encoder | None = None) -> None:
        self._index = index
        self._vectors = RememberedVectors(encoder) if encoder is not None else None

    def find(self, question: str, language: str, limit: int = 3) -> Findings:
        """Articles for a question, best first. Blocks for one encoding: not for the event loop's thread."""
        index = self._index
        vector = self._vectors.of(question) if self._vectors is not None and question.strip() else None
        return index.find(question, language, limit, vector)

    def replace(self, index: Index) -> None:
        """Search in another index from now on; searches under way end in the old one."""
        self._index = index
