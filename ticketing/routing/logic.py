"""What a request is about: a tree of categories, and the one that its words speak for. No I/O."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

OTHER = "other"

ARTICLE_WEIGHT = 2
"""What the article that was found says counts as much as a phrase of two words."""

WORDS_CHARACTERS = 60
MOST_WORDS = 400

_HYPHENATED = re.compile(r"\b(wi|e)-(?=fi\b|mail)")
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class Category:
    """One subject.

    Args:
        group: who gets it; None: whoever gets its parent.
        words: by language, what in a text speaks for it, beside the words of its parent.
        names: what people call it, by language.
    """

    key: str
    group: str | None = None
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    parent: str | None = None
    is_active: bool = True


Categories = Mapping[str, Category]
"""A whole tree by key, in the order in which they are tried."""


def category_of(text: str, language: str, categories: Categories, article_category: str | None = None) -> str:
    """The category that most of the words speak for; the person may mix languages, the given one counts more.

    What speaks for a category speaks for those below it too, as soon as a word of their own does: the most
    specific one that fits has it.

    Args:
        article_category: the category of an article that was found for the text, if one was.
    """
    words = plain_words(text)
    own = {key: _own_score(words, language, category) for key, category in categories.items()}
    if article_category in own and article_category != OTHER:
        own[article_category] += ARTICLE_WEIGHT
    scores = {
        key: sum(own[each] for each in lineage(key, categories)) if own[key] else 0.0
        for key, category in categories.items()
        if category.is_active
    }
    best = max(scores, key=lambda key: scores[key], default=OTHER)
    return best if scores.get(best, 0.0) > 0 else OTHER


def group_of(category: str, categories: Categories) -> str | None:
    """The key of the group that gets a category; None where neither it nor those above it say."""
    groups = (categories[key].group for key in lineage(category, categories))
    return next((group for group in groups if group), None)


def lineage(category: str, categories: Categories) -> tuple[str, ...]:
    """A category, its parent, and so on up; nothing for one that is not known."""
    found: list[str] = []
    here = categories.get(category)
    while here is not None and here.key not in found:
        found.append(here.key)
        here = categories.get(here.parent or "")
    return tuple(found)


def why_not_parent(key: str, parent: str, categories: Categories) -> str | None:
    """The reason a category cannot stand below another one, or None if it can."""
    if parent not in categories:
        return f"there is no category {parent!r}; `guichet route category list` shows them"
    if parent == OTHER or key == OTHER:
        return f"{OTHER} is what fits nowhere: nothing stands below it, and it stands below nothing"
    way = lineage(parent, categories)
    if key in way:
        return f"{key} would stand below itself: {' → '.join([*reversed(way[: way.index(key) + 1]), key])}"
    return None


def why_not_words(words: Iterable[str]) -> str | None:
    """The reason words cannot speak for something, or None if they can."""
    words = tuple(words)
    if len(words) > MOST_WORDS:
        return f"there are {len(words)} words, and {MOST_WORDS} have room"
    for word in words:
        if len(word) > WORDS_CHARACTERS:
            return f"{word[:20]!r}… is longer than {WORDS_CHARACTERS} characters"
        if not plain_words(word):
            return f"{word!r} has no letter a to z and no digit"
        if "*" in word.removesuffix("*"):
            return f"{word!r}: a star stands at the end, for any ending"
    return None


def hits(words: str, wanted: tuple[str, ...]) -> int:
    """How many words of a text (as `plain_words` gives them) are among those wanted, each phrase once."""
    return sum(len(hit.split()) for hit in set(_pattern(wanted).findall(words))) if wanted else 0


def plain_words(text: str) -> str:
    """The words of a text, without accents and signs, a space between them."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    folded = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(_WORD.findall(_HYPHENATED.sub(r"\1", folded)))


def _own_score(words: str, language: str, category: Category) -> float:
    return sum(
        (1.0 if its_language == language else 0.5) * hits(words, wanted)
        for its_language, wanted in category.words.items()
    )


# The words themselves are the key, so that a change is seen at once, by every process.
@lru_cache(maxsize=1024)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    # The longest first, so that a phrase is taken whole.
    forms = sorted(_forms(words), key=len, reverse=True)
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(forms)})(?![a-z0-9])")


def _forms(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        stem = re.escape(plain_words(word.removesuffix("*")))
        yield f"{stem}[a-z]*" if word.endswith("*") else f"{stem}[sx]?"
