"""A table of the tests' own: what storage promises holds whatever is stored."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base as DeskBase
from storage.base import UtcDateTime


class Kind(enum.Enum):
    """Stored by value."""

    PLAIN = "plain-note"


class Base(DeskBase):
    """The desk's conventions, in a metadata of its own: no test table in the desk's schema."""

    __abstract__ = True
    metadata = type(DeskBase.metadata)(naming_convention=DeskBase.metadata.naming_convention)


class Note(Base):
    """One line."""

    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(80))
    kind: Mapped[Kind] = mapped_column(default=Kind.PLAIN)
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def write_note(session: Session, text: str, *, at: datetime | None = None) -> int:
    """Store a line; returns its id."""
    note = Note(text=text, at=at)
    session.add(note)
    session.flush()
    return note.id


def count_notes(session: Session) -> int:
    """How many lines there are."""
    return session.scalar(select(func.count()).select_from(Note)) or 0
