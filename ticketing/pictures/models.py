"""The pictures people send: whose each is, where it belongs, and what became of it. The bytes are files."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from ticketing.pictures.logic import NAME_CHARACTERS, PictureKind, PictureState


class Picture(Base):
    """One picture, written anew by the desk before it was kept."""

    __tablename__ = "picture"
    __table_args__ = (
        Index("ix_picture_person", "person_id", "created_at"),
        Index("ix_picture_conversation", "conversation_id", "seq"),
        # What the sweep looks through: few, whatever the history.
        Index(
            "ix_picture_unused",
            "created_at",
            sqlite_where=text("state <> 'used'"),
            postgresql_where=text("state <> 'used'"),
        ),
    )

    # Random: how it is asked for, and what its file is called.
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    name: Mapped[str] = mapped_column(String(NAME_CHARACTERS))
    kind: Mapped[PictureKind]
    width: Mapped[int]
    height: Mapped[int]
    # Of the file that is kept.
    size: Mapped[int]
    state: Mapped[PictureState] = mapped_column(default=PictureState.UNUSED)
    # The line that shows it.
    seq: Mapped[int | None]
    created_at: Mapped[datetime]
