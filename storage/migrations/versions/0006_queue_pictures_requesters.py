"""Places in the queue, pictures, and what requesters do with their tickets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32)


def _time() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def upgrade() -> None:
    _add_queue()
    _add_pictures()
    op.create_table(
        "person_effect",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("at", _time(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_effect_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_effect")),
        sa.UniqueConstraint("person_id", "client_id", name="uq_person_effect_key"),
    )


def _add_queue() -> None:
    with op.batch_alter_table("conversation") as conversation:
        conversation.add_column(sa.Column("waiting_since", _time(), nullable=True))
    op.create_index(
        "ix_conversation_waiting",
        "conversation",
        ["waiting_since", "id"],
        sqlite_where=sa.text("waiting_since IS NOT NULL"),
        postgresql_where=sa.text("waiting_since IS NOT NULL"),
    )
    # Who waits already keeps the place that the log of speakers tells.
    op.execute(
        "UPDATE conversation SET waiting_since = COALESCE("
        "(SELECT MAX(speaker_change.at) FROM speaker_change"
        " WHERE speaker_change.conversation_id = conversation.id AND speaker_change.after = 'waiting'),"
        " conversation.changed_at) WHERE speaker = 'waiting'"
    )


def _add_pictures() -> None:
    op.create_table(
        "picture",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", _enum("picturekind", "png", "jpeg", "webp"), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", _enum("picturestate", "unused", "used", "removed"), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("created_at", _time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_picture_conversation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_picture_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture")),
    )
    op.create_index("ix_picture_person", "picture", ["person_id", "created_at"])
    op.create_index("ix_picture_conversation", "picture", ["conversation_id", "seq"])
    op.create_index(
        "ix_picture_unused",
        "picture",
        ["created_at"],
        sqlite_where=sa.text("state <> 'used'"),
        postgresql_where=sa.text("state <> 'used'"),
    )
