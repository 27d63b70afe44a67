"""Agents, what groups are made of, and what decides where a ticket goes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Without words: those of a shipped category are in the version that runs, unless somebody gives it others.
CATEGORIES = (
    ("security", "Security", "Sécurité", "security"),
    ("access", "Access and passwords", "Accès et mots de passe", "service-desk"),
    ("network", "Network", "Réseau", "network"),
    ("mail", "Mail and calendar", "Messagerie et agenda", "applications"),
    ("meetings", "Meetings", "Réunions", "workplace"),
    ("printing", "Printing", "Impression", "workplace"),
    ("phones", "Phones", "Téléphonie", "network"),
    ("files", "Files", "Fichiers", "applications"),
    ("software", "Software", "Logiciels", "applications"),
    ("equipment", "Equipment", "Matériel", "workplace"),
    ("computer", "Computer", "Ordinateur", "workplace"),
    ("people", "Arrivals and departures", "Arrivées et départs", "service-desk"),
    ("other", "Other", "Autre", "service-desk"),
)


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32)


def _time() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "agent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("presence", _enum("presence", "present", "away"), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", _time(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent")),
        sa.UniqueConstraint("key", name=op.f("uq_agent_key")),
    )
    with op.batch_alter_table("assignment_group", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tiers", sa.JSON(), nullable=False, server_default='["L1"]'))
        batch_op.add_column(sa.Column("escalates_to", sa.String(length=32), nullable=True))
        batch_op.add_column(
            sa.Column(
                "method",
                _enum("assignmentmethod", "manual", "round_robin", "least_work"),
                nullable=False,
                server_default="manual",
            )
        )
        batch_op.add_column(sa.Column("turns_given", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("email", sa.String(length=320), nullable=True))
        batch_op.add_column(sa.Column("language", sa.String(length=8), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_assignment_group_escalates_to"), "assignment_group", ["escalates_to"], ["key"]
        )
    op.execute("UPDATE assignment_group SET tiers = '[\"L2\"]' WHERE tier = 'L2'")
    with op.batch_alter_table("assignment_group", schema=None) as batch_op:
        batch_op.drop_column("tier")
        batch_op.alter_column("tiers", server_default=None, existing_type=sa.JSON(), existing_nullable=False)
        batch_op.alter_column(
            "turns_given", server_default=None, existing_type=sa.Integer(), existing_nullable=False
        )
        batch_op.alter_column(
            "method",
            server_default=None,
            existing_type=_enum("assignmentmethod", "manual", "round_robin", "least_work"),
            existing_nullable=False,
        )
    op.create_table(
        "group_member",
        sa.Column("group_key", sa.String(length=32), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("tier", _enum("supporttier", "L1", "L2", "L3", "L4"), nullable=False),
        sa.Column("skills", sa.JSON(), nullable=False),
        sa.Column("is_lead", sa.Boolean(), nullable=False),
        sa.Column("last_turn", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_group_member_agent_id")),
        sa.ForeignKeyConstraint(
            ["group_key"], ["assignment_group.key"], name=op.f("fk_group_member_group_key")
        ),
        sa.PrimaryKeyConstraint("group_key", "agent_id", name=op.f("pk_group_member")),
    )
    with op.batch_alter_table("group_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_group_member_agent_id"), ["agent_id"], unique=False)
    categories = op.create_table(
        "category",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("parent_key", sa.String(length=32), nullable=True),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("group_key", sa.String(length=32), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["group_key"], ["assignment_group.key"], name=op.f("fk_category_group_key")),
        sa.ForeignKeyConstraint(["parent_key"], ["category.key"], name=op.f("fk_category_parent_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_category")),
    )
    op.bulk_insert(
        categories,
        [
            {
                "key": key,
                "names": {"en": english, "fr": french},
                "words": {},
                "group_key": group,
                "position": position,
                "is_active": True,
            }
            for position, (key, english, french, group) in enumerate(CATEGORIES, start=1)
        ],
    )
    op.create_table(
        "routing_rule",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_routing_rule")),
    )
    with op.batch_alter_table("routing_rule", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_routing_rule_position"), ["position"], unique=False)
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_vip", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("requester_group", sa.String(length=64), nullable=True))
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.alter_column(
            "is_vip", server_default=None, existing_type=sa.Boolean(), existing_nullable=False
        )
