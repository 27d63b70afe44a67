"""What is known of a request before it is a ticket."""

from __future__ import annotations

from dataclasses import dataclass

from ticketing.conversations.logic import without_invisible
from ticketing.tickets.logic import TicketType
from ticketing.tickets.priority import Impact, Urgency

TEXT_CHARACTERS = 20_000
ARTICLES = 20


@dataclass(frozen=True)
class Intake:
    """What the person was asked, or said without being asked; None is what nobody knows.

    Args:
        details: on what and since when; for a service request, for what and by when.
        first_seq: where in the conversation it began.
    """

    type: TicketType = TicketType.INCIDENT
    description: str | None = None
    details: str | None = None
    impact: Impact | None = None
    urgency: Urgency | None = None
    category: str | None = None
    articles_tried: tuple[str, ...] = ()
    first_seq: int | None = None


def kept(text: str | None) -> str | None:
    """A text as a ticket keeps it: something that can be seen, and not without end.

    Some of what nobody sees, no database takes.
    """
    text = without_invisible(text or "").strip()
    return text[:TEXT_CHARACTERS] or None


def distinct(articles: tuple[str, ...]) -> list[str]:
    """Each article once, in the order they were tried; the last ones, if there are many."""
    return list(dict.fromkeys(articles))[-ARTICLES:]
