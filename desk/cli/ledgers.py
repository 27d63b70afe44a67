"""How `guichet sla explain` shows the clocks of a ticket: for people, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from desk.cli.promising import a_table

if TYPE_CHECKING:
    from ticketing.sla.clocks import Interval
    from ticketing.sla.queries import Explained, ExplainedTicket


def facts_of(ticket: ExplainedTicket) -> dict[str, Any]:
    """Everything, with times in UTC and lengths in seconds."""
    return {
        "ticket": ticket.number,
        "priority": ticket.priority,
        "at": _iso(ticket.at),
        "clocks": [_clock_facts(each) for each in ticket.clocks],
    }


def shown(ticket: ExplainedTicket) -> Iterator[Any]:
    """A heading and a table for each clock, times in the zone of its calendar."""
    yield f"{ticket.number}, {ticket.priority}"
    if not ticket.clocks:
        yield "Nothing is promised for it: no service level fits."
    for each in ticket.clocks:
        zone = ZoneInfo(each.time_zone)
        yield ""
        yield _heading(each)
        yield _verdict(each, zone)
        yield a_table(
            ("from", "until", "", "why", "counts", "in all"), (_row(row, zone) for row in each.rows)
        )


def _heading(each: Explained) -> str:
    clock = each.clock
    number = f" {clock.occurrence}" if clock.occurrence > 1 else ""
    return (
        f"{clock.target.value.replace('_', ' ')}{number}: {length_in_words(clock.length)} of business time"
        f" ({clock.agreement.name} {clock.level}, calendar {clock.calendar}, {each.time_zone})"
    )


def _verdict(each: Explained, zone: ZoneInfo) -> str:
    clock = each.clock
    parts = [f"{clock.state.value}, {length_in_words(clock.used)} used"]
    if clock.met_at:
        parts.append(f"met {_local(clock.met_at, zone)}")
    if clock.due_at:
        is_over = clock.met_at or clock.breached_at
        parts.append(f"{'was due' if is_over else 'due'} {_local(clock.due_at, zone)}")
    elif not clock.met_at and not clock.cancelled_at:
        parts.append("not due while it waits" if clock.state.value == "paused" else "never due")
    return "  " + "; ".join(parts)


def _row(row: Interval, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        _local(row.since, zone),
        _local(row.until, zone),
        f"{row.kind.value}{' (ahead)' if row.is_ahead else ''}",
        row.rule,
        length_in_words(row.business_time) if row.business_time else "–",
        length_in_words(row.total),
    )


def length_in_words(length: timedelta) -> str:
    """Hours and minutes, and seconds where there are some: 12 h 45, 30 min, 1 h 05 min 20 s."""
    seconds = round(length.total_seconds())
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    words = f"{hours} h {minutes:02d}" if hours else f"{minutes} min"
    if not rest:
        return words
    return f"{words} min {rest} s" if hours else f"{words} {rest} s"


def _local(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    seconds = ":%S" if local.second else ""
    return local.strftime(f"%a %Y-%m-%d %H:%M{seconds}")


def _clock_facts(each: Explained) -> dict[str, Any]:
    clock = each.clock
    return {
        "target": clock.target.value,
        "occurrence": clock.occurrence,
        "agreement": clock.agreement.value,
        "level": clock.level,
        "calendar": clock.calendar,
        "time_zone": each.time_zone,
        "state": clock.state.value,
        "length_seconds": _seconds(clock.length),
        "used_seconds": _seconds(clock.used),
        **{
            name: _iso(getattr(clock, name))
            for name in ("started_at", "warning_at", "due_at", "met_at", "breached_at", "cancelled_at")
        },
        "paused": [[_iso(since), _iso(until)] for since, until in clock.paused],
        "ledger": [
            {
                "from": _iso(row.since),
                "until": _iso(row.until),
                "kind": row.kind.value,
                "why": row.rule,
                "business_seconds": _seconds(row.business_time),
                "total_seconds": _seconds(row.total),
                "ahead": row.is_ahead,
            }
            for row in each.rows
        ],
    }


def _seconds(length: timedelta) -> float:
    return length.total_seconds()


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
