"""Rules of problems that need no database."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from ticketing.tickets.logic import TicketType
from ticketing.tickets.priority import Impact, Urgency


class ProblemStatus(enum.Enum):
    """Where a problem stands."""

    NEW = "new"
    UNDER_INVESTIGATION = "under_investigation"
    KNOWN_ERROR = "known_error"  # the cause is understood and not yet removed
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"

    @property
    def words(self) -> str:
        """As it stands in a sentence."""
        return self.value.replace("_", " ")


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
    RESOLVING_INCIDENTS = "resolving_incidents"
    TEXT_ERASED = "text_erased"


@dataclass(frozen=True)
class ProblemDraft:
    """A problem before it is on file; None is taken from the first incident, where there is one."""

    summary: str
    description: str = ""
    group: str | None = None
    category: str | None = None
    impact: Impact | None = None
    urgency: Urgency | None = None


MOVES: dict[ProblemStatus, frozenset[ProblemStatus]] = {
    ProblemStatus.NEW: frozenset(
        {ProblemStatus.UNDER_INVESTIGATION, ProblemStatus.KNOWN_ERROR, ProblemStatus.CANCELLED}
    ),
    ProblemStatus.UNDER_INVESTIGATION: frozenset(
        {ProblemStatus.NEW, ProblemStatus.KNOWN_ERROR, ProblemStatus.RESOLVED, ProblemStatus.CANCELLED}
    ),
    ProblemStatus.KNOWN_ERROR: frozenset(
        {ProblemStatus.UNDER_INVESTIGATION, ProblemStatus.RESOLVED, ProblemStatus.CANCELLED}
    ),
    ProblemStatus.RESOLVED: frozenset(
        {ProblemStatus.UNDER_INVESTIGATION, ProblemStatus.KNOWN_ERROR, ProblemStatus.CLOSED}
    ),
    ProblemStatus.CLOSED: frozenset({ProblemStatus.UNDER_INVESTIGATION}),
    ProblemStatus.CANCELLED: frozenset(),
}
"""Every move there is. From RESOLVED to KNOWN_ERROR: what was done did not remove the cause. To
UNDER_INVESTIGATION: the cause was another one, or the trouble is back."""

FINISHED = frozenset({ProblemStatus.RESOLVED, ProblemStatus.CLOSED, ProblemStatus.CANCELLED})
OPEN = frozenset(ProblemStatus) - FINISHED

PREFIX = "PRB"
SUMMARY_CHARACTERS = 200

_NUMBER = re.compile(r"\s*(?:prb[\s-]*)?(\d{1,9})\s*", re.IGNORECASE)


def problem_number(problem_id: int) -> str:
    """The number people quote: `PRB-000123`."""
    return f"{PREFIX}-{problem_id:06d}"


def parse_problem_number(text: str) -> int | None:
    """The id behind a number as people write it: `PRB-000123`, `prb 123`, `123`."""
    found = _NUMBER.fullmatch(text)
    return int(found[1]) if found else None


def why_not_move(
    before: ProblemStatus, to: ProblemStatus, *, root_cause: str | None, reason: str | None
) -> str | None:
    """Why a problem cannot go from one status to another, or None if it can.

    Args:
        reason: what was done, or why; whatever ends or begins again needs it.
    """
    if to not in MOVES[before]:
        return f"it is {before.words}"
    if to is ProblemStatus.KNOWN_ERROR and not root_cause:
        return "its cause is not known yet; say the cause first"
    ends = to in FINISHED and to is not ProblemStatus.CLOSED
    if (ends or (before in FINISHED and to in OPEN)) and not reason:
        return "say what was done, or why"
    return None


def status_with_cause(before: ProblemStatus) -> ProblemStatus:
    """Where a problem stands once its cause is known: a known error, unless it is one or is finished."""
    return ProblemStatus.KNOWN_ERROR if ProblemStatus.KNOWN_ERROR in MOVES[before] else before


def why_not_link(status: ProblemStatus, type_: TicketType, *, is_merged: bool) -> str | None:
    """Why an incident cannot be linked to a problem, or None if it can."""
    if type_ is not TicketType.INCIDENT:
        return "it is a service request, which has no cause to be removed"
    if status in (ProblemStatus.CLOSED, ProblemStatus.CANCELLED):
        return f"the problem is {status.words}"
    if is_merged:
        return "it was merged into another ticket; link that one"
    return None
