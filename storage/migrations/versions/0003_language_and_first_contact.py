"""Language and first contact."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SOURCES = sa.Enum("default", "detected", "chosen", name="languagesource", native_enum=False, length=32)
KINDS = sa.Enum("machine", "privacy", name="noticekind", native_enum=False, length=32)


def upgrade() -> None:
    with op.batch_alter_table("conversation") as conversation:
        conversation.add_column(
            sa.Column("language_source", SOURCES, nullable=False, server_default="default")
        )
        conversation.add_column(sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("turn") as turn:
        turn.add_column(sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "notice_shown",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", KINDS, nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_notice_shown_conversation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_shown_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_shown")),
        sa.UniqueConstraint(
            "person_id", "kind", "version", "language", "channel", name="uq_notice_shown_once"
        ),
    )
