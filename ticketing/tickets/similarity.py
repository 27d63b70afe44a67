"""Whether two texts are about the same trouble: by their words alone, in both languages. No I/O."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

THRESHOLD = 0.55
"""From here on two texts are alike enough to ask; with two words each, one in common is not."""

SAME_WORD = 0.65
_SHORT = 3

_HYPHENATED = re.compile(r"\b(wi|e)-(?=fi\b|mail)")
_LOGIN = re.compile(r"\b(?:log|sign) ?(?:in|on)\b")
_WORD = re.compile(r"[a-z0-9]+")

_SYNONYMS = {
    **dict.fromkeys(("email", "emails", "mails", "courriel", "courriels"), "mail"),
    **dict.fromkeys(("pc", "laptop", "ordi", "ordinateur", "computer"), "computer"),
    **dict.fromkeys(("mdp", "pwd", "passwd"), "password"),
}


@cache
def _stop_words() -> frozenset[str]:
    lines = files("ticketing.tickets").joinpath("stop_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def alikeness(one: str, other: str) -> float:
    """How much two texts speak of the same thing, 0 to 1.

    The mean of two shares of common words: of the shorter text's words, and of both texts' words. The first
    alone would find any text like a single word, the second alone a question unlike a long description.
    """
    first, second = _subject(one), _subject(other)
    if not first or not second:
        return 0.0
    shorter, longer = sorted((first, second), key=len)
    common = sum(any(is_same_word(word, its) for its in longer) for word in shorter)
    return (common / len(shorter) + 2 * common / (len(shorter) + len(longer))) / 2


def are_alike(text: str, others: Iterable[str | None]) -> float | None:
    """How much a text is like the most alike of others, or None if it is like none of them."""
    best = max((alikeness(text, other) for other in others if other), default=0.0)
    return best if best >= THRESHOLD else None


def is_same_word(one: str, other: str) -> bool:
    """Whether two words are one, but for an ending or a slip: enough letter triples in common."""
    if one == other:
        return True
    if min(len(one), len(other)) <= _SHORT or one.isdigit() or other.isdigit():
        return False
    first, second = _triples(one), _triples(other)
    return 2 * len(first & second) / (len(first) + len(second)) >= SAME_WORD


def _subject(text: str) -> frozenset[str]:
    """The words that say what a text is about."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("’", "'").replace("n't", "nt"))
    folded = "".join(c for c in decomposed if not unicodedata.combining(c))
    words = _WORD.findall(_LOGIN.sub("login", _HYPHENATED.sub(r"\1", folded)))
    return frozenset(_SYNONYMS.get(word, word) for word in words if word not in _stop_words())


def _triples(word: str) -> set[str]:
    # Padded in front: words that begin alike are more alike than words that end alike.
    padded = f"  {word}"
    return {padded[at : at + 3] for at in range(len(padded) - 2)}
