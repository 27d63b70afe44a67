"""The conversation ledger: what was said, in which order, who may speak, and the buttons offered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from ticketing.conversations.logic import Author, Speaker
from ticketing.languages.logic import LanguageSource


class Conversation(Base):
    """One person, one channel, one thread of messages, one speaker."""

    __tablename__ = "conversation"
    __table_args__ = (
        # The queue for an agent, in its order; whoever does not wait is not in this index.
        Index(
            "ix_conversation_waiting",
            "waiting_since",
            "id",
            sqlite_where=text("waiting_since IS NOT NULL"),
            postgresql_where=text("waiting_since IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Random: the only id that leaves the desk, also the sender id that Rasa sees.
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    site_key: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(8))
    language_source: Mapped[LanguageSource] = mapped_column(
        default=LanguageSource.DEFAULT, server_default=LanguageSource.DEFAULT.value
    )
    speaker: Mapped[Speaker] = mapped_column(default=Speaker.ASSISTANT)
    agent_name: Mapped[str | None] = mapped_column(String(200))
    # Since when the speaker is WAITING; nothing while somebody speaks.
    waiting_since: Mapped[datetime | None]
    last_seq: Mapped[int] = mapped_column(default=0)
    last_turn: Mapped[int] = mapped_column(default=0)
    # Counts every change a viewer can see beside new messages; clients resume status with it.
    version: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[datetime]
    changed_at: Mapped[datetime] = mapped_column(index=True)
    # When the person's last line came.
    heard_at: Mapped[datetime | None]


class Message(Base):
    """One line of a conversation, with its place in it."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        # Each line from outside is recorded once, however often it is delivered.
        UniqueConstraint("channel", "external_id", name="uq_message_channel_external_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    seq: Mapped[int]
    author: Mapped[Author]
    text: Mapped[str] = mapped_column(Text)
    # buttons [{id, title}], sources [{title, url, slug}], ticket, notice, file: what a viewer may show.
    extras: Mapped[dict[str, Any]]
    channel: Mapped[str] = mapped_column(String(16))
    external_id: Mapped[str | None] = mapped_column(String(200))
    turn_id: Mapped[str | None] = mapped_column(ForeignKey("turn.id"), index=True)
    at: Mapped[datetime]


class OfferedButton(Base):
    """A button this conversation was given; what it means stays here, and it works once (TRUST RA-6)."""

    __tablename__ = "offered_button"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    payload: Mapped[str] = mapped_column(String(400))
    pressed_at: Mapped[datetime | None]


class SpeakerChange(Base):
    """The log of who spoke when, in the conversation's own order (TRUST RL-7)."""

    __tablename__ = "speaker_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    after_seq: Mapped[int]
    before: Mapped[Speaker]
    after: Mapped[Speaker]
    actor: Mapped[str] = mapped_column(String(200))
    # The turn that asked for it, if one did: what an answer brings about must not discard answers.
    turn_id: Mapped[str | None] = mapped_column(ForeignKey("turn.id"))
    at: Mapped[datetime]
