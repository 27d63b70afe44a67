"""The detector of languages: a library's guess, and our rules on what to make of it."""

from __future__ import annotations

from lingua import Language, LanguageDetectorBuilder

from ticketing.languages.logic import Guess, Sighting, sight


class Detector:
    """English or French. Takes a few milliseconds to make and well below one for a line; thread-safe.

    Trigrams only (lingua's low-accuracy mode): an eighth of the memory. On short lines, where that is weak,
    the words that only one language has decide; docs/decisions.md has the figures.
    """

    def __init__(self) -> None:
        builder = LanguageDetectorBuilder.from_languages(Language.ENGLISH, Language.FRENCH)
        self._lingua = builder.with_low_accuracy_mode().with_preloaded_language_models().build()

    def sight(self, text: str) -> Sighting | None:
        """What a line tells about the language of its writer."""
        return sight(text, self._guess)

    def _guess(self, words: str) -> Guess | None:
        values = self._lingua.compute_language_confidence_values(words)
        if not values or not values[0].value:
            return None
        return Guess(values[0].language.iso_code_639_1.name.lower(), values[0].value)
