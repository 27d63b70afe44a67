"""What the rest of the program searches with."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.search.cleaning import essence
from knowledge.search.dense import Encoder, Encoders, Floats, RememberedVectors
from knowledge.search.findings import Band, Findings, Hit
from knowledge.search.index import Index
from knowledge.search.language import LanguageIndex
from knowledge.search.parts import readings

__all__ = ["Band", "Findings", "Hit", "KnowledgeSearch"]

KEPT = 5
"""How many articles a search gives: some to choose from, and some to go on with when those did not help."""

LISTED = 10


class KnowledgeSearch:
    """The current index and the encoders for questions; any thread may search while another replaces it.

    The encoders must be those that the index was built with.
    """

    def __init__(
        self, index: Index, encoder: Encoder | None = None, multilingual: Encoder | None = None
    ) -> None:
        self._index = index
        self._encoders = Encoders(encoder, multilingual)
        each = {held.digest: held for held in (encoder, multilingual) if held is not None}
        self._vectors = {digest: RememberedVectors(held) for digest, held in each.items()}

    def find(self, question: str, language: str, limit: int = KEPT) -> Findings:
        """Articles for a question, best first. Blocks for an encoding: not for the event loop's thread.

        Of a long message every sentence is searched for as well.
        """
        index = self._index
        spoken = index.of(language)
        texts = [spoken.spelt(text) if spoken is not None else text for text in readings(question)]
        return index.find(texts, language, limit, self._vectors_of(texts, spoken))

    def browse(self, words: str, language: str, limit: int = LISTED) -> Findings:
        """Articles by words only, without an encoding: for whoever looks through the articles."""
        return self._index.find([essence(words)], language, limit, None)

    def opening(self, slug: str, language: str) -> Hit | None:
        """What the article of that name says first, in that language if it has it; None without one."""
        return self._index.opening(slug, language)

    def opening_about(self, translation: str, language: str) -> Hit | None:
        """What the article on a subject, such as `password`, says first; None without one."""
        return self._index.opening_about(translation, language)

    def replace(self, index: Index) -> None:
        """Search in another index from now on; searches under way end in the old one."""
        self._index = index

    def _vectors_of(self, texts: Sequence[str], spoken: LanguageIndex | None) -> list[Floats] | None:
        encoder = self._encoders.of(spoken.language) if spoken is not None else None
        if encoder is None or not texts[0]:
            return None
        remembered = self._vectors[encoder.digest]
        return [remembered.of(text) for text in texts]
