"""Rules of service levels that need no database."""

from __future__ import annotations

import enum


class Agreement(enum.Enum):
    """Promised to the business, or by one team to another."""

    SLA = "sla"
    OLA = "ola"


class EventKind(enum.Enum):
    """What is told of a target, once each."""

    WARNING = "warning"
    BREACH = "breach"
