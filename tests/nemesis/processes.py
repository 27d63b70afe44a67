"""A process that is killed on purpose and started again, with a record of when it was up."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from desk.supervision.child import ChildSpec
from desk.supervision.launch import dies_with_parent

START_SECONDS = 90.0
LOOK_SECONDS = 0.05


@dataclass
class Life:
    """From the moment it answers until it is gone."""

    ready: datetime
    ended: datetime | None = None


class KeptProcess:
    """Killed only by us: an end that nobody ordered is on record as one."""

    def __init__(self, spec: ChildSpec, log: Path) -> None:
        self.spec = spec
        self.lives: list[Life] = []
        self.deaths_of_its_own: list[str] = []
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._up = asyncio.Event()
        self._comeback: asyncio.Task[None] | None = None
        self._is_expected_to_end = False

    @property
    def is_up(self) -> bool:
        return self._up.is_set()

    async def until_up(self) -> None:
        """Wait until it answers."""
        await asyncio.wait_for(self._up.wait(), START_SECONDS)

    async def start(self) -> None:
        """Start it and wait until it answers."""
        self._is_expected_to_end = False
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self.spec.command,
                cwd=self.spec.folder,
                env=dict(self.spec.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dies_with_parent(),
            )
        watch = asyncio.create_task(self._watch(self._process))
        async with asyncio.timeout(START_SECONDS):
            while not await self.spec.is_healthy():
                if watch.done():
                    raise RuntimeError(f"{self.spec.name} did not start; see {self._log}")
                await asyncio.sleep(LOOK_SECONDS)
        self.lives.append(Life(datetime.now(UTC)))
        self._up.set()

    def kill(self, *, away: float) -> bool:
        """`kill -9`, and start it again after `away` seconds; False when it is not up."""
        if not self.is_up:
            return False
        self._end()
        self._comeback = asyncio.create_task(self._come_back(away))
        return True

    async def stop(self) -> None:
        """For good."""
        if self._comeback is not None:
            self._comeback.cancel()
            await asyncio.gather(self._comeback, return_exceptions=True)
        self._end()
        if self._process is not None:
            await self._process.wait()

    def _end(self) -> None:
        self._is_expected_to_end = True
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        if self.is_up:
            self.lives[-1].ended = datetime.now(UTC)
            self._up.clear()

    async def _come_back(self, away: float) -> None:
        if self._process is not None:
            await self._process.wait()
        await asyncio.sleep(away)
        await self.start()

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        code = await process.wait()
        if not self._is_expected_to_end and process is self._process:
            self.deaths_of_its_own.append(f"{self.spec.name} ended by itself with code {code}")
