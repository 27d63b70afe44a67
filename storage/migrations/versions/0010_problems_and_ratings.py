"""Problems, the incidents they cause, and what requesters think of a resolution."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32)


def _time() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "problem",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            _enum("problemstatus", "new", "under_investigation", "known_error", "resolved", "closed", "cancelled"),
            nullable=False,
        ),
        sa.Column("assignment_group", sa.String(length=32), nullable=False),
        sa.Column("assignee", sa.String(length=80), nullable=True),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("impact", _enum("impact", "high", "medium", "low"), nullable=False),
        sa.Column("urgency", _enum("urgency", "high", "medium", "low"), nullable=False),
        sa.Column("priority", _enum("priority", "P1", "P2", "P3", "P4", "P5"), nullable=False),
        sa.Column("summary", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("root_cause", sa.Text(), nullable=True),
        sa.Column("workaround", sa.Text(), nullable=True),
        sa.Column("workaround_entry", sa.Integer(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("opened_at", _time(), nullable=False),
        sa.Column("changed_at", _time(), nullable=False),
        sa.Column("journal_length", sa.Integer(), nullable=False),
        sa.Column("journal_head", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_group"], ["assignment_group.key"], name=op.f("fk_problem_assignment_group")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem")),
    )
    op.create_table(
        "problem_incident",
        sa.Column("problem_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("linked_at", _time(), nullable=False),
        sa.Column("workaround_told", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name=op.f("fk_problem_incident_problem_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_problem_incident_ticket_id")),
        sa.PrimaryKeyConstraint("problem_id", "ticket_id", name=op.f("pk_problem_incident")),
    )
    with op.batch_alter_table("problem_incident", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_problem_incident_ticket_id"), ["ticket_id"], unique=False)
    op.create_table(
        "problem_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("problem_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            _enum(
                "problementrykind",
                "opened",
                "moved",
                "reclassified",
                "assigned",
                "cause_found",
                "workaround_set",
                "workaround_told",
                "incident_linked",
                "incident_unlinked",
                "work_noted",
            ),
            nullable=False,
        ),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("at", _time(), nullable=False),
        sa.Column("text_digest", sa.String(length=64), nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name=op.f("fk_problem_entry_problem_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem_entry")),
        sa.UniqueConstraint("problem_id", "number", name=op.f("uq_problem_entry_problem_id_number")),
    )
    op.create_table(
        "rating",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("asked_at", _time(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("given_at", _time(), nullable=True),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.id"], name=op.f("fk_rating_entry_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_rating_person_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_rating_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_rating_ticket_id")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_rating_token_digest")),
    )
    with op.batch_alter_table("rating", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rating_person_id"), ["person_id"], unique=False)
