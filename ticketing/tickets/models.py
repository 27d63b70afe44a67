"""Tickets: what the team has to do, on file with a number."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from ticketing.tickets.logic import Status, SupportTier, TicketType


class Ticket(Base):
    """What the assistant could not resolve, for people to take up."""

    __tablename__ = "ticket"

    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[TicketType]
    status: Mapped[Status] = mapped_column(default=Status.NEW)
    tier: Mapped[SupportTier] = mapped_column(default=SupportTier.L1)
    requester_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    summary: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))
    channel: Mapped[str] = mapped_column(String(16))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    # The stretch of the conversation that led here.
    first_seq: Mapped[int]
    last_seq: Mapped[int]
    opened_at: Mapped[datetime]
