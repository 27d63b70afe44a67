"""What an idle socket costs the desk: memory, and the time of everybody else's turns."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import percentile
from benchmarks.systems import Processes
from benchmarks.training import BenchmarkFailed
from benchmarks.widget.served import COLLECT
from desk.client import DeskClient
from desk.settings.values import PROJECT

SITE = "demo"
QUESTIONS = (
    "how do I connect to the VPN",
    "my printer does not print",
    "how do I reset my password",
    "the wifi does not work",
)
# Few: the memory that these leave free is used by those that are counted.
WARM_UP_SOCKETS, WARM_UP_TURNS = 20, 40
# A whole heartbeat and a whole look at the database: what these leave behind is part of an idle socket.
SETTLE_SECONDS = 35.0
COLLECT_SECONDS = 1.0
OPENING_SECONDS = 300.0
TURN_SECONDS = 20.0


@dataclass(frozen=True)
class Memory:
    """Of one process, in bytes.

    Not its share of what it has in common with others: that changes with whatever else the machine starts.
    """

    resident: int
    own: int
    """Of these, what is no part of any file."""


@dataclass(frozen=True)
class SocketCost:
    """What was found."""

    sockets: int
    before: Memory
    after: Memory
    idle_ms: list[float]
    busy_ms: list[float]
    idle_processor: float
    """Share of one processor that the desk needs to keep them open while nobody says a word."""

    @property
    def bytes_each(self) -> float:
        return (self.after.resident - self.before.resident) / self.sockets

    def ratio(self, percent: int) -> float:
        """A turn's time beside the idle sockets, to its time without them."""
        return percentile(self.busy_ms, percent) / percentile(self.idle_ms, percent)


def memory_of(pid: int | str) -> Memory:
    """As the kernel counts it now."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    sizes = {name: int(size) * 1024 for name, size in re.findall(r"^(Rss|Anonymous): +(\d+) kB", text, re.M)}
    return Memory(sizes["Rss"], sizes["Anonymous"])


async def measure(desk: Processes, url: str, *, sockets: int, turns: int) -> SocketCost:
    """Turns without sockets, memory, the sockets, memory, turns beside them; and turns without them again.

    What the machine does meanwhile changes: the turns without are those before and those after.
    """
    pid = desk.pid("desk")
    async with holding(url, min(sockets, WARM_UP_SOCKETS)):
        await ask(url, WARM_UP_TURNS)
    idle = await ask(url, turns)
    before = await settled(pid)
    async with holding(url, sockets) as holder:
        started, used = time.monotonic(), sum(desk.cpu_seconds().values())
        await asyncio.sleep(SETTLE_SECONDS)
        processor = (sum(desk.cpu_seconds().values()) - used) / (time.monotonic() - started)
        after = await settled(pid)
        busy = await ask(url, 2 * turns)
        await holder.refuse_losses()
    idle += await ask(url, turns)
    return SocketCost(sockets, before, after, idle, busy, processor)


async def settled(pid: int) -> Memory:
    """What it holds after having let go of the rest."""
    os.kill(pid, COLLECT)
    await asyncio.sleep(COLLECT_SECONDS)
    return memory_of(pid)


async def ask(url: str, turns: int) -> list[float]:
    """Milliseconds from sending a line to having its answer, one after the other, in one conversation."""
    times = []
    async with DeskClient(url, SITE, language="en", transport="socket") as client:
        await client.open(new=True)
        for number in range(turns):
            started = time.perf_counter()
            ack = await client.send(QUESTIONS[number % len(QUESTIONS)])
            await client.turn_done(ack.turn or 0, TURN_SECONDS)
            times.append((time.perf_counter() - started) * 1e3)
    return times


class _Held:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def answer(self) -> str:
        assert self._process.stdout is not None  # noqa: S101 - piped below, for mypy
        return (await self._process.stdout.readline()).decode().strip()

    async def refuse_losses(self) -> None:
        """Sockets that are gone cost nothing: then nothing was measured."""
        assert self._process.stdin is not None  # noqa: S101 - piped below, for mypy
        self._process.stdin.write(b"?\n")
        if (said := await self.answer()) != "lost 0":
            raise BenchmarkFailed(f"of the idle sockets some did not stay open: {said}")


@contextlib.asynccontextmanager
async def holding(url: str, count: int) -> AsyncIterator[_Held]:
    """That many idle sockets, opened by another process.

    Raises:
        BenchmarkFailed: not all of them in time.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.widget.holder", url, str(count)),
        cwd=PROJECT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    held = _Held(process)
    try:
        async with asyncio.timeout(OPENING_SECONDS):
            said = await held.answer()
        if said != f"open {count}":
            raise BenchmarkFailed("the idle sockets could not be opened")
        yield held
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await process.wait()
