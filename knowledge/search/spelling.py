"""Puts words of the articles in place of their misspellings. Pure.

Only a slip is mended that fingers and ears make: a letter left out or put in, two swapped, a vowel for
another, an apostrophe left out. The first letter is right nearly always: `paint` is not taken for `print`,
nor `price` for `rice`. A word whose stem the articles use is never touched.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from knowledge.search.words import fold, stems, vocabularies

SHORTEST = 5
"""Shorter words have too many neighbours."""
SHORTEST_UNEVEN = 6
"""With one letter more or less there are more of them still."""

_WORD = re.compile(r"[^\W\d_]+")
_VOWELS = frozenset("aeiouy")
# nimprime, lordinateur: what French elides before a vowel.
_ELIDED = {"fr": frozenset("cdjlmnst")}


class Spelling:
    """The words of some texts, each found by what is left of it without one of its letters."""

    def __init__(self, texts: Iterable[str], language: str) -> None:
        self._language = language
        self._elided = _ELIDED.get(language, frozenset())
        written = Counter(word for text in texts for word in _WORD.findall(text.lower()))
        # The most frequent last: it takes the place of the same word with other accents.
        self._surface: dict[str, str] = {fold(word): word for word, _ in reversed(written.most_common())}
        self._count: Counter[str] = Counter()
        for word, count in written.items():
            self._count[fold(word)] += count
        self._stems = frozenset(stems(self._surface, language))
        self._neighbours: dict[str, list[str]] = {}
        for word in self._surface:
            if len(word) >= SHORTEST:
                for key in {word, *_without_one(word)}:
                    self._neighbours.setdefault(key, []).append(word)

    def mended(self, text: str) -> str:
        """The text with its slips mended."""
        return _WORD.sub(lambda match: self._mended(match[0]), text)

    def _mended(self, written: str) -> str:
        word = fold(written)
        if len(word) < SHORTEST or self._is_known(word):
            return written
        if word[0] in self._elided and word[1] in _VOWELS and word[1:] in self._surface:
            return f"{written[0]}'{self._surface[word[1:]]}"
        near = {each for key in (word, *_without_one(word)) for each in self._neighbours.get(key, ())}
        meant = [each for each in near if _is_slip(word, each)]
        if not meant:
            return written
        return self._surface[max(meant, key=lambda each: (self._count[each], each))]

    def _is_known(self, word: str) -> bool:
        if word in self._surface or stems([word], self._language)[0] in self._stems:
            return True
        return any(word in known.stop_words or word in known.spellings for known in vocabularies().values())


def _without_one(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(len(word)))


def _is_slip(written: str, meant: str) -> bool:
    """Whether fingers or ears make the one out of the other."""
    if written[0] != meant[0]:
        return False
    if len(written) != len(meant):
        longer, shorter = sorted((written, meant), key=len, reverse=True)
        return len(written) >= SHORTEST_UNEVEN and shorter in _without_one(longer)
    differ = [at for at, (one, other) in enumerate(zip(written, meant, strict=True)) if one != other]
    if len(differ) == 1:
        return {written[differ[0]], meant[differ[0]]} <= _VOWELS
    first, *rest = differ
    return rest == [first + 1] and written[first : first + 2] == meant[first + 1] + meant[first]
