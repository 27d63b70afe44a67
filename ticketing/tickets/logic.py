"""Rules for tickets that need no database."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta


class TicketType(enum.Enum):
    """ITIL's two kinds of request: something broke, or something ordinary is wished for."""

    INCIDENT = "incident"
    SERVICE_REQUEST = "service_request"


class Status(enum.Enum):
    """Where a ticket stands."""

    NEW = "new"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"

    @property
    def words(self) -> str:
        """As it stands in a sentence."""
        return self.value.replace("_", " ")


class HoldReason(enum.Enum):
    """What a ticket on hold waits for."""

    REQUESTER = "requester"
    SUPPLIER = "supplier"
    CHANGE = "change"


class SupportTier(enum.Enum):
    """Who is asked first."""

    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"


class ResolutionCode(enum.Enum):
    """How a ticket was resolved."""

    FIXED = "fixed"
    WORKAROUND = "workaround"
    FULFILLED = "fulfilled"  # what was asked for has been delivered
    ADVISED = "advised"  # the requester was told how
    NOT_REPRODUCIBLE = "not_reproducible"
    NO_FAULT = "no_fault"  # it works as it should
    BY_REQUESTER = "by_requester"
    BY_PROBLEM = "by_problem"  # the cause behind it was removed
    DUPLICATE = "duplicate"


class Visibility(enum.Enum):
    """Who may read what is written on a ticket: everybody concerned, or the staff alone."""

    REPLY = "reply"
    WORK_NOTE = "work_note"


class EntryKind(enum.Enum):
    """What the journal tells of."""

    OPENED = "opened"
    HANDOFF_REQUESTED = "handoff_requested"
    MOVED = "moved"
    REOPENED = "reopened"
    RECLASSIFIED = "reclassified"
    REPLIED = "replied"
    WORK_NOTED = "work_noted"
    TEXT_ERASED = "text_erased"
    ROUTED = "routed"
    ASSIGNED = "assigned"
    TRANSFERRED = "transferred"
    ESCALATED = "escalated"
    ESCALATION_DECLINED = "escalation_declined"
    MERGED = "merged"
    UNMERGED = "unmerged"
    SPLIT = "split"
    MARKED_DUPLICATE = "marked_duplicate"
    PARENT_CHANGED = "parent_changed"
    TAGGED = "tagged"
    WATCHED = "watched"
    PROBLEM_LINKED = "problem_linked"
    PROBLEM_UNLINKED = "problem_unlinked"
    SLA_WARNED = "sla_warned"
    SLA_BREACHED = "sla_breached"
    LEAD_TOLD = "lead_told"
    RATED = "rated"


MOVES: dict[Status, frozenset[Status]] = {
    Status.NEW: frozenset({Status.ASSIGNED, Status.RESOLVED, Status.CANCELLED}),
    Status.ASSIGNED: frozenset(
        {Status.NEW, Status.IN_PROGRESS, Status.ON_HOLD, Status.RESOLVED, Status.CANCELLED}
    ),
    Status.IN_PROGRESS: frozenset(
        {Status.NEW, Status.ASSIGNED, Status.ON_HOLD, Status.RESOLVED, Status.CANCELLED}
    ),
    Status.ON_HOLD: frozenset({Status.IN_PROGRESS, Status.RESOLVED, Status.CANCELLED}),
    Status.RESOLVED: frozenset({Status.NEW, Status.ASSIGNED, Status.CLOSED}),
    Status.CLOSED: frozenset({Status.NEW, Status.ASSIGNED}),
    Status.CANCELLED: frozenset(),
}
"""Every move there is. Work is begun by whoever has it, and may end from anywhere: what mends itself, or with
the incident it belongs to, is resolved without having been begun. Back to NEW: nobody has it any more.
Reopened is ASSIGNED, with whoever had it, or NEW where that is nobody."""

FINISHED = frozenset({Status.RESOLVED, Status.CLOSED, Status.CANCELLED})
OPEN = frozenset(Status) - FINISHED
STAFF_ONLY = frozenset(
    {
        EntryKind.WORK_NOTED,
        EntryKind.TEXT_ERASED,
        EntryKind.ROUTED,
        EntryKind.TAGGED,
        EntryKind.WATCHED,
        EntryKind.PROBLEM_LINKED,
        EntryKind.PROBLEM_UNLINKED,
        EntryKind.SLA_WARNED,
        EntryKind.SLA_BREACHED,
        EntryKind.LEAD_TOLD,
    }
)
"""What the requester is not told of."""

NEEDS_REASON = frozenset({Status.RESOLVED, Status.CANCELLED})

REOPEN_WINDOW = timedelta(days=14)
"""How long the requester may have the work go on, unless the settings say otherwise."""

PREFIX = {TicketType.INCIDENT: "INC", TicketType.SERVICE_REQUEST: "REQ"}
SUMMARY_CHARACTERS = 200
ERASED = "…"
"""What stands where words were that have been erased."""
FEW_WORDS = 6


HINTS = {
    (Status.NEW, Status.IN_PROGRESS): "assign it first",
    (Status.NEW, Status.ON_HOLD): "assign it first",
    **{(status, Status.CLOSED): "resolve it first" for status in OPEN},
}
"""What leads to a status that cannot be reached at once."""


def why_not_move(
    before: Status,
    to: Status,
    *,
    reason: str | None,
    hold_reason: HoldReason | None,
    assignee: str | None,
    code: ResolutionCode | None = None,
) -> str | None:
    """Why a ticket cannot go from one status to another, or None if it can."""
    if to not in MOVES[before]:
        return "; ".join(filter(None, (f"it is {before.words}", HINTS.get((before, to)))))
    if (to is Status.ON_HOLD) != (hold_reason is not None):
        return (
            "say what it waits for" if to is Status.ON_HOLD else "only a ticket on hold waits for something"
        )
    if to is Status.ASSIGNED and not assignee:
        return "say to whom"
    if (to is Status.RESOLVED) != (code is not None):
        return "say how it was resolved" if to is Status.RESOLVED else "only a resolved ticket has a code"
    if (to in NEEDS_REASON or is_reopening(before, to)) and not (reason and reason.strip()):
        is_read = to in (Status.RESOLVED, Status.CANCELLED)
        return "say what was done, or why: the requester reads it" if is_read else "say why"
    return None


def why_not_reopen(status: Status) -> str | None:
    """Why the staff cannot take a ticket up again, or None if it can."""
    if status in OPEN:
        return f"it is not finished, it is {status.words}"
    return "it is cancelled for good; open a new ticket" if status is Status.CANCELLED else None


def is_reopening(before: Status, to: Status) -> bool:
    """Whether work on something finished begins again."""
    return before in FINISHED and to in OPEN


def may_reply(status: Status) -> bool:
    """Whether the requester may add to a ticket: somebody works on it."""
    return status in OPEN


def may_reopen(
    status: Status, *, resolved_at: datetime | None, now: datetime | None, window: timedelta
) -> bool:
    """Whether the requester may have the work go on: finished, with a way back, and not too long ago.

    Args:
        resolved_at: when it was resolved; None where nobody knows any more, which is no reason to refuse.
        now: None where no time is asked for.
    """
    if reopened(status, None) is None:
        return False
    return resolved_at is None or now is None or now <= resolved_at + window


def reopened(status: Status, assignee: str | None) -> Status | None:
    """What a finished ticket becomes when the work goes on, or None where it cannot."""
    to = Status.ASSIGNED if assignee else Status.NEW
    return to if status in FINISHED and to in MOVES[status] else None


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
