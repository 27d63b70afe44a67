"""What a request is about, and which group gets it: from its words, without a database."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from ticketing.groups.logic import DEFAULT_GROUP
from ticketing.routing.categories import categories

OTHER = "other"

ARTICLE_WEIGHT = 2
"""What the article that was found says counts as much as a phrase of two words."""

_HYPHENATED = re.compile(r"\b(wi|e)-(?=fi\b|mail)")
_WORD = re.compile(r"[a-z0-9]+")


def category_of(text: str, language: str, article_category: str | None = None) -> str:
    """The category that most of the words speak for; the person may mix languages, the given one counts more.

    Args:
        article_category: the category of an article that was found for the text, if one was.
    """
    words = _words(text)
    scores = dict.fromkeys(categories(), 0.0)
    for key in scores:
        scores[key] = sum(
            (1.0 if its_language == language else 0.5) * _hits(words, pattern)
            for its_language, pattern in _patterns(key)
        )
    if article_category in scores and article_category != OTHER:
        scores[article_category] += ARTICLE_WEIGHT
    best = max(scores, key=lambda key: scores[key])
    return best if scores[best] > 0 else OTHER


def group_of(category: str) -> str:
    """The key of the group that gets a category; the default one for a category that is not known."""
    found = categories().get(category)
    return found.group if found else DEFAULT_GROUP


def _hits(words: str, pattern: re.Pattern[str]) -> int:
    """How many words of the text are words of the category, each word or phrase counted once."""
    return sum(len(hit.split()) for hit in set(pattern.findall(words)))


@cache
def _patterns(category: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (language, _pattern(words)) for language, words in categories()[category].words.items() if words
    )


def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    # The longest first, so that a phrase is taken whole.
    forms = sorted((_form(word) for word in words), key=len, reverse=True)
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(forms)})(?![a-z0-9])")


def _form(word: str) -> str:
    stem = re.escape(_words(word.removesuffix("*")))
    return f"{stem}[a-z]*" if word.endswith("*") else f"{stem}[sx]?"


def _words(text: str) -> str:
    """The words of a text, without accents and signs, a space between them."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    folded = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(_WORD.findall(_HYPHENATED.sub(r"\1", folded)))
