"""What nobody has is found at once, however much work there is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

IS_WAITING = sa.text("assignee IS NULL AND status IN ('new', 'in_progress')")


def upgrade() -> None:
    op.create_index(
        "ix_ticket_waiting",
        "ticket",
        ["assignment_group", "status", "tier"],
        sqlite_where=IS_WAITING,
        postgresql_where=IS_WAITING,
    )
