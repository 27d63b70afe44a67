"""Rules for conversations: who may say what, in which words it is passed on. No I/O."""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MESSAGE_CHARACTERS = 4_000


class Speaker(enum.Enum):
    """Who answers in a conversation: one at any time."""

    ASSISTANT = "assistant"
    WAITING = "waiting"
    AGENT = "agent"


class Author(enum.Enum):
    """Who wrote a message. The desk writes fixed notices, whoever speaks, and never answers a question."""

    PERSON = "person"
    ASSISTANT = "assistant"
    AGENT = "agent"
    DESK = "desk"


@dataclass(frozen=True)
class Button:
    """Something to press; the payload is what it means to the assistant and never leaves the desk."""

    title: str
    payload: str


@dataclass(frozen=True)
class Source:
    """Where an answer comes from."""

    title: str
    url: str
    slug: str

    def as_dict(self) -> dict[str, str]:
        return {"title": self.title, "url": self.url, "slug": self.slug}


@dataclass(frozen=True)
class Reply:
    """One message that the assistant or the desk wants to say.

    Attributes:
        says: the key of the catalogue that the text comes from.
        question: what the articles had for the turn's question, for the record of questions.
        feedback: what the person made of an answer, for the same.
    """

    text: str
    buttons: tuple[Button, ...] = ()
    sources: tuple[Source, ...] = ()
    ticket: str | None = None
    says: str | None = None
    question: Mapping[str, Any] | None = field(default=None, hash=False)
    feedback: Mapping[str, Any] | None = field(default=None, hash=False)

    def extras(self) -> dict[str, Any]:
        """What a viewer may show beside the text; buttons are added when they are stored."""
        extras: dict[str, Any] = {}
        if self.sources:
            extras["sources"] = [source.as_dict() for source in self.sources]
        if self.ticket:
            extras["ticket"] = self.ticket
        if self.says:
            extras["says"] = self.says
        return extras


# Cc and Cf: control characters and the invisible ones (zero-width space, joiners, direction marks).
# Cs: halves of surrogate pairs, which JSON can carry and no database or UTF-8 text can.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})
_KEPT = frozenset("\n\t")


def without_invisible(text: str) -> str:
    """The text without control and zero-width characters, which hide words from people and from rules."""
    return "".join(c for c in text if c in _KEPT or unicodedata.category(c) not in _INVISIBLE)


def neutralised(text: str) -> str:
    """What the assistant is given of a typed line: never something Rasa would take for an intent.

    Rasa reads a text that starts with "/" as an intent with entities, after stripping spaces; full-width
    and invisible look-alikes are folded first, so that none of them starts one either (TRUST RA-6).
    """
    folded = unicodedata.normalize("NFKC", without_invisible(text)).strip()
    start = next((at for at, c in enumerate(folded) if c != "/" and not c.isspace()), len(folded))
    return folded[start:] or "..."
