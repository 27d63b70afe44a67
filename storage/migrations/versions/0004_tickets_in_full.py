"""Tickets in full."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATUSES = ("new", "assigned", "in_progress", "on_hold", "resolved", "closed", "cancelled")
GROUPS = {
    "service-desk": {"en": "Service desk", "fr": "Centre de services"},
    "network": {"en": "Network and telephony", "fr": "Réseau et téléphonie"},
    "workplace": {"en": "Workplace and printing", "fr": "Postes de travail et impression"},
    "security": {"en": "IT security", "fr": "Sécurité informatique"},
    "applications": {"en": "Mail and applications", "fr": "Messagerie et applications"},
}


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32)


def _time() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def upgrade() -> None:
    _add_groups()
    _complete_tickets()
    _add_journal()
    with op.batch_alter_table("speaker_change", schema=None) as batch_op:
        batch_op.add_column(sa.Column("turn_id", sa.String(length=32), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_speaker_change_turn_id"), "turn", ["turn_id"], ["id"])
    _begin_journals(op.get_bind())


def _add_groups() -> None:
    groups = op.create_table(
        "assignment_group",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("tier", _enum("supporttier", "L1", "L2"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_assignment_group")),
    )
    op.bulk_insert(groups, [{"key": key, "names": names, "tier": "L1"} for key, names in GROUPS.items()])


def _complete_tickets() -> None:
    """What the tickets of before were, in the words of now: incidents of one person, still with the desk."""
    levels = ("high", "medium", "low")
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.alter_column(
            "status", type_=_enum("status", *STATUSES), existing_type=_enum("status", "new"), existing_nullable=False
        )
        batch_op.add_column(
            sa.Column("hold_reason", _enum("holdreason", "requester", "supplier", "change"), nullable=True)
        )
        batch_op.add_column(
            sa.Column("assignment_group", sa.String(length=32), nullable=False, server_default="service-desk")
        )
        batch_op.add_column(sa.Column("assignee", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("category", sa.String(length=32), nullable=False, server_default="other"))
        batch_op.add_column(sa.Column("impact", _enum("impact", *levels), nullable=False, server_default="low"))
        batch_op.add_column(sa.Column("urgency", _enum("urgency", *levels), nullable=False, server_default="medium"))
        batch_op.add_column(
            sa.Column("priority", _enum("priority", "P1", "P2", "P3", "P4", "P5"), nullable=False, server_default="P4")
        )
        batch_op.add_column(sa.Column("details", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("articles_tried", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("changed_at", _time(), nullable=True))
        batch_op.add_column(sa.Column("journal_length", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("journal_head", sa.String(length=64), nullable=False, server_default=""))
        batch_op.create_foreign_key(
            batch_op.f("fk_ticket_assignment_group"), "assignment_group", ["assignment_group"], ["key"]
        )
        batch_op.create_index("ix_ticket_queue", ["assignment_group", "status"], unique=False)
    op.execute("UPDATE ticket SET changed_at = opened_at")
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.alter_column("changed_at", nullable=False, existing_type=_time())
        for name, type_ in (
            ("assignment_group", sa.String(length=32)),
            ("category", sa.String(length=32)),
            ("impact", _enum("impact", *levels)),
            ("urgency", _enum("urgency", *levels)),
            ("priority", _enum("priority", "P1", "P2", "P3", "P4", "P5")),
            ("articles_tried", sa.JSON()),
            ("journal_length", sa.Integer()),
            ("journal_head", sa.String(length=64)),
        ):
            batch_op.alter_column(name, server_default=None, existing_type=type_, existing_nullable=False)


def _add_journal() -> None:
    op.create_table(
        "journal_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            _enum(
                "entrykind",
                "opened",
                "handoff_requested",
                "moved",
                "reopened",
                "reclassified",
                "replied",
                "work_noted",
                "text_erased",
            ),
            nullable=False,
        ),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("at", _time(), nullable=False),
        sa.Column("text_digest", sa.String(length=64), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_journal_entry_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entry")),
        sa.UniqueConstraint("ticket_id", "number", name=op.f("uq_journal_entry_ticket_id_number")),
    )
    op.create_table(
        "journal_text",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.id"], name=op.f("fk_journal_text_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_journal_text")),
    )
    op.create_table(
        "ticket_reply",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("visibility", _enum("visibility", "reply", "work_note"), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.id"], name=op.f("fk_ticket_reply_entry_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_reply_ticket_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_ticket_reply")),
    )
    with op.batch_alter_table("ticket_reply", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_reply_shown", ["ticket_id", "visibility"], unique=False)


TRACKED = (
    "type", "status", "hold_reason", "tier", "assignment_group", "assignee", "requester_id", "category", "impact",
    "urgency", "priority", "articles_tried", "language", "channel", "conversation_id", "first_seq", "last_seq",
)


def _begin_journals(connection: sa.Connection) -> None:
    """The first entry of the tickets of before, as `ticketing.tickets.chain` would have written it then."""
    tables = sa.MetaData()
    ticket = sa.Table("ticket", tables, autoload_with=connection)
    entry = sa.Table("journal_entry", tables, autoload_with=connection)
    text = sa.Table("journal_text", tables, autoload_with=connection)
    for row in connection.execute(sa.select(ticket).order_by(ticket.c.id)).mappings().all():
        opened_at = _utc(row["opened_at"])
        salt = secrets.token_hex(16)
        words = _canonical([row["summary"], row["description"], row["details"]])
        values = {
            "ticket_id": row["id"],
            "number": 1,
            "kind": "opened",
            "before": {},
            "after": {name: row[name] for name in TRACKED},
            "data": {},
            "actor": "assistant",
            "at": opened_at,
            "text_digest": _sha256(f"{salt}:{words}"),
        }
        said = ["", *({**values, "at": opened_at.isoformat(timespec="microseconds")}).values()]
        values["digest"] = _sha256(_canonical(said))
        entry_id = connection.execute(sa.insert(entry).values(values).returning(entry.c.id)).scalar_one()
        connection.execute(sa.insert(text).values(entry_id=entry_id, salt=salt, text=None))
        connection.execute(
            sa.update(ticket).where(ticket.c.id == row["id"]).values(journal_length=1, journal_head=values["digest"])
        )


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
