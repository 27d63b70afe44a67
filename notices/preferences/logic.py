"""The kinds of notices. No I/O."""

from __future__ import annotations

import enum


class NoticeKind(enum.Enum):
    """What somebody is told about a ticket."""

    OPENED = "opened"
    ASSIGNED = "assigned"
    REPLIED = "replied"
    ON_HOLD = "on_hold"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    REOPENED = "reopened"
    TRANSFERRED = "transferred"
    ESCALATED = "escalated"
    ESCALATION_DECLINED = "escalation_declined"
    MERGED = "merged"
    WORKAROUND = "workaround"
    SLA_WARNING = "sla_warning"
    SLA_BREACH = "sla_breach"
    LEAD_TOLD = "lead_told"
    # The question in the notice of a resolution; off means not asked, neither there nor in the conversation.
    RATING_ASKED = "rating_asked"


NEEDED = frozenset({NoticeKind.REPLIED, NoticeKind.LEAD_TOLD})
"""What nobody can turn off: an answer may ask something while the clock stands still, and a lead who is told
is the last one who is."""
