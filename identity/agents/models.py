"""Agents: the people of the team."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from identity.agents.logic import Presence
from storage.base import Base


class Agent(Base):
    """Somebody who works on tickets; never deleted, because journals refer to it."""

    __tablename__ = "agent"

    id: Mapped[int] = mapped_column(primary_key=True)
    # What the administrator types.
    key: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320))
    language: Mapped[str] = mapped_column(String(8))
    presence: Mapped[Presence] = mapped_column(default=Presence.PRESENT)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
