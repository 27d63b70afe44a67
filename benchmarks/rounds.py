"""Runs both systems in turns, round after round, so that whatever else the machine does hits both."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psutil

from benchmarks.figures import Measured, Phase
from benchmarks.systems import System, Turn

# Conversations at once, and how many conversations that takes in one round.
LEVELS = {1: 8, 8: 16, 16: 32}
WARM_UP = 2


@dataclass(frozen=True)
class Noise:
    """What else the machine did meanwhile."""

    load_before: float
    load_after: float
    others: float
    """Processor time that went to processes which are not measured, of all there was."""


async def measure_starts(systems: Sequence[System], measured: Sequence[Measured], times: int) -> None:
    """Start each alone, one after the other, several times; the last time they stay up."""
    for number in range(times):
        for system, result in zip(systems, measured, strict=True):
            result.start_seconds.append(await system.processes.start())
            if number < times - 1:
                system.processes.stop()


async def run_rounds(
    systems: Sequence[System], measured: Sequence[Measured], rounds: int, say: Callable[[str], None]
) -> Noise:
    """Every level with both systems in every round; who begins changes from round to round."""
    for system in systems:
        await _phase(system, at_once=1, conversations=WARM_UP)
    pairs = list(zip(systems, measured, strict=True))
    load, clock, used = os.getloadavg()[0], time.monotonic(), _busy()
    before = [system.processes.cpu_seconds() for system in systems]
    own = _own_cpu()
    for number in range(rounds):
        for at_once, conversations in LEVELS.items():
            for system, result in pairs if number % 2 == 0 else reversed(pairs):
                phase = await _phase(system, at_once, conversations)
                result.phases.append(phase)
                where = f"round {number + 1}/{rounds} · {at_once:2} at once"
                say(f"{where} · {system.name}: {phase.rate:.1f} turns/s")
    for (system, result), start in zip(pairs, before, strict=True):
        result.cpu_seconds = {k: v - start[k] for k, v in system.processes.cpu_seconds().items()}
        result.resident = system.processes.resident()
    ours = sum(sum(result.cpu_seconds.values()) for result in measured) + _own_cpu() - own
    available = (time.monotonic() - clock) * (os.cpu_count() or 1)
    return Noise(load, os.getloadavg()[0], max(0.0, (_busy() - used - ours) / available))


async def _phase(system: System, at_once: int, conversations: int) -> Phase:
    # Drawn beforehand: choosing the words is not what is measured.
    waiting = [system.lines() for _ in range(conversations)]
    turns: list[Turn] = []

    async def worker() -> None:
        while waiting:
            turns.extend(await system.talk(waiting.pop()))

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(worker())
    return Phase(at_once, time.perf_counter() - started, turns)


def _busy() -> float:
    """Processor seconds that this machine has spent on anything since it started."""
    times = psutil.cpu_times()
    return float(times.user + times.system + times.nice)


def _own_cpu() -> float:
    times = psutil.Process().cpu_times()
    return float(times.user + times.system)
