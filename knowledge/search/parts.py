"""The sentences of a long message: one vector of a whole story resembles nothing any more. Pure.

People tell what happened, what they have tried and who said what; the question is one sentence among these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from knowledge.search.cleaning import essence

FEWEST_WORDS = 3
"""Fewer than these say nothing by themselves: they stay with what stands before them."""

ASKED_WHOLE = 10
"""A message of at most this many words is one thought, however it is punctuated."""

LONGEST = 24
"""A sentence with more words than this is cut at its commas, or else anywhere."""

CLAUSE = 6
CHUNK, OVERLAP = 12, 4
MOST_PARTS = 16

_SENTENCE_END = re.compile(r"(?<=[.!?…;:])\s+|\n+")
_COMMA = re.compile(r",\s+|\s+[-–—]\s+")
_WORD = re.compile(r"\w")


def readings(message: str) -> list[str]:
    """What to search for: the message without its politeness, then each part of a long one likewise."""
    asked = essence(message)
    return [asked, *map(essence, parts(asked))]


def parts(message: str) -> tuple[str, ...]:
    """What a long message is made of; nothing for a short one or one of a single sentence."""
    if len(message.split()) <= ASKED_WHOLE:
        return ()
    pieces = (piece for sentence in _SENTENCE_END.split(message) for piece in _cut(sentence))
    found = _joined((piece for piece in pieces if _WORD.search(piece)), FEWEST_WORDS)
    while len(found) > MOST_PARTS:
        found = [" ".join(found[at : at + 2]) for at in range(0, len(found), 2)]
    return tuple(found) if len(found) > 1 else ()


def _cut(sentence: str) -> Iterator[str]:
    if len(sentence.split()) <= LONGEST:
        yield sentence
        return
    for clause in _joined(_COMMA.split(sentence), CLAUSE):
        words = clause.split()
        if len(words) <= LONGEST:
            yield clause
        else:
            yield from _chunks(words)


def _chunks(words: Sequence[str]) -> Iterator[str]:
    """Overlapping runs of words: what is asked may stand across a cut."""
    for at in range(0, len(words) - OVERLAP, CHUNK - OVERLAP):
        yield " ".join(words[at : at + CHUNK])


def _joined(pieces: Iterable[str], fewest: int) -> list[str]:
    """Pieces of at least so many words each."""
    found: list[str] = []
    for piece in pieces:
        if found and len(found[-1].split()) < fewest:
            found[-1] = f"{found[-1]} {piece}"
        else:
            found.append(piece)
    if len(found) > 1 and len(found[-1].split()) < fewest:
        last = found.pop()
        found[-1] = f"{found[-1]} {last}"
    return found
