"""How tickets end and belong together; tags, watchers and files on them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32)


def _time() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "resolution_code",
                _enum(
                    "resolutioncode",
                    "fixed",
                    "workaround",
                    "fulfilled",
                    "advised",
                    "not_reproducible",
                    "no_fault",
                    "by_requester",
                    "by_problem",
                    "duplicate",
                ),
                nullable=True,
            )
        )
        # Somebody may phone: then there is no conversation.
        batch_op.alter_column("conversation_id", existing_type=sa.Integer(), nullable=True)
        batch_op.add_column(sa.Column("resolved_at", _time(), nullable=True))
        batch_op.add_column(sa.Column("parent_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("duplicate_of_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_ticket_merged_into_id"), ["merged_into_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_resolved_at"), ["resolved_at"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_ticket_parent_id"), "ticket", ["parent_id"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_ticket_duplicate_of_id"), "ticket", ["duplicate_of_id"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_ticket_merged_into_id"), "ticket", ["merged_into_id"], ["id"])
    op.create_table(
        "ticket_tag",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_tag_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "tag", name=op.f("pk_ticket_tag")),
    )
    with op.batch_alter_table("ticket_tag", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_tag_tag"), ["tag"], unique=False)
    op.create_table(
        "ticket_watcher",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("watcher", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_watcher_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "watcher", name=op.f("pk_ticket_watcher")),
    )
    op.create_table(
        "ticket_attachment",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("visibility", _enum("visibility", "reply", "work_note"), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.id"], name=op.f("fk_ticket_attachment_entry_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_attachment_ticket_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_ticket_attachment")),
    )
    with op.batch_alter_table("ticket_attachment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_attachment_ticket_id"), ["ticket_id"], unique=False)
    _tell_when_resolved(op.get_bind())


def _tell_when_resolved(connection: sa.Connection) -> None:
    """Of what was finished before, as its journal tells; how it was resolved, nobody wrote down."""
    tables = sa.MetaData()
    ticket = sa.Table("ticket", tables, autoload_with=connection)
    entry = sa.Table("journal_entry", tables, autoload_with=connection)
    moves = connection.execute(
        sa.select(entry.c.ticket_id, entry.c.at, entry.c.after)
        .join(ticket, ticket.c.id == entry.c.ticket_id)
        .where(ticket.c.status.in_(["resolved", "closed"]), entry.c.kind == "moved")
        .order_by(entry.c.ticket_id, entry.c.number)
    ).all()
    # The last one of each ticket stays.
    resolved = {row.ticket_id: row.at for row in moves if row.after.get("status") == "resolved"}
    for ticket_id, at in resolved.items():
        connection.execute(sa.update(ticket).where(ticket.c.id == ticket_id).values(resolved_at=at))
