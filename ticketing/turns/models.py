"""What is still to be answered: the queue of turns and what became of each."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from ticketing.turns.logic import TurnOutcome, TurnState


class Turn(Base):
    """Something to answer: one or more lines of the person, or one pressed button."""

    __tablename__ = "turn"
    __table_args__ = (
        UniqueConstraint("conversation_id", "number"),
        # One at a time per conversation, whichever process claims it.
        Index(
            "uq_turn_running",
            "conversation_id",
            unique=True,
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
        # The queue is short whatever the history: finished turns are not in this index.
        Index(
            "ix_turn_unfinished",
            "received_at",
            sqlite_where=text("state <> 'done'"),
            postgresql_where=text("state <> 'done'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    number: Mapped[int]
    state: Mapped[TurnState] = mapped_column(default=TurnState.PENDING)
    payload: Mapped[str | None] = mapped_column(String(400))
    attempts: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    received_at: Mapped[datetime]
    # Until when a pending turn waits for further lines; none: it does not wait.
    ready_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[TurnOutcome | None]
