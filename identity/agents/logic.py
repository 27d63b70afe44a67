"""What an agent may be called and be doing, and how the journal names one. No I/O."""

from __future__ import annotations

import enum
import re

from notices.texts.catalogue import LANGUAGES


class Presence(enum.Enum):
    """Whether work may be given to somebody now."""

    PRESENT = "present"
    AWAY = "away"


PREFIX = "agent:"

_KEY = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")


def agent_actor(agent_id: int) -> str:
    """How the journal and `ticket.assignee` name an agent: never by name, so that the name can be erased."""
    return f"{PREFIX}{agent_id}"


def agent_id_of(actor: str | None) -> int | None:
    """The agent behind an actor; None for somebody else."""
    number = (actor or "").removeprefix(PREFIX)
    return int(number) if actor and actor.startswith(PREFIX) and number.isdecimal() else None


def why_not_agent_key(key: str) -> str | None:
    """The reason an agent cannot have this key, or None if one can."""
    if _KEY.fullmatch(key):
        return None
    return (
        "a key is 1 to 64 of a-z, 0-9, dot, hyphen and underscore, and starts and ends with a letter or digit"
    )


def why_not_language(language: str) -> str | None:
    """The reason nobody is written to in this language, or None if somebody can be."""
    if language in LANGUAGES:
        return None
    return f"{language!r} is none of the languages: {', '.join(LANGUAGES)}"
