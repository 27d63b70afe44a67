"""What the widget weighs, how soon it answers on a cold page, and what idle sockets cost the desk.

    python -m benchmarks.widget --out widget.json

The desk is a process of its own, with the plain assistant: what is measured is the widget and the desk.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.training import BenchmarkFailed
from benchmarks.widget import memory, page
from benchmarks.widget.installation import desk_process, plain_settings, prepare_plain
from benchmarks.widget.report import Found, as_json, show
from benchmarks.widget.weight import parts
from desk.client import ClientError
from desk.preparation.steps import PreparationFailed
from desk.preparation.web import BuildFailed
from desk.settings.reading import inherited, load
from desk.settings.texts import SettingsError
from desk.settings.values import Settings
from desk.supervision.ports import PortBusy
from desk.web_assets import AssetsMissing, read_manifest

console = Console(highlight=False)

FAILURES = (
    AssetsMissing,
    BenchmarkFailed,
    BuildFailed,
    ClientError,
    PortBusy,
    PreparationFailed,
    SettingsError,
)


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.widget",
        description="Weighs the widget, times it on a cold page, and measures what idle sockets cost.",
    )
    parser.add_argument("--pages", type=int, default=20, help="cold pages to open (%(default)s)")
    parser.add_argument("--sockets", type=int, default=2000, help="idle sockets (%(default)s, at most 4000)")
    parser.add_argument("--turns", type=int, default=200, help="turns with and without them (%(default)s)")
    parser.add_argument("--out", type=Path, help="a JSON file for the figures")
    parser.add_argument("--work", type=Path, help="where to work; default: benchmarks/ in GUICHET_VAR")
    parser.add_argument("--port", type=int, default=8520, help="the first of four ports (%(default)s)")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    chosen = arguments(given)
    try:
        installed = load()
        work = (chosen.work or installed.var / "benchmarks").absolute()
        settings = plain_settings(work, chosen.port, installed)
        prepare_plain(settings, inherited())
        found = asyncio.run(_measure(settings, chosen))
    except FAILURES as error:
        console.print(str(error), style="red")
        return 1
    show(console, found)
    if chosen.out is not None:
        figures = as_json(found, pages=chosen.pages, sockets=chosen.sockets, turns=chosen.turns)
        chosen.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


async def _measure(settings: Settings, chosen: argparse.Namespace) -> Found:
    load_before = os.getloadavg()[0]
    desk = desk_process(settings, inherited())
    await desk.start()
    try:
        console.print("cold pages …")
        openings = await page.measure(settings, chosen.pages)
    finally:
        desk.stop()
    # What the pages left in its memory is none of the sockets' business.
    await desk.start()
    try:
        console.print("idle sockets …")
        cost = await memory.measure(desk, settings.local_url, sockets=chosen.sockets, turns=chosen.turns // 2)
    finally:
        desk.stop()
    return Found(parts(read_manifest()), openings, cost, load_before)


if __name__ == "__main__":
    sys.exit(main())
