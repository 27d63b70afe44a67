"""Leaves of a message what is asked: greetings, thanks and "since this morning" resemble no article. Pure.

Fillers of every language are left out of every message: people say `svp` and `thanks` in both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources

import yaml

from knowledge.search.words import fold

_WORD = re.compile(r"[^\W_]+")
_LEADING = re.compile(r"^[\s,;:.!?…-]+")
# What is left between two removed parts: " , . ".
_STRANDED = re.compile(r"(?:\s*[,;:.!…-]+)+(\s*[,;:.!?…]|\s*$)")

LONGEST_SIGNATURE = 2

Phrase = tuple[str, ...]
Phrases = Mapping[str, Sequence[Phrase]]


def essence(message: str) -> str:
    """The message without its politeness; the message itself when nothing else is left."""
    found = list(_WORD.finditer(message))
    kept: list[str] = []
    end = last = 0
    for first, count in _fillers([fold(match[0]) for match in found]):
        kept.append(message[end : found[first].start()])
        last = first + count
        end = found[last - 1].end()
    if not _is_signature(found[last:]) or not _WORD.search(" ".join(kept)):
        kept.append(message[end:])
    left = " ".join(" ".join(kept).split())
    left = _LEADING.sub("", _STRANDED.sub(r"\1", left))
    return left if _WORD.search(left) else message.strip()


def _is_signature(rest: Sequence[re.Match[str]]) -> bool:
    """Whether a name is all that follows the last filler: `Thanks, Marie Example`."""
    return 0 < len(rest) <= LONGEST_SIGNATURE and all(word[0].istitle() for word in rest)


def _fillers(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Position and length of each filler; greetings count only before anything else is said."""
    greetings, fillers = _phrases()
    at, is_start = 0, True
    while at < len(words):
        count = _longest(words, at, fillers) or (_longest(words, at, greetings) if is_start else 0)
        if count:
            yield at, count
        else:
            is_start = False
        at += count or 1


def _longest(words: Sequence[str], at: int, phrases: Phrases) -> int:
    for phrase in phrases.get(words[at], ()):
        if tuple(words[at : at + len(phrase)]) == phrase:
            return len(phrase)
    return 0


@cache
def _phrases() -> tuple[Phrases, Phrases]:
    read = yaml.safe_load(resources.files("knowledge.search").joinpath("words.yml").read_text("utf-8"))
    return tuple(  # type: ignore[return-value]
        _by_first_word([phrase for lists in read.values() for phrase in lists[kind]])
        for kind in ("greetings", "fillers")
    )


def _by_first_word(phrases: Sequence[str]) -> Phrases:
    """The longest first, so that `merci d'avance` is not left as `d'avance`."""
    ordered = sorted({tuple(_WORD.findall(fold(phrase))) for phrase in phrases}, key=len, reverse=True)
    return {first: [each for each in ordered if each[0] == first] for first in {each[0] for each in ordered}}
