"""Problems: the causes behind incidents, the incidents linked to them, and their journal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from ticketing.groups.models import AssignmentGroup
from ticketing.problems.logic import ProblemEntryKind, ProblemStatus
from ticketing.tickets.priority import Impact, Priority, Urgency


class Problem(Base):
    """A cause behind one or more incidents; a known error once it is understood and not yet removed.

    The words here are those that hold now; the journal has all there were.
    """

    __tablename__ = "problem"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[ProblemStatus]
    assignment_group: Mapped[str] = mapped_column(ForeignKey(AssignmentGroup.key))
    assignee: Mapped[str | None] = mapped_column(String(80))
    category: Mapped[str] = mapped_column(String(32))
    impact: Mapped[Impact]
    urgency: Mapped[Urgency]
    priority: Mapped[Priority]
    summary: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    root_cause: Mapped[str | None] = mapped_column(Text)
    workaround: Mapped[str | None] = mapped_column(Text)
    # The number of the entry that set it; nothing while there is none.
    workaround_entry: Mapped[int | None]
    resolution: Mapped[str | None] = mapped_column(Text)
    opened_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    journal_length: Mapped[int] = mapped_column(default=0)
    journal_head: Mapped[str] = mapped_column(String(64), default="")


class ProblemIncident(Base):
    """An incident that a problem causes; unlinked ones are gone from here and stay in both journals."""

    __tablename__ = "problem_incident"
    __table_args__ = (
        Index(
            "ix_problem_incident_resolving",
            "problem_id",
            sqlite_where=text("resolving_entry IS NOT NULL"),
            postgresql_where=text("resolving_entry IS NOT NULL"),
        ),
    )

    problem_id: Mapped[int] = mapped_column(ForeignKey(Problem.id), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True, index=True)
    linked_at: Mapped[datetime]
    # Which workaround its requester was told last, by the number of the entry that set it.
    workaround_told: Mapped[int | None]
    # The number of the problem's entry by which it is to be resolved, until it is.
    resolving_entry: Mapped[int | None]
    # Where its own journal ended then: an incident that was opened again behind it is left alone.
    resolving_after: Mapped[int | None]


class WorkaroundHeard(Base):
    """Which workaround was told last to a child of an incident that the problem causes."""

    __tablename__ = "workaround_heard"

    problem_id: Mapped[int] = mapped_column(ForeignKey(Problem.id), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    # As in `workaround_told`.
    workaround_entry: Mapped[int]


class ProblemEntry(Base):
    """One thing that happened to a problem; chained as those of tickets are, its words outside the chain.

    The words a problem was opened with stand in the problem itself.
    """

    __tablename__ = "problem_entry"
    __table_args__ = (UniqueConstraint("problem_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    problem_id: Mapped[int] = mapped_column(ForeignKey(Problem.id))
    number: Mapped[int]
    kind: Mapped[ProblemEntryKind]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    data: Mapped[dict[str, Any]]
    actor: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
    text_digest: Mapped[str | None] = mapped_column(String(64))
    salt: Mapped[str | None] = mapped_column(String(32))
    text: Mapped[str | None] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
