"""What still has to leave the desk: written with the decision, sent after the commit."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base


class OutboxState(enum.Enum):
    """Waiting to be sent, sent, given up and shown to an administrator, or dropped by one."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"
    DROPPED = "dropped"


IS_WAITING = "state = 'waiting'"
"""What has yet to leave, as its index has it; a question must have it word for word."""

IS_KEPT = "state <> 'waiting' AND recipient <> ''"
"""What does not wait and still says to whom. The same holds of its index."""


class OutboxItem(Base):
    """One message for the outside; `key` makes writing it twice impossible."""

    __tablename__ = "outbox_item"
    __table_args__ = (
        UniqueConstraint("key"),
        Index(
            "ix_outbox_waiting",
            *("next_attempt_at", "id"),
            sqlite_where=text(IS_WAITING),
            postgresql_where=text(IS_WAITING),
        ),
        Index("ix_outbox_kept", "created_at", sqlite_where=text(IS_KEPT), postgresql_where=text(IS_KEPT)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Ordered byte by byte, as SQLite does by itself: keys that begin alike lie together.
    key: Mapped[str] = mapped_column(String(200).with_variant(String(200, collation="C"), "postgresql"))
    port: Mapped[str] = mapped_column(String(32))
    recipient: Mapped[str] = mapped_column(String(320))
    payload: Mapped[dict[str, Any]]
    state: Mapped[OutboxState] = mapped_column(default=OutboxState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    error: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
