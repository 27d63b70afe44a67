"""Tickets: what the team has to do, on file with a number, and the journal of what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from ticketing.groups.models import AssignmentGroup
from ticketing.tickets.logic import (
    EntryKind,
    HoldReason,
    ResolutionCode,
    Status,
    SupportTier,
    TicketType,
    Visibility,
)
from ticketing.tickets.priority import Impact, Priority, Urgency

IS_OPEN = "status IN ('new', 'assigned', 'in_progress', 'on_hold')"
"""What is not finished, as the indices of open tickets have it; a question must have it word for word."""


IS_WAITING = "assignee IS NULL AND status IN ('new', 'in_progress')"
"""What nobody has and somebody should; on hold it waits for somebody else. The same holds of its index."""


IS_RESOLVED = "status = 'resolved'"
"""What is closed if nobody says anything more. The same holds of its index."""


def _open_index(name: str, *columns: str) -> Index:
    """An index of open tickets only: it stays short whatever the history."""
    return Index(name, *columns, sqlite_where=text(IS_OPEN), postgresql_where=text(IS_OPEN))


class Ticket(Base):
    """What the assistant could not resolve, for people to take up."""

    __tablename__ = "ticket"
    __table_args__ = (
        Index("ix_ticket_queue", "assignment_group", "status"),
        # The orders in which the staff reads its lists.
        _open_index("ix_ticket_open_due", "next_due_at", "id"),
        _open_index("ix_ticket_open_group_due", "assignment_group", "next_due_at", "id"),
        _open_index("ix_ticket_open_assignee_due", "assignee", "next_due_at", "id"),
        _open_index("ix_ticket_open_priority", "priority", "opened_at", "id"),
        Index(
            "ix_ticket_waiting",
            # With the status: without statistics SQLite would prefer the index of all that a group has.
            *("assignment_group", "status", "tier"),
            sqlite_where=text(IS_WAITING),
            postgresql_where=text(IS_WAITING),
        ),
        Index(
            "ix_ticket_resolved",
            "resolved_at",
            sqlite_where=text(IS_RESOLVED),
            postgresql_where=text(IS_RESOLVED),
        ),
        Index("ix_ticket_opened_at", "opened_at", "id"),
        Index("ix_ticket_changed_at", "changed_at", "id"),
        # A number is never given out twice, even if the last ticket were gone; PostgreSQL is so by itself.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[TicketType]
    status: Mapped[Status] = mapped_column(default=Status.NEW)
    hold_reason: Mapped[HoldReason | None]
    tier: Mapped[SupportTier] = mapped_column(default=SupportTier.L1)
    assignment_group: Mapped[str] = mapped_column(ForeignKey(AssignmentGroup.key))
    assignee: Mapped[str | None] = mapped_column(String(80))
    requester_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    category: Mapped[str] = mapped_column(String(32))
    impact: Mapped[Impact]
    urgency: Mapped[Urgency]
    # Follows from the two above; kept, so that a list can be sorted by it.
    priority: Mapped[Priority]
    summary: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    details: Mapped[str | None] = mapped_column(Text)
    articles_tried: Mapped[list[str]]
    language: Mapped[str] = mapped_column(String(8))
    channel: Mapped[str] = mapped_column(String(16))
    # None where somebody phoned.
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"), index=True)
    # The stretch of the conversation that led here; 0 where there is none.
    first_seq: Mapped[int]
    last_seq: Mapped[int]
    opened_at: Mapped[datetime]
    # The last thing that the requester may know of.
    changed_at: Mapped[datetime]
    resolution_code: Mapped[ResolutionCode | None]
    # When it was resolved last; nothing while it is open.
    resolved_at: Mapped[datetime | None]
    # An incident of which this one is a symptom: its updates and its resolution reach this one too.
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    duplicate_of_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    # What `ticketing.sla` computes from the journal and the calendar, for lists and for the sweep.
    next_due_at: Mapped[datetime | None]
    next_sla_event_at: Mapped[datetime | None] = mapped_column(index=True)
    # Where the journal ends: an entry that is cut off at its end is missed too.
    journal_length: Mapped[int] = mapped_column(default=0)
    journal_head: Mapped[str] = mapped_column(String(64), default="")


class TicketTag(Base):
    """A word by which the team finds tickets again."""

    __tablename__ = "ticket_tag"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(40), primary_key=True, index=True)


class TicketWatcher(Base):
    """Somebody told what happens to a ticket: `person:7` what its requester is, `agent:7` all of it."""

    __tablename__ = "ticket_watcher"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    watcher: Mapped[str] = mapped_column(String(80), primary_key=True)


class ChildToReach(Base):
    """What was said or done on a parent and has yet to reach a child; gone as soon as it has."""

    __tablename__ = "child_to_reach"

    # By entry and then by child: each child hears what was said in the order in which it was.
    parent_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entry.id"), primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    # Where the child's journal ended then: what stands behind it may be a reason to leave it alone.
    child_entry: Mapped[int]


class TicketAttachment(Base):
    """A file on a ticket; its bytes lie in a folder, under their digest."""

    __tablename__ = "ticket_attachment"

    entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entry.id"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    visibility: Mapped[Visibility]


class JournalEntry(Base):
    """One thing that happened to a ticket; chained to the one before, never changed (TRUST RL-9)."""

    __tablename__ = "journal_entry"
    __table_args__ = (UniqueConstraint("ticket_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    number: Mapped[int]
    kind: Mapped[EntryKind]
    # The fields that changed, by name: replayed in order they give the ticket as it is.
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    # Whatever else belongs to this kind; never words of a person.
    data: Mapped[dict[str, Any]]
    actor: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
    text_digest: Mapped[str | None] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))


class JournalText(Base):
    """The words of an entry: a reason, a reply, a note. Outside the chain, so that they can be erased.

    The words a ticket was opened with stand in the ticket itself; here is their salt. Without the salt, which
    goes with the words, a short text cannot be guessed from the digest that stays.
    """

    __tablename__ = "journal_text"

    entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entry.id"), primary_key=True)
    salt: Mapped[str | None] = mapped_column(String(32))
    text: Mapped[str | None] = mapped_column(Text)


class TicketReply(Base):
    """Something written on a ticket; a work note is for the staff alone."""

    __tablename__ = "ticket_reply"
    __table_args__ = (Index("ix_ticket_reply_shown", "ticket_id", "visibility"),)

    entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entry.id"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    visibility: Mapped[Visibility]
