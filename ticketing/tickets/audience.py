"""Who is told what about a ticket. No I/O."""

from __future__ import annotations

import enum

from notices.preferences.logic import NoticeKind


class Party(enum.Enum):
    """Who may be concerned by a ticket."""

    REQUESTER = "requester"
    PEOPLE = "people"  # who watch it and are not of the team
    ASSIGNEE = "assignee"
    AGENTS = "agents"  # who watch it and are of the team
    NAMED = "named"  # whom the occasion itself names, such as the leads of a group


REQUESTERS = frozenset({Party.REQUESTER, Party.PEOPLE})
STAFF = frozenset({Party.ASSIGNEE, Party.AGENTS, Party.NAMED})

AUDIENCE: dict[NoticeKind, frozenset[Party]] = {
    NoticeKind.OPENED: frozenset({Party.REQUESTER}),
    NoticeKind.ASSIGNED: frozenset({Party.ASSIGNEE, Party.AGENTS}),
    NoticeKind.REPLIED: frozenset(Party),
    NoticeKind.ON_HOLD: REQUESTERS | {Party.AGENTS},
    NoticeKind.RESOLVED: REQUESTERS | {Party.AGENTS},
    NoticeKind.CLOSED: frozenset(),
    NoticeKind.CANCELLED: REQUESTERS | {Party.ASSIGNEE, Party.AGENTS},
    NoticeKind.REOPENED: frozenset(Party),
    NoticeKind.TRANSFERRED: frozenset({Party.AGENTS}),
    NoticeKind.ESCALATED: REQUESTERS | {Party.AGENTS},
    NoticeKind.ESCALATION_DECLINED: frozenset({Party.NAMED, Party.AGENTS}),
    NoticeKind.MERGED: REQUESTERS | {Party.AGENTS},
    NoticeKind.WORKAROUND: REQUESTERS,
    NoticeKind.SLA_WARNING: STAFF,
    NoticeKind.SLA_BREACH: STAFF,
    NoticeKind.LEAD_TOLD: frozenset({Party.NAMED}),
    NoticeKind.RATING_ASKED: frozenset(),
}
"""Every kind of notice and whom it concerns; whoever did it is never told of it. Nobody, where there is
no notice of its own."""

IN_CONVERSATION = frozenset(
    {
        NoticeKind.REPLIED,
        NoticeKind.ON_HOLD,
        NoticeKind.RESOLVED,
        NoticeKind.CANCELLED,
        NoticeKind.REOPENED,
        NoticeKind.ESCALATED,
        NoticeKind.MERGED,
        NoticeKind.WORKAROUND,
    }
)
"""What is said in the conversation too. That a ticket was opened, the assistant has just said there."""

WITH_WORDS = frozenset(
    {
        NoticeKind.REPLIED,
        NoticeKind.RESOLVED,
        NoticeKind.CANCELLED,
        NoticeKind.WORKAROUND,
        NoticeKind.MERGED,
    }
)
"""Notices whose words were written for the requester. Any other reason was written for the team."""
