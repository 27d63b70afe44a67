"""What `guichet ticket` shows: one set of facts, as JSON or for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from desk.cli.console import out, say

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ticketing.sla.queries import ExplainedTicket
    from ticketing.tickets.dossier import Related, StaffEntry, StaffTicket
    from ticketing.tickets.rows import StaffRow

Facts = dict[str, Any]

LINE = 200
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
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("number", "P", "status", "group", "who has it", "due", "requester", "summary"):
        table.add_column(name, no_wrap=name != "summary")
    for row in rows:
        due = due_in_words(row.next_due_at, now)
        late = row.next_due_at is not None and row.next_due_at <= now
        table.add_row(
            row.number,
            row.priority.value,
            row.status.value + (f": {row.hold_reason.value}" if row.hold_reason else ""),
            f"{row.group_key} {row.tier.value}",
            row.assignee_name or "–",
            f"[red]{due}[/red]" if late else due,
            _plain((row.requester or "–") + (" (VIP)" if row.is_vip else "")),
            _plain(row.summary + "".join(f" #{tag}" for tag in row.tags)),
        )
    _print(table)
    say(f"{len(rows)} {'ticket' if len(rows) == 1 else 'tickets'}")


def _print(table: Table) -> None:
    # A program that reads lines gets them whole.
    console = out if out.is_terminal else Console(width=LINE, highlight=False)
    console.print(table)


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


def ticket_lines(ticket: StaffTicket, clocks: ExplainedTicket) -> None:
    """The same for people."""
    row = ticket.row
    out.print(f"[bold]{row.number}[/bold]  ", end="")
    say(_visible(row.summary))
    for name, value in _fields(ticket):
        if value:
            say(f"  {name + ':':14}{_visible(value)}")
    say("")
    for paragraph in (ticket.description, ticket.details):
        if paragraph and paragraph != row.summary:
            say(f"{_visible(paragraph)}\n")
    _clocks_table(clocks)
    _files_table(ticket)
    table = Table(box=None, pad_edge=False, header_style="bold", title="journal", title_justify="left")
    for name in ("#", "at", "who", "what", "words"):
        table.add_column(name, no_wrap=name in ("#", "at"), justify="right" if name == "#" else "left")
    for entry in ticket.entries:
        text = "(erased)" if entry.is_erased else entry.text or ""
        table.add_row(
            str(entry.number),
            f"{entry.at:%Y-%m-%d %H:%M}",
            _plain(entry.actor_name),
            _plain(_what(entry)),
            _plain(text),
        )
    _print(table)
    say("times are UTC")


def _fields(ticket: StaffTicket) -> Iterator[tuple[str, str | None]]:
    row = ticket.row
    hold = f", waits for: {row.hold_reason.value}" if row.hold_reason else ""
    code = f" ({ticket.resolution_code.value})" if ticket.resolution_code else ""
    yield "status", row.status.value + hold + code
    yield "priority", f"{row.priority.value} (impact {ticket.impact.value}, urgency {ticket.urgency.value})"
    yield "group", f"{row.group}, {row.tier.value}"
    yield "assignee", row.assignee_name or "nobody yet"
    yield "requester", (row.requester or "not known") + (" (VIP)" if row.is_vip else "")
    yield "category", row.category
    yield "type", row.type.value
    yield "opened", f"{row.opened_at:%Y-%m-%d %H:%M} by {ticket.channel}, in {ticket.language}"
    yield "tags", ", ".join(row.tags)
    yield "parent", _related(ticket.parent)
    yield "children", _all_related(ticket.children)
    yield "merged into", _related(ticket.merged_into)
    yield "merged here", _all_related(ticket.merged_here)
    yield "duplicate of", _related(ticket.duplicate_of)
    yield "duplicates", _all_related(ticket.duplicates)
    yield "problems", ", ".join(f"{each.number} {each.summary}" for each in ticket.problems)
    yield "watchers", ", ".join(each.name for each in ticket.watchers)
    yield "tried", ", ".join(ticket.articles_tried)


def _clocks_table(clocks: ExplainedTicket) -> None:
    if not clocks.clocks:
        return
    table = Table(box=None, pad_edge=False, header_style="bold", title="promises", title_justify="left")
    for name in ("target", "level", "state", "used", "of", "due"):
        table.add_column(name, no_wrap=True)
    for each in _clock_facts(clocks):
        table.add_row(
            each["target"],
            each["level"],
            each["state"],
            f"{each['used_minutes']} min",
            f"{each['length_minutes']} min",
            (each["due_at"] or "–")[:16].replace("T", " "),
        )
    _print(table)
    say(f"`guichet sla explain {clocks.number}` shows them row by row\n")


def _files_table(ticket: StaffTicket) -> None:
    for each in ticket.attachments:
        who = "the requester may know of it" if each.visibility.value == "reply" else "for the team alone"
        say(f"file of entry {each.entry}: {_visible(each.name)} ({each.media_type}, {each.size:,} B; {who})")


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


def _what(entry: StaffEntry) -> str:
    """The kind of an entry and what it changed, without what every opening says."""
    kind = entry.kind.value.replace("_", " ")
    if entry.kind.value == "opened":
        return kind
    changes = [
        f"{name.removesuffix('_id')}: {entry.before.get(name) or '–'} → {value or '–'}"
        for name, value in entry.after.items()
    ]
    said = [f"{name}: {_short(value)}" for name, value in entry.data.items() if value and name != "file"]
    return "; ".join([kind, *changes, *said])


def _short(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _related(other: Related | None) -> str | None:
    return f"{other.number} ({other.status.value}) {other.summary}" if other else None


def _all_related(others: Iterable[Related]) -> str:
    return ", ".join(f"{each.number} ({each.status.value})" for each in others)


def _number(other: Related | None) -> str | None:
    return other.number if other else None


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _plain(text: str) -> str:
    """Words of people in a table: no markup is read in them."""
    from rich.markup import escape

    return escape(_visible(text))


def _visible(text: str) -> str:
    """Words of people on a screen: control characters do nothing there."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)
