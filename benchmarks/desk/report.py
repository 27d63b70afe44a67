"""The tables a person reads and the JSON a program reads."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.desk.heaps import Heap
from benchmarks.figures import percentile

GROWTH_GOAL = 1.5
HAVE_GOAL = ("list:", "open a ticket")


@dataclass(frozen=True)
class Found:
    """Everything of one run; the load is that of the machine, before and after."""

    heaps: list[Heap]
    verified: dict[str, float]
    load_before: float
    load_after: float


def show(console: Console, found: Found) -> None:
    """One table for each back end, then what one must know to believe it."""
    for backend in dict.fromkeys(heap.backend for heap in found.heaps):
        console.print(_table(backend, [heap for heap in found.heaps if heap.backend == backend]))
    for name, rate in found.verified.items():
        console.print(f"audit verify, {name}: {rate:,.0f} journals of ten entries a second")
    loads = f"load {found.load_before:.1f} before, {found.load_after:.1f} after"
    console.print(f"machine: {os.cpu_count()} processors, {loads}")


def as_json(found: Found, **settings: Any) -> dict[str, Any]:
    """The same figures, with the settings of the run."""
    return {
        "at": datetime.now(UTC).isoformat(),
        "settings": settings,
        "machine": {
            "processors": os.cpu_count(),
            "system": platform.platform(),
            "load": [found.load_before, found.load_after],
        },
        "heaps": [_heap(heap) for heap in found.heaps],
        "growth": {
            backend: {name: growth(heaps, name) for name in heaps[0].timed}
            for backend, heaps in _by_backend(found.heaps).items()
        },
        "growth_goal": GROWTH_GOAL,
        "verified_per_second": found.verified,
    }


def growth(heaps: Sequence[Heap], name: str) -> float:
    """How many times as long the median takes on the largest heap as on the smallest."""
    smallest, largest = (pick(heaps, key=lambda heap: heap.tickets).timed[name].ms for pick in (min, max))
    return percentile(largest, 50) / percentile(smallest, 50)


def _by_backend(heaps: Sequence[Heap]) -> dict[str, list[Heap]]:
    return {
        backend: [heap for heap in heaps if heap.backend == backend]
        for backend in dict.fromkeys(heap.backend for heap in heaps)
    }


def _heap(heap: Heap) -> dict[str, Any]:
    return {
        "backend": heap.backend,
        "tickets": heap.tickets,
        "bytes": heap.bytes,
        "filled_seconds": round(heap.filled_seconds, 1),
        "deeds": {
            name: {
                "p50_ms": percentile(timed.ms, 50),
                "p95_ms": percentile(timed.ms, 95),
                "times": len(timed.ms),
                "statements": timed.statements,
                "rows": timed.rows,
            }
            for name, timed in heap.timed.items()
        },
    }


def _table(backend: str, heaps: list[Heap]) -> Table:
    sizes = [f"{heap.tickets:,}" for heap in heaps]
    caption = f"p50 / p95 ms by tickets on file; goal for lists and for opening: grows < {GROWTH_GOAL}×"
    table = Table("", *sizes, "grows", "statements", title=backend, caption=caption)
    for name in heaps[0].timed:
        cells = [
            f"{percentile(heap.timed[name].ms, 50):.1f} / {percentile(heap.timed[name].ms, 95):.1f}"
            for heap in heaps
        ]
        table.add_row(name, *cells, _grown(growth(heaps, name), name), str(heaps[-1].timed[name].statements))
    table.add_row("size, MB", *(f"{heap.bytes / 1e6:,.0f}" for heap in heaps))
    return table


def _grown(times: float, name: str) -> str:
    if not name.startswith(HAVE_GOAL):
        return f"{times:.2f}×"
    verdict = "[green]met[/]" if times < GROWTH_GOAL else "[red]missed[/]"
    return f"{times:.2f}× {verdict}"
