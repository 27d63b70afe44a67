"""Who wants which notices."""

from __future__ import annotations

from sqlalchemy.orm import Session

from notices.preferences.logic import NoticeKind
from notices.preferences.models import UnwantedNotice


def wants(session: Session, recipient: str, kind: NoticeKind) -> bool:
    """Whether somebody (`person:7`, `agent:7`) is to be sent this kind by mail."""
    return session.get(UnwantedNotice, (recipient, kind)) is None
