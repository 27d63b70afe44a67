"""Business calendars, service levels and escalations that come by time."""

from __future__ import annotations

import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


OFFICE_DAY = [["08:30", "12:30"], ["13:30", "18:00"]]
ROUND_THE_CLOCK = [["00:00", "24:00"]]

# As they are shipped; `ticketing.sla.shipped` holds what later versions would add where they are missing.
CALENDARS: list[dict[str, Any]] = [
    {
        "key": "office",
        "names": {"en": "Office hours", "fr": "Heures de bureau"},
        "time_zone": "UTC",
        "hours": {day: OFFICE_DAY for day in ("mon", "tue", "wed", "thu", "fri")},
        "country": None,
        "subdivision": None,
        "closed_days": [],
        "open_days": [],
    },
    {
        "key": "always",
        "names": {"en": "Day and night", "fr": "Jour et nuit"},
        "time_zone": "UTC",
        "hours": {day: ROUND_THE_CLOCK for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
        "country": None,
        "subdivision": None,
        "closed_days": [],
        "open_days": [],
    },
]


def _level(
    position: int,
    key: str,
    agreement: str,
    calendar: str,
    conditions: dict[str, Any],
    targets: dict[str, int],
    pauses: list[str],
) -> dict[str, Any]:
    return {
        "key": key,
        "agreement": agreement,
        "position": position,
        "is_active": True,
        "calendar_key": calendar,
        "conditions": conditions,
        "targets": targets,
        "pauses": pauses,
    }


HOLDS = ["change", "requester", "supplier"]
LEVELS = [
    _level(position, priority.lower(), "sla", calendar, {"priorities": [priority]},
           {"first_response": first, "next_response": following, "resolution": resolution}, HOLDS)
    for position, (priority, calendar, first, following, resolution) in enumerate(
        (
            ("P1", "always", 15, 30, 240),
            ("P2", "office", 30, 60, 480),
            ("P3", "office", 120, 240, 1020),
            ("P4", "office", 240, 510, 2550),
            ("P5", "office", 510, 1020, 5100),
        ),
        start=1,
    )
] + [_level(6, "l2-pick-up", "ola", "office", {"tiers": ["L2"]}, {"pick_up": 60}, ["requester"])]

RULES: list[dict[str, Any]] = [
    {
        "key": "urgent-unassigned",
        "position": 1,
        "is_active": True,
        "conditions": {"priorities": ["P1", "P2"]},
        "trigger": {"kind": "unassigned", "minutes": 30},
        "deed": {"to_tier": "L2", "tells_lead": False},
    },
    {
        "key": "resolution-at-risk",
        "position": 2,
        "is_active": True,
        "conditions": {},
        "trigger": {"kind": "target_used", "target": "resolution", "percent": 75},
        "deed": {"to_tier": "L2", "tells_lead": True},
    },
]


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32)


def _time() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def upgrade() -> None:
    calendars = op.create_table(
        "calendar",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("subdivision", sa.String(length=8), nullable=True),
        sa.Column("closed_days", sa.JSON(), nullable=False),
        sa.Column("open_days", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_calendar")),
    )
    levels = op.create_table(
        "service_level",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("agreement", _enum("agreement", "sla", "ola"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("calendar_key", sa.String(length=32), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("targets", sa.JSON(), nullable=False),
        sa.Column("pauses", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["calendar_key"], ["calendar.key"], name=op.f("fk_service_level_calendar_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_service_level")),
    )
    op.create_table(
        "sla_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(length=32), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("kind", _enum("eventkind", "warning", "breach"), nullable=False),
        sa.Column("at", _time(), nullable=False),
        sa.Column("told_at", _time(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_sla_event_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_event")),
        sa.UniqueConstraint(
            "ticket_id", "target", "occurrence", "kind", name=op.f("uq_sla_event_ticket_id_target_occurrence_kind")
        ),
    )
    rules = op.create_table(
        "escalation_rule",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("trigger", sa.JSON(), nullable=False),
        sa.Column("deed", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_escalation_rule")),
    )
    op.create_table(
        "escalation_firing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("rule_key", sa.String(length=32), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("at", _time(), nullable=False),
        sa.Column("fired_at", _time(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_escalation_firing_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_firing")),
        sa.UniqueConstraint(
            "ticket_id", "rule_key", "occurrence", name=op.f("uq_escalation_firing_ticket_id_rule_key_occurrence")
        ),
    )
    clockwork = op.create_table(
        "clockwork",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stamp", sa.String(length=32), nullable=False),
        sa.Column("recomputed_to", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clockwork")),
    )
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(sa.Column("next_due_at", _time(), nullable=True))
        batch_op.add_column(sa.Column("next_sla_event_at", _time(), nullable=True))
        batch_op.create_index(batch_op.f("ix_ticket_next_due_at"), ["next_due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_next_sla_event_at"), ["next_sla_event_at"], unique=False)
    op.bulk_insert(calendars, CALENDARS)
    op.bulk_insert(levels, LEVELS)
    op.bulk_insert(rules, RULES)
    # From the first ticket on: the desk's sweep computes those that are open already.
    op.bulk_insert(clockwork, [{"id": 1, "stamp": secrets.token_hex(16), "recomputed_to": 0}])
