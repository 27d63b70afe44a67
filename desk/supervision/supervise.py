"""Keeps children running until it is told to stop."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from desk.supervision.backoff import Backoff
from desk.supervision.child import Child, ChildSpec
from desk.supervision.logs import RotatingLog
from desk.supervision.ports import listeners

STARTS_BEFORE_GIVING_UP = 5


class SupervisionFailed(Exception):
    """Everything was stopped; the text says why."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for what, in seconds."""

    between_looks: float = 0.2  # while it starts
    between_probes: float = 5.0  # once it runs
    start: float = 120.0
    probe: float = 5.0
    probes_missed: int = 6  # in a row, then it hangs and is started again
    backoff: Callable[[], Backoff] = field(default=Backoff)


class Supervisor:
    """Starts the children, restarts each that dies or hangs, and stops them in the order given."""

    def __init__(
        self,
        specs: Sequence[ChildSpec],
        *,
        logs: Path,
        say: Callable[[str], None],
        log_size: int = 10_000_000,
        log_files: int = 5,
        patience: Patience | None = None,
    ) -> None:
        self._specs = specs
        self._say = say
        self._patience = patience or Patience()
        self._logs = {
            spec.name: RotatingLog(logs / f"{spec.name}.log", log_size, log_files) for spec in specs
        }
        self._children: dict[str, Child] = {}
        self._ready: set[str] = set()
        self._stop_asked = asyncio.Event()
        self._hurry = asyncio.Event()
        self._all_ready = asyncio.Event()

    async def run(self, when_ready: Callable[[], None]) -> None:
        """Returns after a stop that was asked for (SIGINT, SIGTERM, SIGHUP); nothing is left running then."""
        self._listen_to_signals()
        stop_asked = asyncio.create_task(self._stop_asked.wait())
        announce = asyncio.create_task(self._announce(when_ready))
        keepers = [asyncio.create_task(self._keep(spec)) for spec in self._specs]
        try:
            done, _ = await asyncio.wait({stop_asked, *keepers}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (announce, stop_asked, *keepers):
                task.cancel()
            await asyncio.gather(announce, stop_asked, *keepers, return_exceptions=True)
            await self._stop_all()
        for task in done - {stop_asked}:
            task.result()

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._ask_to_stop)

    def _ask_to_stop(self) -> None:
        if self._stop_asked.is_set():
            self._hurry.set()
            return
        self._say("stopping … (again: at once)")
        self._stop_asked.set()

    async def _announce(self, when_ready: Callable[[], None]) -> None:
        await self._all_ready.wait()
        when_ready()

    async def _keep(self, spec: ChildSpec) -> None:
        backoff = self._patience.backoff()
        starts = 0
        while True:
            starts += 1
            child = await Child.start(spec, self._logs[spec.name], self._say)
            self._children[spec.name] = child
            reason = await self._life(child)
            if spec.needed and spec.name not in self._ready and starts >= STARTS_BEFORE_GIVING_UP:
                raise SupervisionFailed(
                    f"{spec.name} did not become ready in {starts} starts ({reason}); "
                    f"see {self._logs[spec.name].path}."
                )
            pause = backoff.after_life_of(child.lived)
            self._say(f"{spec.name} ended ({reason}); starting it again in {pause:g} s")
            await asyncio.sleep(pause)

    async def _life(self, child: Child) -> str:
        """Until it ends or has to be ended; why, in words."""
        ended = asyncio.create_task(child.ended())
        watched = asyncio.create_task(self._watch(child))
        try:
            await asyncio.wait({ended, watched}, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                return ended.result()
            why = watched.result()  # or raises: it is exposed, and everything has to stop
            await child.stop()
            return why
        finally:
            for task in (ended, watched):
                task.cancel()
            await asyncio.gather(ended, watched, return_exceptions=True)

    async def _watch(self, child: Child) -> str:
        """Why it has to be ended although it runs."""
        patience = self._patience
        while not await self._is_healthy(child):
            if child.lived > patience.start:
                return f"not ready within {patience.start:g} s"
            await asyncio.sleep(patience.between_looks)
        self._say(f"{child.spec.name} … ready ({child.lived:.1f} s)")
        self._ready.add(child.spec.name)
        if len(self._ready) == len(self._specs):
            self._all_ready.set()
        missed = 0
        while missed < patience.probes_missed:
            await asyncio.sleep(patience.between_probes)
            missed = 0 if await self._is_healthy(child) else missed + 1
        return f"it did not answer {missed} health checks in a row"

    async def _is_healthy(self, child: Child) -> bool:
        # Looked at while it starts too: an open door is closed before it answers its first question.
        if why := child.spec.exposed(listeners(child.pid)):
            child.kill()
            raise SupervisionFailed(why)
        with suppress(TimeoutError):
            return await asyncio.wait_for(child.spec.is_healthy(), self._patience.probe)
        return False

    async def _stop_all(self) -> None:
        stopping = asyncio.create_task(self._stop_in_order())
        hurry = asyncio.create_task(self._hurry.wait())
        await asyncio.wait({stopping, hurry}, return_when=asyncio.FIRST_COMPLETED)
        if not stopping.done():
            for child in self._children.values():
                child.kill()
        await stopping
        hurry.cancel()
        for log in self._logs.values():
            log.close()

    async def _stop_in_order(self) -> None:
        for spec in self._specs:
            if child := self._children.get(spec.name):
                await child.stop()
