"""What the desk asks of an assistant, whichever engine answers (TRUST RA-11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ticketing.conversations.logic import Reply


@dataclass(frozen=True)
class TurnRequest:
    """One turn to answer: the text typed (already neutralised), or the payload of a pressed button."""

    turn_id: str
    conversation: str
    language: str
    text: str
    payload: str | None = None


class AssistantError(Exception):
    """No answer; the text is a reason for the log and quotes nothing that was said."""


class AssistantUnavailable(AssistantError):
    """The engine cannot be reached, or does not answer in time: asking again soon may help."""


class AssistantAway(AssistantUnavailable):
    """The engine is known to be away: asking again now is of no use."""


class AssistantFailed(AssistantError):
    """The engine was reached and gave no usable answer."""


class Assistant(Protocol):
    """Answers turns. Asked twice with the same turn id, it gives the same answer."""

    async def reply(self, request: TurnRequest, *, seconds: float) -> tuple[Reply, ...]:
        """The messages to say, at least one, within `seconds`.

        Raises:
            AssistantUnavailable, AssistantFailed
        """
