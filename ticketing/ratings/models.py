"""What requesters think of how a ticket was resolved."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base


class Rating(Base):
    """Asked once per ticket, after its first resolution; given once (1 to 5, with words or without)."""

    __tablename__ = "rating"
    __table_args__ = (UniqueConstraint("ticket_id"), UniqueConstraint("token_digest"))

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    # Of the secret in the link by which it is given.
    token_digest: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime]
    score: Mapped[int | None]
    given_at: Mapped[datetime | None]
    # It has the words, so that they are erased as any others are.
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("journal_entry.id"))
