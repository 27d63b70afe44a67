"""What was promised, and which warnings and breaches have been told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from ticketing.calendars.models import Calendar
from ticketing.sla.logic import Agreement, EventKind


class ServiceLevel(Base):
    """One agreement: for which tickets it holds, its targets, and its calendar. The first that fits holds."""

    __tablename__ = "service_level"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    agreement: Mapped[Agreement]
    position: Mapped[int]
    is_active: Mapped[bool] = mapped_column(default=True)
    calendar_key: Mapped[str] = mapped_column(ForeignKey(Calendar.key))
    # What is not named is not asked: {"priorities": […], "categories": […], "requester_groups": […], …}
    conditions: Mapped[dict[str, Any]]
    # Business minutes by target: {"first_response": 60, "next_response": 240, "resolution": 480}
    targets: Mapped[dict[str, Any]]
    # Which reasons of a hold pause its clocks: ["requester", …]
    pauses: Mapped[list[str]]


class SlaEvent(Base):
    """A warning or a breach that was told: each once per ticket and target (TRUST RL-8)."""

    __tablename__ = "sla_event"
    __table_args__ = (UniqueConstraint("ticket_id", "target", "occurrence", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    target: Mapped[str] = mapped_column(String(32))
    # A next response may be owed many times; the others once.
    occurrence: Mapped[int] = mapped_column(default=1)
    kind: Mapped[EventKind]
    # When it came about, and when it was told: the difference is how late.
    at: Mapped[datetime]
    told_at: Mapped[datetime]


class Clockwork(Base):
    """One row: which state of calendars, levels and rules holds, and how far open tickets follow it."""

    __tablename__ = "clockwork"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Another one whenever something is edited; processes keep what they have read under it.
    stamp: Mapped[str] = mapped_column(String(32))
    # The last open ticket whose dates were computed anew since; nothing once all are.
    recomputed_to: Mapped[int | None]
