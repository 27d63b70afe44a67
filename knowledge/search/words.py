"""Turns text into the terms that lexical search compares: folded, without function words, stemmed. Pure."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import snowballstemmer
import yaml

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_APOSTROPHE = re.compile(r"['’]")
# l'imprimante, j'ai, qu'elle: the part before the apostrophe says nothing.
_ELIDED = frozenset(["l", "d", "j", "m", "t", "s", "n", "c", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu"])

_SNOWBALL = {"en": "english", "fr": "french"}


@dataclass(frozen=True)
class Vocabulary:
    """What `words.yml` says about a language."""

    stop_words: frozenset[str]
    spellings: Mapping[str, tuple[str, ...]]


NO_VOCABULARY = Vocabulary(frozenset(), {})


_PLATFORMS = {
    "windows": "windows",
    "mac": "mac",
    "macos": "mac",
    "macbook": "mac",
    "imac": "mac",
    "iphone": "ios",
    "ipad": "ios",
    "ios": "ios",
    "android": "android",
    "linux": "linux",
    "ubuntu": "linux",
}


@cache
def vocabularies() -> Mapping[str, Vocabulary]:
    read = yaml.safe_load(resources.files("knowledge.search").joinpath("words.yml").read_text("utf-8"))
    return {
        language: Vocabulary(
            frozenset(lists["stop_words"].split()),
            {word: tuple(same.split()) for word, same in lists["spellings"].items()},
        )
        for language, lists in read.items()
    }


def fold(text: str) -> str:
    """Lower case, no accents, compatibility forms undone: people type `deverrouiller` and `ﬁchier`."""
    decomposed = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "oe").casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def words(text: str, language: str) -> list[str]:
    """The words of a text that say something, folded, in one spelling each, as often as they occur."""
    known = vocabularies().get(language, NO_VOCABULARY)
    spelt = (each for word in _words(fold(text)) for each in known.spellings.get(word, (word,)))
    return [word for word in spelt if word not in known.stop_words]


def stems(found: Iterable[str], language: str) -> list[str]:
    """What words have in common with their relatives, as lexical search compares them."""
    return [_stem(word, language) for word in found]


def terms(text: str, language: str) -> list[str]:
    """The stems of a text's words."""
    return stems(words(text, language), language)


def platforms(text: str) -> frozenset[str]:
    """The systems a text names; two names of one system are one."""
    return frozenset(_PLATFORMS[word] for word in _words(fold(text)) if word in _PLATFORMS)


def share_of_latin(text: str) -> float:
    """How much of the letters a reader of English or French can read; 0 when there is no letter."""
    letters = [character for character in text if character.isalpha()]
    latin = sum("LATIN" in unicodedata.name(character, "") for character in letters)
    return latin / len(letters) if letters else 0.0


def _words(folded: str) -> list[str]:
    found: list[str] = []
    for word in _WORD.findall(folded):
        parts = _APOSTROPHE.split(word)
        found += [part for part in parts if len(parts) == 1 or part not in _ELIDED]
    return found


_STEMMING = threading.Lock()


@cache
def _stemmer(language: str) -> Any:
    return snowballstemmer.stemmer(_SNOWBALL[language]) if language in _SNOWBALL else None


@lru_cache(maxsize=65_536)
def _stem(word: str, language: str) -> str:
    stemmer = _stemmer(language)
    if stemmer is None or word.isdigit():
        return word
    with _STEMMING:  # a stemmer keeps the word it works on in itself
        stemmed: str = stemmer.stemWord(word)
    return stemmed
