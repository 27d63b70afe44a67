"""Look and words of sites."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("site") as site:
        site.add_column(sa.Column("color", sa.String(length=7), nullable=True))
        site.add_column(sa.Column("logo", sa.LargeBinary(), nullable=True))
        site.add_column(sa.Column("logo_version", sa.String(length=16), nullable=True))
        site.add_column(sa.Column("greeting", sa.JSON(), nullable=False, server_default="{}"))
        site.add_column(sa.Column("requests", sa.JSON(), nullable=False, server_default="{}"))
        site.add_column(sa.Column("privacy", sa.JSON(), nullable=True))
    with op.batch_alter_table("notice_shown") as notice_shown:
        notice_shown.alter_column(
            "version", existing_type=sa.String(length=64), type_=sa.String(length=160), existing_nullable=False
        )
