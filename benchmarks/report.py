"""The tables a person reads and the JSON a program reads."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Goal, Measured, goals, percentile, spread
from benchmarks.rounds import LEVELS, Noise
from benchmarks.training import Trained


def print_report(
    console: Console, ours: Measured, peer: Measured | None, trained: Trained | None, noise: Noise
) -> None:
    """Everything, in the order in which one asks."""
    console.print(_turn_table(ours, peer))
    console.print(_rate_table(ours, peer))
    console.print(_other_table(ours, peer, trained))
    if peer is not None and trained is not None:
        console.print(_goal_table(goals(ours, peer, trained.ratio)))
    for line in remarks(ours, peer, noise):
        console.print(line)


def remarks(ours: Measured, peer: Measured | None, noise: Noise) -> list[str]:
    """What one must know to believe the figures, or not to."""
    lines = []
    for measured in filter(None, (ours, peer)):
        wrong = measured.flaws()
        said = ", ".join(f"{count} × {flaw}" for flaw, count in wrong.items()) or "none"
        lines.append(f"{measured.name}: {measured.turn_count} turns, errors and wrong replies: {said}")
        lines += [f"  {line}" for line in measured.flawed_lines()]
        medians = measured.round_medians()
        lines.append(f"{measured.name}: medians of the rounds lie {spread(medians):.2f}× apart")
    lines.append(
        f"machine: {os.cpu_count()} processors; load {noise.load_before:.1f} before, {noise.load_after:.1f} "
        f"after; {noise.others:.0%} of the processor time went to others"
    )
    return lines


def as_json(
    ours: Measured, peer: Measured | None, trained: Trained | None, noise: Noise, **settings: Any
) -> dict[str, Any]:
    """The same figures, with the settings of the run."""
    reached = goals(ours, peer, trained.ratio) if peer is not None and trained is not None else []
    return {
        "settings": settings,
        "machine": {"processors": os.cpu_count(), "system": platform.platform(), **asdict(noise)},
        "systems": [_system(measured) for measured in (ours, peer) if measured is not None],
        "training": asdict(trained) | {"ratio": trained.ratio} if trained is not None else None,
        "goals": [asdict(goal) | {"is_met": goal.is_met} for goal in reached],
    }


def _system(measured: Measured) -> dict[str, Any]:
    numbers = measured.by_number()
    return {
        "name": measured.name,
        "turns": measured.turn_count,
        "flaws": dict(measured.flaws()),
        "flawed_lines": measured.flawed_lines(),
        "by_turn_number": {
            number: {"p50_ms": percentile(times, 50), "p95_ms": percentile(times, 95), "n": len(times)}
            for number, times in numbers.items()
        },
        "turns_per_second": {
            at_once: {
                "all": measured.rate(at_once),
                "rounds": [phase.rate for phase in measured.at(at_once)],
                "p50_ms": percentile(measured.times_at(at_once), 50),
                "p95_ms": percentile(measured.times_at(at_once), 95),
            }
            for at_once in LEVELS
        },
        "round_medians_ms": measured.round_medians(),
        "resident_bytes": measured.resident,
        "cpu_ms_per_turn": measured.cpu_ms_per_turn(),
        "start_seconds": measured.start_seconds,
    }


def _turn_table(ours: Measured, peer: Measured | None) -> Table:
    table = Table("turn", "p50 ms", "p95 ms", title="One conversation at a time, by turn number")
    theirs = peer.by_number() if peer is not None else {}
    if peer is not None:
        for heading in ("peer p50", "peer p95", "ratio p50", "ratio p95"):
            table.add_column(heading)
    for number, times in ours.by_number().items():
        mine = _p50_p95(times)
        other = _p50_p95(theirs[number]) if theirs else ()
        ratios = [f"{a / b:.2f}×" for a, b in zip(mine, other, strict=False)]
        table.add_row(str(number), *(f"{value:.1f}" for value in (*mine, *other)), *ratios)
    return table


def _rate_table(ours: Measured, peer: Measured | None) -> Table:
    table = Table("at once", "turns/s", "rounds", "p50 ms", "p95 ms", title="Turns per second")
    if peer is not None:
        for heading in ("peer turns/s", "rounds", "p50 ms", "p95 ms", "ratio"):
            table.add_column(heading)
    for at_once in LEVELS:
        row = _rate_cells(ours, at_once)
        if peer is not None:
            row += [*_rate_cells(peer, at_once), f"{ours.rate(at_once) / peer.rate(at_once):.2f}×"]
        table.add_row(str(at_once), *row)
    return table


def _rate_cells(measured: Measured, at_once: int) -> list[str]:
    low, high = measured.rate_spread(at_once)
    p50, p95 = _p50_p95(measured.times_at(at_once))
    return [f"{measured.rate(at_once):.1f}", f"{low:.1f}–{high:.1f}", f"{p50:.0f}", f"{p95:.0f}"]


def _other_table(ours: Measured, peer: Measured | None, trained: Trained | None) -> Table:
    table = Table("", ours.name, *(["peer", "ratio"] if peer is not None else []), title="Everything else")
    table.add_row("resident MB", *_pair(ours.megabytes, peer.megabytes if peer else None, ".0f"))
    for name, size in ours.resident.items():
        table.add_row(f"  of which {name}", f"{size / 1e6:.0f}")
    table.add_row("start to ready, s", *_pair(ours.start, peer.start if peer else None, ".1f"))
    own = ours.cpu_ms_per_turn()
    theirs = sum(peer.cpu_ms_per_turn().values()) if peer is not None else None
    table.add_row("processor ms per turn", *_pair(sum(own.values()), theirs, ".1f"))
    for name, value in own.items():
        table.add_row(f"  of which {name}", f"{value:.1f}")
    if trained is not None:
        seconds = sum(trained.our_seconds) / len(trained.our_seconds)
        table.add_row("training on the peer's data, s", *_pair(seconds, trained.peer_seconds, ".0f"))
    return table


def _goal_table(reached: list[Goal]) -> Table:
    table = Table("goal", "wanted", "measured", "", title="Goals: ours to the peer's")
    for goal in reached:
        sign = "≥" if goal.more_is_better else "≤"
        verdict = "[green]met[/]" if goal.is_met else "[red]missed[/]"
        table.add_row(goal.name, f"{sign} {goal.wanted:g}×", f"{goal.ratio:.2f}×", verdict)
    return table


def _pair(mine: float, theirs: float | None, form: str) -> list[str]:
    if theirs is None:
        return [f"{mine:{form}}"]
    return [f"{mine:{form}}", f"{theirs:{form}}", f"{mine / theirs:.2f}×"]


def _p50_p95(times: list[float]) -> tuple[float, float]:
    return percentile(times, 50), percentile(times, 95)
