"""What requesters think of how a ticket was resolved."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base


class Rating(Base):
    """Asked once per ticket, after its first resolution; given once (1 to 5, and words)."""

    __tablename__ = "rating"
    __table_args__ = (UniqueConstraint("ticket_id"), UniqueConstraint("token_digest"))

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    # Of the secret in the link by which it is given.
    token_digest: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime]
    score: Mapped[int | None]
    comment: Mapped[str | None] = mapped_column(Text)
    given_at: Mapped[datetime | None]
