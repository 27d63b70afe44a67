"""Rules of problems that need no database."""

from __future__ import annotations

import enum


class ProblemStatus(enum.Enum):
    """Where a problem stands."""

    NEW = "new"
    UNDER_INVESTIGATION = "under_investigation"
    KNOWN_ERROR = "known_error"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class ProblemEntryKind(enum.Enum):
    """What the journal of a problem tells of."""

    OPENED = "opened"
    MOVED = "moved"
    RECLASSIFIED = "reclassified"
    ASSIGNED = "assigned"
    CAUSE_FOUND = "cause_found"
    WORKAROUND_SET = "workaround_set"
    WORKAROUND_TOLD = "workaround_told"
    INCIDENT_LINKED = "incident_linked"
    INCIDENT_UNLINKED = "incident_unlinked"
    WORK_NOTED = "work_noted"


PREFIX = "PRB"


def problem_number(problem_id: int) -> str:
    """The number people quote: `PRB-000123`."""
    return f"{PREFIX}-{problem_id:06d}"
