"""One run: people talk while faults happen; then everything is healed and the checkers look."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.nemesis import faults
from tests.nemesis.aim import Fault
from tests.nemesis.arena import QUIET_SECONDS, Arena, an_arena
from tests.nemesis.bundles import BROKEN
from tests.nemesis.checks import Evidence, violations
from tests.nemesis.evidence import collect
from tests.nemesis.installation import Ports, a_database, free_ports, install
from tests.nemesis.kills import DESK_KILLS, RASA_KILLS
from tests.nemesis.page_faults import PAGE_FAULTS
from tests.nemesis.people import Person
from tests.nemesis.surfers import Surfer
from tests.nemesis.surfing import surfing
from tests.nemesis.talker import Talker, chance

LANGUAGES = ("en", "en", "fr")
BACK_TO_NORMAL_SECONDS = 20.0
TRIES = 3


@dataclass(frozen=True)
class Plan:
    """What a run consists of; counts bound it, and the time limit is only a last resort."""

    backend: str
    seed: int
    messages: int
    lanes: Sequence[Sequence[Fault]]
    people: int = 6
    browsers: int = 0
    seconds: float = 900.0
    mutation: str | None = None
    ports: Ports = field(default_factory=free_ports)


@dataclass(frozen=True)
class Outcome:
    """What came of a run."""

    plan: Plan
    evidence: Evidence
    violations: list[str]
    counts: Counter[str]
    kills: Counter[tuple[str, str]]
    faults: Counter[str]
    missed: Counter[str]
    seconds: float


def plan(
    backend: str,
    seed: int,
    *,
    messages: int,
    kills: int,
    others: int = 1,
    browsers: int = 0,
    is_short: bool = False,
    seconds: float = 900.0,
) -> Plan:
    """The schedule of a seed: at least `kills` of each process, and every other fault `others` times.

    A short one leaves out what takes tens of seconds. With `browsers`, as many people use the widget.
    """
    rng = chance(seed)
    databases = faults.LOCK_FAULTS + (faults.POSTGRES_FAULTS if backend == "postgresql" else ())
    lanes = []
    for deadly, rest in (
        (DESK_KILLS, (databases + faults.REPEATS + faults.AGENT_FAULTS) * others),
        (RASA_KILLS, (faults.ACTION_FAULTS + faults.RASA_FAULTS) * others),
    ):
        lane = [
            *itertools.islice(itertools.cycle(deadly), kills),
            *(fault for fault in rest if not (is_short and fault.is_long)),
        ]
        rng.shuffle(lane)
        lanes.append(lane)
    if browsers:
        lane = list(PAGE_FAULTS * max(2, others))
        rng.shuffle(lane)
        lanes.append(lane)
    return Plan(backend, seed, messages, lanes, browsers=browsers, seconds=seconds)


async def run(plan: Plan, folder: Path, artefacts: Path, *, tell: Callable[[str], None]) -> Outcome:
    """Carry a plan out. Nothing is left running, whatever happens."""
    started = time.monotonic()
    with a_database(plan.backend, folder) as url:
        installation = install(folder / "var", artefacts, url, plan.ports, mutation=plan.mutation)
        async with an_arena(installation, chance(plan.seed)) as arena, asyncio.timeout(plan.seconds):
            async with _with_browsers(arena, plan, folder):
                await _act(arena, plan, tell)
            evidence = collect(arena)
    for proxy in (arena.to_rasa, arena.to_actions):
        arena.counts[f"calls to {proxy.name} tampered with"] = proxy.seen["tampered with"]
    return Outcome(
        plan,
        evidence,
        violations(evidence) + _unhealed(arena),
        arena.counts,
        arena.kills,
        arena.faults,
        arena.missed,
        time.monotonic() - started,
    )


@contextlib.asynccontextmanager
async def _with_browsers(arena: Arena, plan: Plan, folder: Path) -> AsyncIterator[None]:
    if not plan.browsers:
        yield
        return
    ports = arena.installation.ports
    mutation = plan.mutation if plan.mutation in BROKEN else None
    async with surfing(
        arena.database, desk=ports.web, wire=ports.wire, folder=folder, mutation=mutation
    ) as arena.surfing:
        yield


async def _act(arena: Arena, plan: Plan, tell: Callable[[str], None]) -> None:
    arena.people = [_talker(arena, plan, number) for number in range(plan.people + plan.browsers)]
    async with contextlib.AsyncExitStack() as stack:
        for person in arena.people:
            stack.push_async_callback(person.leave)
        await asyncio.gather(*(person.come_in(arena.installation.url) for person in arena.people))
        progress = _Progress(arena, plan)
        async with asyncio.TaskGroup() as group:
            for person in arena.people:
                group.create_task(person.speak(progress.is_enough, progress.pause))
            for lane in plan.lanes:
                group.create_task(_nemesis(arena, lane, progress, tell))
        tell("healing")
        try:
            await _heal(arena)
        except TimeoutError:
            arena.unquiet.append(f"RL-4 every turn ends: not everything was quiet within {QUIET_SECONDS:g} s")


def _talker(arena: Arena, plan: Plan, number: int) -> Talker:
    language = LANGUAGES[number % len(LANGUAGES)]
    rng = chance(plan.seed * 1000 + number)
    if number < plan.people:
        return Person(number, language, rng, arena.counts, arena.note_ack)
    return Surfer(number, language, rng, arena.counts, arena.note_ack, surfing=arena.surfing)


class _Progress:
    """Faults and lines end at about the same time: people slow down while they are ahead."""

    def __init__(self, arena: Arena, plan: Plan) -> None:
        self._arena, self._messages = arena, plan.messages
        self._total = sum(map(len, plan.lanes))
        self.done = 0

    def is_enough(self) -> bool:
        return self.done >= self._total and self._arena.acked >= self._messages

    def pause(self) -> float:
        expected = self._messages * self.done / max(1, self._total) + 20
        return 2.0 if self._arena.acked > expected else 0.4


async def _nemesis(
    arena: Arena, lane: Sequence[Fault], progress: _Progress, tell: Callable[[str], None]
) -> None:
    for fault in lane:
        await asyncio.sleep(arena.rng.uniform(0, 1.0))
        happened = await _happen(arena, fault)
        (arena.faults if happened else arena.missed)[fault.name] += 1
        progress.done += 1
        tell(f"{arena.acked:5d} lines  {fault.name}{'' if happened else ' (did not come to pass)'}")


async def _happen(arena: Arena, fault: Fault) -> bool:
    """Once, and again where the moment was missed; a kill happens in any case."""
    for _ in range(TRIES):
        await arena.desk.until_up()
        await arena.rasa.until_up()
        if await fault.run(arena):
            return True
    for process, deadly in ((arena.desk, DESK_KILLS), (arena.rasa, RASA_KILLS)):
        if fault in deadly:
            await process.until_up()
            arena.kill(process, "at random, the moment was missed")
    return False


async def _heal(arena: Arena) -> None:
    """No fault any more; within a minute everything is quiet, and then it works as on the first day."""
    for proxy in (arena.to_rasa, arena.to_actions):
        proxy.heal()
    if arena.surfing is not None:
        arena.surfing.wire.refuses_sockets = False
    await asyncio.gather(*arena.errands, *(person.calm() for person in arena.people))
    for person in arena.people:
        await arena.give_back(person.conversation)
    await arena.until_quiet()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(BACK_TO_NORMAL_SECONDS):
            while not await _is_back(arena):  # noqa: ASYNC110 - asks other processes
                await asyncio.sleep(1)
    await arena.until_quiet()


async def _is_back(arena: Arena) -> bool:
    answered = arena.to_rasa.seen["status 200"]
    for person in arena.people:
        await person.say("talk")
    await arena.until_quiet()
    arena.counts["conversations answered by Rasa at the end"] = arena.to_rasa.seen["status 200"] - answered
    return arena.counts["conversations answered by Rasa at the end"] >= len(arena.people)


def _unhealed(arena: Arena) -> list[str]:
    answered = arena.counts["conversations answered by Rasa at the end"]
    if answered >= len(arena.people):
        return arena.unquiet
    return [
        *arena.unquiet,
        f"F7 back to normal: Rasa answered {answered} of {len(arena.people)} conversations at the end",
    ]
