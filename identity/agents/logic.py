"""What an agent may be doing, and how the journal names one. No I/O."""

from __future__ import annotations

import enum


class Presence(enum.Enum):
    """Whether work may be given to somebody now."""

    PRESENT = "present"
    AWAY = "away"


PREFIX = "agent:"


def agent_actor(agent_id: int) -> str:
    """How the journal and `ticket.assignee` name an agent: never by name, so that the name can be erased."""
    return f"{PREFIX}{agent_id}"


def agent_id_of(actor: str | None) -> int | None:
    """The agent behind an actor; None for somebody else."""
    number = (actor or "").removeprefix(PREFIX)
    return int(number) if actor and actor.startswith(PREFIX) and number.isdecimal() else None
