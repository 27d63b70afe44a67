"""Notices that somebody does not want."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32)


def upgrade() -> None:
    op.create_table(
        "unwanted_notice",
        sa.Column("recipient", sa.String(length=80), nullable=False),
        sa.Column(
            "kind",
            _enum(
                "noticekind",
                "opened",
                "assigned",
                "replied",
                "on_hold",
                "resolved",
                "closed",
                "cancelled",
                "reopened",
                "transferred",
                "escalated",
                "escalation_declined",
                "merged",
                "workaround",
                "sla_warning",
                "sla_breach",
                "lead_told",
                "rating_asked",
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("recipient", "kind", name=op.f("pk_unwanted_notice")),
    )
