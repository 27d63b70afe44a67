"""Who wants which notices."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.preferences.logic import NoticeKind
from notices.preferences.models import UnwantedNotice


def wants(session: Session, recipient: str, kind: NoticeKind) -> bool:
    """Whether somebody (`person:7`, `agent:7`) is to be sent this kind by mail."""
    return session.get(UnwantedNotice, (recipient, kind)) is None


def unwanted_by(session: Session, recipient: str) -> frozenset[NoticeKind]:
    """What somebody has turned off."""
    return frozenset(
        session.scalars(select(UnwantedNotice.kind).where(UnwantedNotice.recipient == recipient))
    )
