"""Business calendars, service levels and escalations that come by time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32)


def _time() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
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
    op.create_table(
        "service_level",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("agreement", _enum("agreement", "sla", "ola"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("calendar_key", sa.String(length=32), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("targets", sa.JSON(), nullable=False),
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
    op.create_table(
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
        sa.ForeignKeyConstraint(["rule_key"], ["escalation_rule.key"], name=op.f("fk_escalation_firing_rule_key")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_escalation_firing_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_firing")),
        sa.UniqueConstraint(
            "ticket_id", "rule_key", "occurrence", name=op.f("uq_escalation_firing_ticket_id_rule_key_occurrence")
        ),
    )
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(sa.Column("next_due_at", _time(), nullable=True))
        batch_op.add_column(sa.Column("next_sla_event_at", _time(), nullable=True))
        batch_op.create_index(batch_op.f("ix_ticket_next_due_at"), ["next_due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_next_sla_event_at"), ["next_sla_event_at"], unique=False)
