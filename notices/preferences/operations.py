"""Choosing which notices come by mail."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from notices.preferences.errors import NoticeNeeded
from notices.preferences.logic import NEEDED, NoticeKind
from notices.preferences.models import UnwantedNotice


def mute(session: Session, recipient: str, kind: NoticeKind) -> None:
    """No more mail of this kind for somebody (`person:7`, `agent:7`); doing it again changes nothing.

    Raises:
        NoticeNeeded: somebody waits for what such a notice asks for.
    """
    if kind in NEEDED:
        raise NoticeNeeded(kind)
    try:
        with session.begin_nested():
            session.add(UnwantedNotice(recipient=recipient, kind=kind))
    except IntegrityError:
        return


def unmute(session: Session, recipient: str, kind: NoticeKind) -> None:
    """Mail of this kind again."""
    unwanted = delete(UnwantedNotice).where(
        UnwantedNotice.recipient == recipient, UnwantedNotice.kind == kind
    )
    session.execute(unwanted)
