"""A conversation's turns, everything included, beside those of a Rasa helpdesk bot, in one run.

    python -m benchmarks.turn --peer DIR --out turn.json

Our side answers knowledge questions: WebSocket, ledger, Rasa, action, search, committed reply, delivered. The
peer's side says texts of its domain: stock Rasa, REST, no action. Both keep their tracker in SQLite on disk.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.figures import Measured
from benchmarks.ours import Desk, own_settings, prepare_desk
from benchmarks.peer import StockRasa
from benchmarks.report import as_json, print_report
from benchmarks.rounds import Noise, measure_starts, run_rounds
from benchmarks.training import BenchmarkFailed, Peer, Trained, has_changed_since, prepare_peer
from desk.preparation.steps import PreparationFailed
from desk.settings.reading import inherited, load
from desk.settings.texts import SettingsError
from desk.settings.values import Settings
from desk.supervision.ports import PortBusy

TURNS = 8
console = Console(highlight=False)


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.turn",
        description="Times 8-turn conversations with the desk and, in the same run, with another Rasa bot.",
        epilog="Without --peer only the desk is measured. The first run with a peer trains it, which takes "
        "minutes; its model and the time it took are kept in the work folder.",
    )
    parser.add_argument("--peer", type=Path, help="a Rasa project: config.yml, domain.yml, data/")
    parser.add_argument(
        "--rounds", type=int, default=6, help="how often everything is repeated (%(default)s)"
    )
    parser.add_argument("--starts", type=int, default=3, help="how often each is started (%(default)s)")
    parser.add_argument("--out", type=Path, help="a JSON file for the figures")
    parser.add_argument("--work", type=Path, help="where to work; default: benchmarks/ in GUICHET_VAR")
    parser.add_argument("--port", type=int, default=8500, help="the first of four ports (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="for the order of the questions (%(default)s)")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    chosen = arguments(given)
    try:
        installed = load()
        work = (chosen.work or installed.var / "benchmarks").absolute()
        settings = own_settings(work, chosen.port, installed)
        prepare_desk(settings, installed, inherited(), console.print)
        peer = _peer(chosen.peer, work, settings)
        return asyncio.run(_run(chosen, settings, peer))
    except (BenchmarkFailed, PortBusy, PreparationFailed, SettingsError) as error:
        console.print(str(error), style="red")
        return 1


def _peer(source: Path | None, work: Path, settings: Settings) -> Peer | None:
    if source is None:
        return None
    console.print("peer … from an earlier run, or training (minutes)")
    peer = prepare_peer(source.absolute(), work, settings, inherited())
    if has_changed_since(peer.trained, settings):
        console.print(
            f"peer … trained {peer.trained.at}; what ours learns with has changed since. "
            f"Remove {peer.folder} to time both again.",
            style="yellow",
        )
    return peer


async def _run(chosen: argparse.Namespace, settings: Settings, peer: Peer | None) -> int:
    desk = Desk(settings, inherited(), turns=TURNS, seed=chosen.seed)
    ours = Measured(desk.name)
    if peer is None:
        noise = await _measure([desk], [ours], chosen)
        _publish(chosen, ours, None, None, noise)
        return int(bool(ours.flaws()))
    stock = StockRasa(peer, settings, inherited(), port=chosen.port + 3, turns=TURNS, seed=chosen.seed)
    theirs = Measured(stock.name)
    try:
        noise = await _measure([desk, stock], [ours, theirs], chosen)
    finally:
        await stock.close()
    _publish(chosen, ours, theirs, peer.trained, noise)
    return int(bool(ours.flaws()))


async def _measure(
    systems: Sequence[Desk | StockRasa], measured: Sequence[Measured], chosen: argparse.Namespace
) -> Noise:
    try:
        await measure_starts(systems, measured, chosen.starts)
        return await run_rounds(systems, measured, chosen.rounds, console.print)
    finally:
        for system in systems:
            system.processes.stop()


def _publish(
    chosen: argparse.Namespace, ours: Measured, peer: Measured | None, trained: Trained | None, noise: Noise
) -> None:
    print_report(console, ours, peer, trained, noise)
    if chosen.out is not None:
        figures = as_json(
            ours,
            peer,
            trained,
            noise,
            rounds=chosen.rounds,
            starts=chosen.starts,
            seed=chosen.seed,
            turns=TURNS,
        )
        chosen.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    if ours.flaws():
        console.print(
            "Not every reply of ours was an answer with its source: these figures flatter.", style="red"
        )


if __name__ == "__main__":
    sys.exit(main())
