"""Table: the questions that were asked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Float, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from knowledge.questions.logic import Feedback
from knowledge.search.findings import Band
from storage.base import Base


class Question(Base):
    """One question, what was found for it, what was shown, and whether it helped."""

    __tablename__ = "question"
    __table_args__ = (Index("ix_question_conversation", "conversation", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    # The turn in which it was asked. No foreign key: the tables of conversations are not known here.
    turn_id: Mapped[str] = mapped_column(String(32), unique=True)
    # The conversation's public id.
    conversation: Mapped[str] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)
    band: Mapped[Band]
    mode: Mapped[str] = mapped_column(String(16))
    confidence: Mapped[float] = mapped_column(Float)
    # {"slug", "language", "score"}, best first.
    hits: Mapped[list[dict[str, Any]]]
    shown: Mapped[list[str]]
    feedback: Mapped[Feedback | None]
    feedback_at: Mapped[datetime | None]
    asked_at: Mapped[datetime] = mapped_column(index=True)
