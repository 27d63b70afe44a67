"""Lists of the staff read along an index, whatever the history; numbers that are never given out twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

IS_OPEN = sa.text("status IN ('new', 'assigned', 'in_progress', 'on_hold')")


def upgrade() -> None:
    # It led SQLite through everything that is finished: there nothing is due.
    op.drop_index(op.f("ix_ticket_next_due_at"), "ticket")
    if op.get_bind().dialect.name == "sqlite":
        for table in ("ticket", "problem"):
            with op.batch_alter_table(table, recreate="always", table_kwargs={"sqlite_autoincrement": True}):
                pass
    for name, columns in (
        ("ix_ticket_open_due", ["next_due_at", "id"]),
        ("ix_ticket_open_group_due", ["assignment_group", "next_due_at", "id"]),
        ("ix_ticket_open_assignee_due", ["assignee", "next_due_at", "id"]),
        ("ix_ticket_open_priority", ["priority", "opened_at", "id"]),
    ):
        op.create_index(name, "ticket", columns, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN)
    op.create_index("ix_ticket_opened_at", "ticket", ["opened_at", "id"])
    op.create_index("ix_ticket_changed_at", "ticket", ["changed_at", "id"])
    op.create_index(op.f("ix_ticket_duplicate_of_id"), "ticket", ["duplicate_of_id"])
