"""What the rest of the program searches with."""

from __future__ import annotations

from knowledge.search.cleaning import essence
from knowledge.search.dense import Encoder, RememberedVectors
from knowledge.search.findings import Band, Findings, Hit
from knowledge.search.index import Index

__all__ = ["Band", "Findings", "Hit", "KnowledgeSearch"]

KEPT = 5
"""How many articles a search gives: some to choose from, and some to go on with when those did not help."""

LISTED = 10


class KnowledgeSearch:
    """The current index and the encoder for questions; any thread may search while another replaces it."""

    def __init__(self, index: Index, encoder: Encoder | None = None) -> None:
        self._index = index
        self._vectors = RememberedVectors(encoder) if encoder is not None else None

    def find(self, question: str, language: str, limit: int = KEPT) -> Findings:
        """Articles for a question, best first. Blocks for one encoding: not for the event loop's thread."""
        index = self._index
        asked = essence(question)
        vector = self._vectors.of(asked) if self._vectors is not None and asked.strip() else None
        return index.find(asked, language, limit, vector)

    def browse(self, words: str, language: str, limit: int = LISTED) -> Findings:
        """Articles by words only, without an encoding: for whoever looks through the articles."""
        return self._index.find(essence(words), language, limit, None)

    def opening(self, slug: str, language: str) -> Hit | None:
        """What the article of that name says first, in that language if it has it; None without one."""
        return self._index.opening(slug, language)

    def opening_about(self, translation: str, language: str) -> Hit | None:
        """What the article on a subject, such as `password`, says first; None without one."""
        return self._index.opening_about(translation, language)

    def replace(self, index: Index) -> None:
        """Search in another index from now on; searches under way end in the old one."""
        self._index = index
