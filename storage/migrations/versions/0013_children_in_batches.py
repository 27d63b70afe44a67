"""What was said or done on a parent and has yet to reach a child; incidents to be resolved with a problem."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "child_to_reach",
        sa.Column("parent_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("child_id", sa.Integer(), nullable=False),
        sa.Column("child_entry", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["child_id"], ["ticket.id"], name=op.f("fk_child_to_reach_child_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.id"], name=op.f("fk_child_to_reach_entry_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["ticket.id"], name=op.f("fk_child_to_reach_parent_id")),
        sa.PrimaryKeyConstraint("parent_id", "entry_id", "child_id", name=op.f("pk_child_to_reach")),
    )
