"""One child process: started in a session of its own, its output carried to a log, stopped for good."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from desk.supervision.launch import dies_with_parent
from desk.supervision.logs import Pump, RotatingLog
from desk.supervision.ports import Listener


@dataclass(frozen=True)
class ChildSpec:
    """What to run and how to see that it is well."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    is_healthy: Callable[[], Awaitable[bool]]
    # The sentence that stops everything when a socket it listens on is not where it must be.
    exposed: Callable[[frozenset[Listener]], str | None] = field(default=lambda listeners: None)
    stop_within: float = 3.0  # seconds between asking it to end and killing it
    needed: bool = False  # without it there is no product: not ready after a few starts, everything stops


class Child:
    """A running process."""

    def __init__(self, spec: ChildSpec, process: asyncio.subprocess.Process, pump: Pump) -> None:
        self.spec = spec
        self.pump = pump
        self._process = process
        self._started = time.monotonic()
        self._carrying = asyncio.create_task(pump.carry(process.stdout or asyncio.StreamReader()))

    @classmethod
    async def start(cls, spec: ChildSpec, log: RotatingLog, say: Callable[[str], None]) -> "Child":
        process = await asyncio.create_subprocess_exec(
            *spec.command,
            cwd=spec.folder,
            env=dict(spec.environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            # Ctrl-C reaches the whole foreground group; the children are stopped in order instead.
            start_new_session=True,
            preexec_fn=dies_with_parent(),
        )
        return cls(spec, process, Pump(spec.name, log, say))

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def lived(self) -> float:
        return time.monotonic() - self._started

    async def ended(self) -> str:
        """Wait for its end, and say how it was."""
        code = await self._process.wait()
        self._signal(signal.SIGKILL)  # whatever it started and left behind
        await self._drained()
        return how_it_ended(code, self.pump.last[-1] if self.pump.last else "")

    async def stop(self) -> None:
        """Ask it to end, then insist. Cancelled, it insists at once."""
        try:
            self._signal(signal.SIGTERM)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), self.spec.stop_within)
        finally:
            self._signal(signal.SIGKILL)
        await self._process.wait()
        await self._drained()

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    async def _drained(self) -> None:
        """Its last words; a stranger that inherited the pipe must not keep us."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._carrying, 0.5)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


def how_it_ended(code: int, last_line: str) -> str:
    """In words: `exit code 1: «last line»`, `killed by SIGKILL`."""
    if code < 0:
        try:
            return f"killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"killed by signal {-code}"
    return f"exit code {code}" + (f": {last_line[:200]}" if last_line and code else "")
