"""The tables a person reads and the JSON a program reads."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.figures import percentile
from benchmarks.widget.memory import SocketCost
from benchmarks.widget.page import Opening, medians
from benchmarks.widget.weight import Part

SOCKET_GOAL = 30_000


@dataclass(frozen=True)
class Found:
    """Everything of one run."""

    parts: list[Part]
    openings: list[Opening]
    cost: SocketCost
    load: float
    """Of the machine, before."""


def show(console: Console, found: Found) -> None:
    """In the order in which one asks."""
    console.print(_weight(found))
    console.print(_page(found))
    console.print(_sockets(found.cost))
    console.print(f"machine: {os.cpu_count()} processors, load {found.load:.1f} before")


def as_json(found: Found, **settings: Any) -> dict[str, Any]:
    """The same figures, with the settings of the run."""
    cost = found.cost
    return {
        "at": datetime.now(UTC).isoformat(),
        "settings": settings,
        "machine": {"processors": os.cpu_count(), "system": platform.platform(), "load": found.load},
        "parts": [asdict(part) for part in found.parts],
        "first_view": {name: percentile(values, 50) for name, values in _travelled(found.openings).items()},
        "page_ms": {"medians": medians(found.openings), "all": [each.steps() for each in found.openings]},
        "sockets": {
            **asdict(cost),
            "bytes_each": cost.bytes_each,
            "goal": SOCKET_GOAL,
            "turn_p50_ms": [percentile(cost.idle_ms, 50), percentile(cost.busy_ms, 50)],
            "turn_p95_ms": [percentile(cost.idle_ms, 95), percentile(cost.busy_ms, 95)],
        },
    }


def _travelled(openings: list[Opening]) -> dict[str, list[int]]:
    return {
        "requests": [each.requests for each in openings],
        "bytes_received": [each.received for each in openings],
        "bytes_sent": [each.sent for each in openings],
    }


def _weight(found: Found) -> Table:
    table = Table("part", "bytes", "gzipped", title="Weight")
    for part in found.parts:
        table.add_row(part.name, f"{part.raw:,}", f"{part.gzipped:,}")
    table.add_section()
    for name, values in _travelled(found.openings).items():
        table.add_row(f"first view, {name.replace('_', ' ')}", "", f"{percentile(values, 50):,.0f}")
    return table


def _page(found: Found) -> Table:
    table = Table("step", "median ms", "share", title=f"A cold page, {len(found.openings)} times")
    steps = medians(found.openings)
    whole = sum(steps.values())
    for name, value in steps.items():
        table.add_row(name, f"{value:.0f}", f"{value / whole:.0%}")
    table.add_row("together", f"{whole:.0f}", "")
    return table


def _sockets(cost: SocketCost) -> Table:
    table = Table("", "", title=f"{cost.sockets:,} idle sockets")
    verdict = "[green]met[/]" if cost.bytes_each <= SOCKET_GOAL else "[red]missed[/]"
    table.add_row("memory of the desk for each, kB", f"{cost.bytes_each / 1000:.1f} (goal ≤ 30: {verdict})")
    table.add_row("of one processor, while nobody speaks", f"{cost.idle_processor:.1%}")
    for percent in (50, 95):
        idle, busy = (percentile(times, percent) for times in (cost.idle_ms, cost.busy_ms))
        said = f"{idle:.1f} → {busy:.1f} ({cost.ratio(percent):.2f}×)"
        table.add_row(f"a turn beside them, p{percent} ms", said)
    return table
