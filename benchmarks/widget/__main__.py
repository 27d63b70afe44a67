"""`python -m benchmarks.widget`: bytes by part, a cold page, and what idle sockets cost the desk."""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.figures import percentile
from benchmarks.widget.cold import medians, visits
from benchmarks.widget.installation import desk_process, plain_settings, prepare_plain
from benchmarks.widget.memory import SocketCost, measure
from benchmarks.widget.weights import weights
from desk.settings import Settings, inherited, load

console = Console()


def main() -> None:
    chosen = _arguments()
    installed = load()
    work = (chosen.work or installed.var / "benchmarks").absolute()
    settings = plain_settings(work, chosen.port, installed)
    prepare_plain(settings, inherited())
    figures = asyncio.run(_measure(settings, chosen))
    if chosen.out is not None:
        chosen.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.widget", description=__doc__)
    parser.add_argument("--sockets", type=int, default=2_000, help="idle ones (%(default)s)")
    parser.add_argument("--turns", type=int, default=150, help="per state (%(default)s)")
    parser.add_argument("--visits", type=int, default=10, help="to a cold page (%(default)s)")
    parser.add_argument("--out", type=Path, help="a JSON file for the figures")
    parser.add_argument("--work", type=Path, help="where to work; default: benchmarks/ in GUICHET_VAR")
    parser.add_argument("--port", type=int, default=8520, help="the first of four ports (%(default)s)")
    return parser.parse_args()


async def _measure(settings: Settings, chosen: argparse.Namespace) -> dict[str, Any]:
    parts = weights()
    for part in parts:
        console.print(f"{part.part:10} {part.raw:7,} bytes, {part.gzipped:6,} gzipped")
    desk = desk_process(settings, inherited())
    await desk.start()
    try:
        found = await visits(settings.demo_url, settings.local_url, chosen.visits)
        steps, one = medians(found), found[0]
        console.print(f"a cold page: {one.requests} requests, {one.bytes:,} bytes as they travel")
        for name, ms in steps.items():
            console.print(f"  {name:14} {ms:6.0f} ms ({ms / sum(steps.values()):.0%})")
        cost = await measure(desk, settings.local_url, sockets=chosen.sockets, turns=chosen.turns)
        _say_cost(cost)
    finally:
        desk.stop()
    return {
        "bytes": [asdict(part) for part in parts],
        "cold": {"requests": one.requests, "bytes": one.bytes, "ms": steps},
        "sockets": cost.sockets,
        "bytes_each": cost.bytes_each,
        "turn_ratio": {"p50": cost.ratio(50), "p95": cost.ratio(95)},
        "idle_processor": cost.idle_processor,
    }


def _say_cost(cost: SocketCost) -> None:
    console.print(f"{cost.sockets:,} idle sockets: {cost.bytes_each / 1e3:.1f} kB each in the desk's process")
    console.print(f"  kept open with {cost.idle_processor:.1%} of a processor")
    idle, busy = percentile(cost.idle_ms, 50), percentile(cost.busy_ms, 50)
    console.print(
        f"  a turn beside them takes {cost.ratio(50):.2f} times as long (p50: {idle:.1f} ms, {busy:.1f} ms), "
        f"{cost.ratio(95):.2f} times at p95"
    )


if __name__ == "__main__":
    main()
