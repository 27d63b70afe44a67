"""Escalations that come by time: the rules, and what they have done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base


class EscalationRule(Base):
    """When a ticket that fits has waited so long, it goes up a tier or its lead is told."""

    __tablename__ = "escalation_rule"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    position: Mapped[int]
    is_active: Mapped[bool] = mapped_column(default=True)
    # What is not named is not asked: {"priorities": […], "groups": […], "categories": […], "tiers": […]}
    conditions: Mapped[dict[str, Any]]
    # {"kind": "unassigned", "minutes": 30} or {"kind": "target_used", "target": "resolution", "percent": 75}
    trigger: Mapped[dict[str, Any]]
    # {"to_tier": "L2" | null, "tells_lead": true}
    deed: Mapped[dict[str, Any]]


class EscalationFiring(Base):
    """A rule that has acted on a ticket: once per stretch of waiting."""

    __tablename__ = "escalation_firing"
    __table_args__ = (UniqueConstraint("ticket_id", "rule_key", "occurrence"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    # No foreign key: what a rule has done stays on file when the rule is gone.
    rule_key: Mapped[str] = mapped_column(String(32))
    occurrence: Mapped[int]
    at: Mapped[datetime]
    fired_at: Mapped[datetime]
