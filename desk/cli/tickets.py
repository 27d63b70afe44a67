"""What `guichet ticket` shows: one set of facts, as JSON or for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from desk.cli.console import counted, say
from desk.cli.fitting import Column, print_fitting

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ticketing.sla.queries import ExplainedTicket
    from ticketing.tickets.dossier import Related, StaffEntry, StaffTicket
    from ticketing.tickets.rows import StaffRow

Facts = dict[str, Any]

COLUMNS = (
    Column("number"),
    Column("P"),
    Column("status", goes=5),
    Column("group", goes=2),
    Column("who has it", goes=3),
    Column("due", goes=4),
    Column("requester", goes=1),
    Column("summary", room=20),
)
SHORT = ("number", "status", "hold_reason", "priority", "tier", "group", "assignee", "tags")


def short(session: Session, ticket_id: int) -> Facts:
    """How a ticket stands, for what is said after a change."""
    from sqlalchemy import select

    from ticketing.tickets.models import Ticket
    from ticketing.tickets.rows import COLUMNS, rows_of

    [row] = rows_of(session, session.execute(select(*COLUMNS).where(Ticket.id == ticket_id)).all(), "en")
    facts = row_facts(row)
    return {name: facts[name] for name in SHORT}


def in_short(facts: Facts) -> str:
    """The same on a line; what a command adds stands at its end."""
    hold = f" (waits for: {facts['hold_reason']})" if facts["hold_reason"] else ""
    line = [
        facts["number"],
        facts["status"] + hold,
        facts["priority"],
        f"{facts['group']} {facts['tier']}",
        facts["assignee"] or "nobody yet",
        *(f"#{tag}" for tag in facts["tags"]),
    ]
    line += [
        f"{name.replace('_', ' ')}: {', '.join(value) if isinstance(value, list) else value or 'none'}"
        for name, value in facts.items()
        if name not in SHORT
    ]
    return "  ".join(line)


def row_facts(row: StaffRow) -> Facts:
    """A ticket in a list."""
    return {
        "number": row.number,
        "type": row.type.value,
        "status": row.status.value,
        "hold_reason": row.hold_reason and row.hold_reason.value,
        "priority": row.priority.value,
        "tier": row.tier.value,
        "group": row.group_key,
        "assignee": row.assignee_name,
        "requester": row.requester,
        "vip": row.is_vip,
        "category": row.category,
        "summary": row.summary,
        "tags": list(row.tags),
        "opened_at": row.opened_at.isoformat(),
        "changed_at": row.changed_at.isoformat(),
        "due_at": _moment(row.next_due_at),
    }


def rows_table(rows: Sequence[StaffRow], now: datetime) -> None:
    """Tickets in a list, for people."""
    if not rows:
        say("no tickets")
        return
    print_fitting(COLUMNS, [_cells(row, now) for row in rows])
    say(counted(len(rows), "ticket"))


def _cells(row: StaffRow, now: datetime) -> tuple[str, ...]:
    due = due_in_words(row.next_due_at, now)
    late = row.next_due_at is not None and row.next_due_at <= now
    return (
        row.number,
        row.priority.value,
        row.status.value + (f": {row.hold_reason.value}" if row.hold_reason else ""),
        f"{row.group_key} {row.tier.value}",
        plain(row.assignee_name or "–"),
        f"[red]{due}[/red]" if late else due,
        plain((row.requester or "–") + (" (VIP)" if row.is_vip else "")),
        plain(row.summary + "".join(f" #{tag}" for tag in row.tags)),
    )


def due_in_words(due: datetime | None, now: datetime) -> str:
    """How far away something is on the clock on the wall."""
    if due is None:
        return "–"
    minutes = int(abs(due - now).total_seconds() // 60)
    days, hours = divmod(minutes // 60, 24)
    length = (
        f"{days} d {hours} h" if days else f"{hours} h {minutes % 60:02} min" if hours else f"{minutes} min"
    )
    return f"{length} late" if due <= now else f"in {length}"


def ticket_facts(ticket: StaffTicket, clocks: ExplainedTicket) -> Facts:
    """Everything there is on a ticket."""
    return {
        **row_facts(ticket.row),
        "impact": ticket.impact.value,
        "urgency": ticket.urgency.value,
        "description": ticket.description,
        "details": ticket.details,
        "language": ticket.language,
        "channel": ticket.channel,
        "articles_tried": list(ticket.articles_tried),
        "resolution_code": ticket.resolution_code and ticket.resolution_code.value,
        "resolved_at": _moment(ticket.resolved_at),
        "parent": _number(ticket.parent),
        "children": [each.number for each in ticket.children],
        "merged_into": _number(ticket.merged_into),
        "merged_here": [each.number for each in ticket.merged_here],
        "duplicate_of": _number(ticket.duplicate_of),
        "duplicates": [each.number for each in ticket.duplicates],
        "problems": [each.number for each in ticket.problems],
        "watchers": [each.name for each in ticket.watchers],
        "files": [
            {"entry": each.entry, "name": each.name, "media_type": each.media_type, "size": each.size}
            | {"digest": each.digest, "visibility": each.visibility.value}
            for each in ticket.attachments
        ],
        "clocks": list(_clock_facts(clocks)),
        "journal": [_entry_facts(entry) for entry in ticket.entries],
    }


def _clock_facts(clocks: ExplainedTicket) -> Iterator[Facts]:
    for clock in (each.clock for each in clocks.clocks):
        yield {
            "target": clock.target.value,
            "agreement": clock.agreement.value,
            "level": clock.level,
            "state": clock.state.value,
            "used_minutes": int(clock.used.total_seconds() // 60),
            "length_minutes": int(clock.length.total_seconds() // 60),
            "due_at": _moment(clock.due_at),
            "met_at": _moment(clock.met_at),
            "breached_at": _moment(clock.breached_at),
        }


def _entry_facts(entry: StaffEntry) -> Facts:
    return {
        "entry": entry.number,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "name": entry.actor_name,
        "kind": entry.kind.value,
        "visibility": entry.visibility.value,
        "before": entry.before,
        "after": entry.after,
        "data": entry.data,
        "text": entry.text,
        "erased": entry.is_erased,
    }


def _number(other: Related | None) -> str | None:
    return other.number if other else None


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def plain(text: str) -> str:
    """Words of people in a table: no markup is read in them."""
    from rich.markup import escape

    return escape(visible(text))


def visible(text: str) -> str:
    """Words of people on a screen: control characters do nothing there."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)
