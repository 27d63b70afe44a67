"""Which person has been told what, in which words: the proof that it was said (TRUST GD-1, GD-2)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from ticketing.first_contact.logic import NoticeKind


class NoticeShown(Base):
    """One notice shown to one person; the key is what makes it be shown once."""

    __tablename__ = "notice_shown"
    __table_args__ = (
        UniqueConstraint("person_id", "kind", "version", "language", "channel", name="uq_notice_shown_once"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[NoticeKind]
    # Of a site's own notice with the site's key before it: `intranet/2027-01`.
    version: Mapped[str] = mapped_column(String(160))
    language: Mapped[str] = mapped_column(String(8))
    channel: Mapped[str] = mapped_column(String(16))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    at: Mapped[datetime]
