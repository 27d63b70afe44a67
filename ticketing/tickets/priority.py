"""Priority: looked up from impact and urgency, never set by hand."""

from __future__ import annotations

import enum

from ticketing.tickets.logic import TicketType


class Impact(enum.Enum):
    """How much of the organisation is hit."""

    HIGH = "high"  # the whole organisation, or nearly
    MEDIUM = "medium"  # a team or a site
    LOW = "low"  # one person


class Urgency(enum.Enum):
    """How soon it hurts."""

    HIGH = "high"  # work has stopped
    MEDIUM = "medium"  # work goes on with difficulty
    LOW = "low"  # work is not hindered


class Priority(enum.Enum):
    """In which order things are done; the values sort."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"
    P5 = "P5"


MATRIX = {
    (Impact.HIGH, Urgency.HIGH): Priority.P1,
    (Impact.HIGH, Urgency.MEDIUM): Priority.P2,
    (Impact.HIGH, Urgency.LOW): Priority.P3,
    (Impact.MEDIUM, Urgency.HIGH): Priority.P2,
    (Impact.MEDIUM, Urgency.MEDIUM): Priority.P3,
    (Impact.MEDIUM, Urgency.LOW): Priority.P4,
    (Impact.LOW, Urgency.HIGH): Priority.P3,
    (Impact.LOW, Urgency.MEDIUM): Priority.P4,
    (Impact.LOW, Urgency.LOW): Priority.P5,
}
"""The usual table of ITIL's guidance: each step down in impact or in urgency costs one priority."""

UNKNOWN_IMPACT = Impact.LOW
"""Who writes speaks for one person, as long as nobody said that more are hit."""

UNKNOWN_URGENCY = {
    # Low would hide somebody who cannot work, high would let silence overtake those who said so.
    TicketType.INCIDENT: Urgency.MEDIUM,
    # A wish for something new hinders nobody, as long as nobody said so.
    TicketType.SERVICE_REQUEST: Urgency.LOW,
}


def priority_of(impact: Impact, urgency: Urgency) -> Priority:
    """The priority of a ticket."""
    return MATRIX[impact, urgency]


def classified(
    type_: TicketType, impact: Impact | None, urgency: Urgency | None
) -> tuple[Impact, Urgency, Priority]:
    """Impact, urgency and priority of a ticket, with what is assumed where nothing was said."""
    impact = impact or UNKNOWN_IMPACT
    urgency = urgency or UNKNOWN_URGENCY[type_]
    return impact, urgency, priority_of(impact, urgency)
