"""What is to be sent, forgotten or closed is found at once, however much there was before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

IS_WAITING = sa.text("state = 'waiting'")
IS_KEPT = sa.text("state <> 'waiting' AND recipient <> ''")
IS_RESOLVED = sa.text("status = 'resolved'")


def upgrade() -> None:
    op.drop_index("ix_outbox_waiting", "outbox_item")
    for name, table, columns, which in (
        ("ix_outbox_waiting", "outbox_item", ["next_attempt_at", "id"], IS_WAITING),
        ("ix_outbox_kept", "outbox_item", ["created_at"], IS_KEPT),
        ("ix_ticket_resolved", "ticket", ["resolved_at"], IS_RESOLVED),
    ):
        op.create_index(name, table, columns, sqlite_where=which, postgresql_where=which)
    op.drop_index("ix_ticket_resolved_at", "ticket")
    if op.get_bind().dialect.name == "postgresql":
        # Keys that begin alike lie together byte by byte only; by a language's rules some lie elsewhere.
        op.alter_column("outbox_item", "key", type_=sa.String(200, collation="C"))
