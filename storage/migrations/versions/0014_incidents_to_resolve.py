"""Incidents that are to be resolved with their problem, until they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

IS_TO_BE_RESOLVED = sa.text("resolving_entry IS NOT NULL")


def upgrade() -> None:
    op.add_column("problem_incident", sa.Column("resolving_entry", sa.Integer(), nullable=True))
    op.add_column("problem_incident", sa.Column("resolving_after", sa.Integer(), nullable=True))
    op.create_index(
        "ix_problem_incident_resolving",
        "problem_incident",
        ["problem_id"],
        sqlite_where=IS_TO_BE_RESOLVED,
        postgresql_where=IS_TO_BE_RESOLVED,
    )
