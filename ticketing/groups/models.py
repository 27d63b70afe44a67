"""Assignment groups: the teams that hold tickets, and who belongs to them at which tier."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from ticketing.groups.logic import AssignmentMethod
from ticketing.tickets.logic import SupportTier


class AssignmentGroup(Base):
    """A team, by a key that never changes; tickets and the journal refer to it."""

    __tablename__ = "assignment_group"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    # What people call it, by language.
    names: Mapped[dict[str, Any]]
    # Its tiers from the first to the last, by value: a ticket starts at the first one.
    tiers: Mapped[list[str]]
    # Where a ticket goes that its last tier passes on.
    escalates_to: Mapped[str | None] = mapped_column(ForeignKey("assignment_group.key"))
    method: Mapped[AssignmentMethod] = mapped_column(default=AssignmentMethod.MANUAL)
    # How many tickets it has handed out in turn; counted with the row locked.
    turns_given: Mapped[int] = mapped_column(default=0)
    # Its own mailbox and language; the desk's where there is none (a letter about a ticket that was passed on
    # is in the ticket's).
    email: Mapped[str | None] = mapped_column(String(320))
    language: Mapped[str | None] = mapped_column(String(8))


class GroupMember(Base):
    """An agent in a group, at one of its tiers."""

    __tablename__ = "group_member"

    group_key: Mapped[str] = mapped_column(ForeignKey("assignment_group.key"), primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), primary_key=True, index=True)
    tier: Mapped[SupportTier]
    skills: Mapped[list[str]]
    # Told of hierarchical escalations.
    is_lead: Mapped[bool] = mapped_column(default=False)
    # The number of the turn it had last; whoever has the smallest one is next.
    last_turn: Mapped[int] = mapped_column(default=0)
