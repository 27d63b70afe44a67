"""Rules for tickets that need no database."""

from __future__ import annotations

import enum


class TicketType(enum.Enum):
    """ITIL's two kinds of request: something broke, or something ordinary is wished for."""

    INCIDENT = "incident"
    SERVICE_REQUEST = "service_request"


class Status(enum.Enum):
    """Where a ticket stands."""

    NEW = "new"


class SupportTier(enum.Enum):
    """Who is asked first."""

    L1 = "L1"
    L2 = "L2"


PREFIX = {TicketType.INCIDENT: "INC", TicketType.SERVICE_REQUEST: "REQ"}
SUMMARY_CHARACTERS = 200
FEW_WORDS = 6


def ticket_number(type_: TicketType, ticket_id: int) -> str:
    """The number people quote: `INC-000123`, `REQ-000123`."""
    return f"{PREFIX[type_]}-{ticket_id:06d}"


def summary_of(description: str) -> str:
    """The first line with something in it, short enough for a list."""
    line = next((line.strip() for line in description.splitlines() if line.strip()), "")
    return line if len(line) <= SUMMARY_CHARACTERS else line[: SUMMARY_CHARACTERS - 1].rstrip() + "…"


def says_little(text: str) -> bool:
    """Whether a line that asks for a ticket is too short to say what the ticket is about."""
    return len(text.split()) < FEW_WORDS
