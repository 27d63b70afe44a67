"""A whole ticket for people: fields, clocks, files and journal, with names and local times."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.table import Table

from desk.cli.console import out, say
from desk.cli.fitting import Column, print_fitting, screen
from desk.cli.ledgers import length_in_words
from desk.cli.tickets import plain, visible

if TYPE_CHECKING:
    from ticketing.sla.queries import Explained, ExplainedTicket
    from ticketing.tickets.dossier import Related, StaffEntry, StaffTicket

CLOCKS = (
    Column("target"),
    Column("level", goes=1),
    Column("state", goes=4),
    Column("used", goes=3),
    Column("of", goes=2),
    Column("due"),
)

TICKETS = ("parent_id", "merged_into_id", "duplicate_of_id")

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*")


def print_sheet(ticket: StaffTicket, clocks: ExplainedTicket) -> None:
    """Everything there is on a ticket; times are in the zone of its first clock, UTC without one."""
    zone = ZoneInfo(clocks.clocks[0].time_zone if clocks.clocks else "UTC")
    out.print(f"[bold]{ticket.row.number}[/bold]  ", end="")
    say(visible(ticket.row.summary))
    for name, value in _fields(ticket, zone):
        if value:
            say(f"  {name + ':':14}{visible(value)}")
    say("")
    for paragraph in (ticket.description, ticket.details):
        if paragraph and paragraph != ticket.row.summary:
            say(f"{visible(paragraph)}\n")
    _print_clocks(clocks)
    _say_files(ticket)
    _print_journal(ticket, zone)
    say(f"times are those of {zone.key}")


def _fields(ticket: StaffTicket, zone: ZoneInfo) -> Iterator[tuple[str, str | None]]:
    row = ticket.row
    hold = f", waits for: {row.hold_reason.value}" if row.hold_reason else ""
    code = f" ({ticket.resolution_code.value})" if ticket.resolution_code else ""
    yield "status", row.status.words + hold + code
    yield "priority", f"{row.priority.value} (impact {ticket.impact.value}, urgency {ticket.urgency.value})"
    yield "group", f"{row.group}, {row.tier.value}"
    yield "assignee", row.assignee_name or "nobody yet"
    yield "requester", (row.requester or "not known") + (" (VIP)" if row.is_vip else "")
    yield "category", row.category
    yield "type", row.type.value
    yield "opened", f"{_local(row.opened_at, zone)} by {ticket.channel}, in {ticket.language}"
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


def _print_clocks(clocks: ExplainedTicket) -> None:
    if not clocks.clocks:
        return
    print_fitting(CLOCKS, [_clock_cells(each) for each in clocks.clocks], title="promises")
    say(f"`guichet sla explain {clocks.number}` shows them row by row\n")


def _clock_cells(explained: Explained) -> tuple[str, ...]:
    clock = explained.clock
    number = f" {clock.occurrence}" if clock.occurrence > 1 else ""
    return (
        clock.target.value.replace("_", " ") + number,
        plain(clock.level),
        clock.state.value,
        length_in_words(clock.used),
        length_in_words(clock.length),
        _local(clock.due_at, ZoneInfo(explained.time_zone)) if clock.due_at else "–",
    )


def _say_files(ticket: StaffTicket) -> None:
    for each in ticket.attachments:
        who = "the requester may know of it" if each.visibility.value == "reply" else "for the team alone"
        say(f"file of entry {each.entry}: {visible(each.name)} ({each.media_type}, {each.size:,} B; {who})")


def _print_journal(ticket: StaffTicket, zone: ZoneInfo) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold", title="journal", title_justify="left")
    table.add_column("#", no_wrap=True, justify="right")
    table.add_column("at", no_wrap=True)
    for name in ("who", "what", "words"):
        table.add_column(name)
    for entry in ticket.entries:
        text = "(erased)" if entry.is_erased else entry.text or ""
        table.add_row(
            str(entry.number),
            _local(entry.at, zone),
            plain(entry.actor_name),
            plain(_what(entry, ticket, zone)),
            plain(text),
        )
    screen().print(table)


def _what(entry: StaffEntry, ticket: StaffTicket, zone: ZoneInfo) -> str:
    """The kind of an entry and what it changed, without what every opening says."""
    kind = entry.kind.value.replace("_", " ")
    if entry.kind.value == "opened":
        return kind

    def say_value(value: Any) -> str:
        return _value(value, ticket, zone)

    def say_field(name: str, value: Any) -> str:
        return ticket.numbers.get(value, f"ticket {value}") if name in TICKETS and value else say_value(value)

    changes = [
        f"{_field(name)}: {say_field(name, entry.before.get(name))} → {say_field(name, value)}"
        for name, value in entry.after.items()
    ]
    said = [
        f"{name.replace('_', ' ')}: {say_value(_named(name, value))}"
        for name, value in entry.data.items()
        if value and name != "file"
    ]
    return "; ".join([kind, *changes, *said])


def _field(name: str) -> str:
    return name.removesuffix("_id").replace("_", " ")


def _named(name: str, value: Any) -> Any:
    """The leads who were told stand in an entry by their bare numbers."""
    return [f"agent:{each}" for each in value] if name == "agents" and isinstance(value, list) else value


def _value(value: Any, ticket: StaffTicket, zone: ZoneInfo) -> str:
    if isinstance(value, list):
        return ", ".join(_value(each, ticket, zone) for each in value)
    text = str(value) if value or value == 0 else "–"
    if _MOMENT.fullmatch(text):
        return _local(datetime.fromisoformat(text), zone)
    return ticket.names.get(text, text)


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def _related(other: Related | None) -> str | None:
    return f"{other.number} ({other.status.words}) {other.summary}" if other else None


def _all_related(others: Iterable[Related]) -> str:
    return ", ".join(f"{each.number} ({each.status.words})" for each in others)
