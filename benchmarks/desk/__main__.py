"""How lists, tickets and the sweep grow with what is on file, on SQLite and PostgreSQL.

    python -m benchmarks.desk --out desk.json

Heaps of several sizes are made first; then everything is done on each in turn, round after round, so that
whatever else the machine does meets all sizes alike.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.desk.deeds import timed
from benchmarks.desk.heaps import Heap, found_server, postgres_heap, sqlite_heap
from benchmarks.desk.report import Found, as_json, show
from benchmarks.training import BenchmarkFailed
from desk.settings.reading import load
from desk.settings.texts import SettingsError
from storage.database import Database
from ticketing.tickets.audit import verify_journals

SIZES = (1_000, 10_000, 100_000)
MOST_VERIFIED = 10_000
console = Console(highlight=False)


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.desk",
        description="Times lists, tickets and the sweep on heaps of tickets with ten journal entries each.",
    )
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=SIZES, help="tickets on file (1000 10000 100000)"
    )
    parser.add_argument(
        "--rounds", type=int, default=5, help="how often everything is repeated (%(default)s)"
    )
    parser.add_argument("--times", type=int, default=40, help="how often in each round (%(default)s)")
    parser.add_argument(
        "--postgres", metavar="URL", help="a server that lets us make databases; default: one on 127.0.0.1"
    )
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="one back end instead of both")
    parser.add_argument("--out", type=Path, help="a JSON file for the figures")
    parser.add_argument("--work", type=Path, help="where to work; default: benchmarks/ in GUICHET_VAR")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    chosen = arguments(given)
    try:
        found = _measure(chosen)
    except (BenchmarkFailed, SettingsError) as error:
        console.print(str(error), style="red")
        return 1
    show(console, found)
    if chosen.out is not None:
        figures = as_json(found, sizes=list(chosen.sizes), rounds=chosen.rounds, times=chosen.times)
        chosen.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


def _measure(chosen: argparse.Namespace) -> Found:
    load_before = os.getloadavg()[0]
    with contextlib.ExitStack() as places:
        heaps = _heaps(chosen, places)
        verified = {
            f"{heap.backend}, {heap.tickets:,} tickets": _verified_per_second(heap.db)
            for heap in heaps
            if heap.tickets <= MOST_VERIFIED
        }
        for _ in range(chosen.rounds):
            for name in heaps[0].deeds:
                for heap in heaps:
                    timed(heap.db, heap.deeds[name], chosen.times, heap.timed[name])
        return Found(heaps, verified, load_before, os.getloadavg()[0])


def _heaps(chosen: argparse.Namespace, places: contextlib.ExitStack) -> list[Heap]:
    heaps = []
    if chosen.only != "postgresql":
        work = (chosen.work or load().var / "benchmarks").absolute()
        heaps += [_made(places, sqlite_heap(size, work)) for size in chosen.sizes]
    if chosen.only != "sqlite":
        server = chosen.postgres or found_server()
        if server is None:
            raise BenchmarkFailed(
                "there is no PostgreSQL on 127.0.0.1: name one with --postgres, or --only sqlite"
            )
        heaps += [_made(places, postgres_heap(size, server)) for size in chosen.sizes]
    return heaps


def _made(places: contextlib.ExitStack, place: contextlib.AbstractContextManager[Heap]) -> Heap:
    heap = places.enter_context(place)
    console.print(f"{heap.backend}, {heap.tickets:,} tickets: made in {heap.filled_seconds:.0f} s")
    return heap


def _verified_per_second(db: Database) -> float:
    """How fast journals are checked; that they are sound shows that the heap is honest.

    Raises:
        BenchmarkFailed: one is not.
    """
    started, tickets = time.monotonic(), 0
    after: int | None = 0
    while after is not None:
        batch = db.read(verify_journals, after=after)
        if batch.broken:
            raise BenchmarkFailed(f"a journal of the heap is not sound: {batch.broken[0]}")
        tickets, after = tickets + batch.tickets, batch.last_id
    return tickets / (time.monotonic() - started)


if __name__ == "__main__":
    sys.exit(main())
