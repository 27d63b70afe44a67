"""Telling people what became of a ticket: by mail and in the conversation, after the commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from notices.preferences.logic import NoticeKind
from ticketing.tickets.models import JournalEntry, Ticket


def announce(
    session: Session,
    ticket: Ticket,
    kind: NoticeKind,
    *,
    entry: JournalEntry,
    now: datetime,
    text: str | None = None,
    link: str | None = None,
    agents: Sequence[int] = (),
) -> None:
    """Tell whoever the kind concerns: requester, watchers, assignee; never who did it.

    Called with the entry that tells of it, in its transaction; entry and kind are the notice's key: each is
    told once.

    Args:
        text: the words meant for them (a reply, a resolution, a reason), if there are some.
        link: a path on the desk that the notice is about, such as the page of a rating.
        agents: ids of agents to tell beside those (the leads of a group).
    """
