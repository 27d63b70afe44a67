"""What turns and people have caused, so that a repetition causes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base


class Effect(Base):
    """One thing a turn did to the world, with the result that a repeat is given."""

    __tablename__ = "effect"
    __table_args__ = (UniqueConstraint("turn_id", "name", "ordinal", name="uq_effect_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    turn_id: Mapped[str] = mapped_column(ForeignKey("turn.id"))
    name: Mapped[str] = mapped_column(String(64))
    ordinal: Mapped[int]
    result: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class PersonEffect(Base):
    """The same for what a person does outside the conversation, by the id that its client gave the deed."""

    __tablename__ = "person_effect"
    __table_args__ = (UniqueConstraint("person_id", "client_id", name="uq_person_effect_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    client_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(64))
    result: Mapped[dict[str, Any]]
    at: Mapped[datetime]
