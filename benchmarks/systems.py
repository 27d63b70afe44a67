"""A system under measurement: its processes, and conversations with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from benchmarks.training import BenchmarkFailed
from desk.supervision.child import ChildSpec
from desk.supervision.launch import dies_with_parent

READY_WITHIN = 180.0
LOOK_EVERY = 0.05


@dataclass(frozen=True)
class Turn:
    """One line sent and what came of it; `ms` from sending to the last word of the answer."""

    number: int
    ms: float
    line: str
    flaw: str | None = None


class System(Protocol):
    """What the rounds need to know of either side."""

    name: str

    @property
    def processes(self) -> Processes: ...

    async def talk(self, lines: Sequence[str]) -> list[Turn]:
        """One fresh conversation, a line at a time, each after the answer to the one before."""

    def lines(self) -> list[str]:
        """What to say in the next conversation."""


class Processes:
    """The processes of one system, each with everything it starts."""

    def __init__(self, specs: Sequence[ChildSpec], logs: Path) -> None:
        self._specs, self._logs = specs, logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    async def start(self) -> float:
        """All at once; seconds until every one of them is well.

        Raises:
            BenchmarkFailed: one ended, or is not well in three minutes.
        """
        self._logs.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        for spec in self._specs:
            self._running[spec.name] = self._start(spec)
        await asyncio.gather(*(self._until_well(spec, started + READY_WITHIN) for spec in self._specs))
        return time.monotonic() - started

    def stop(self) -> None:
        """Ask each to end, then insist."""
        for spec in self._specs:
            if (process := self._running.pop(spec.name, None)) is None:
                continue
            _signal(process, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(spec.stop_within)
            _signal(process, signal.SIGKILL)
            process.wait()

    def pid(self, name: str) -> int:
        """Of one that runs."""
        return self._running[name].pid

    def resident(self) -> dict[str, int]:
        """Resident bytes by process, with its children."""
        return {
            name: sum(each.memory_info().rss for each in _tree(process.pid))
            for name, process in self._running.items()
        }

    def cpu_seconds(self) -> dict[str, float]:
        """Processor time used so far, user and system, by process with its children."""
        return {
            name: sum(sum(each.cpu_times()[:2]) for each in _tree(process.pid))
            for name, process in self._running.items()
        }

    def _start(self, spec: ChildSpec) -> subprocess.Popen[bytes]:
        with (self._logs / f"{spec.name}.log").open("ab") as log:
            return subprocess.Popen(
                spec.command,
                cwd=spec.folder,
                env=dict(spec.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dies_with_parent(),
            )

    async def _until_well(self, spec: ChildSpec, until: float) -> None:
        while not await spec.is_healthy():
            if self._running[spec.name].poll() is not None or time.monotonic() > until:
                raise BenchmarkFailed(f"{spec.name} did not start; {self._logs / spec.name}.log says why")
            await asyncio.sleep(LOOK_EVERY)


def _tree(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess as error:
        raise BenchmarkFailed("a process died during the run") from error


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
