"""Which notices somebody does not want."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from notices.preferences.logic import NoticeKind
from storage.base import Base


class UnwantedNotice(Base):
    """A kind of notice that somebody (`person:7`, `agent:7`) is not sent by mail."""

    __tablename__ = "unwanted_notice"

    recipient: Mapped[str] = mapped_column(String(80), primary_key=True)
    kind: Mapped[NoticeKind] = mapped_column(primary_key=True)
