"""Short runs of the nemesis: what was promised holds, and each protection taken out is noticed.

The long run is by hand: `python -m tests.nemesis --messages 1000 --kills 20 --database sqlite`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.nemesis import faults
from tests.nemesis.aim import Fault
from tests.nemesis.kills import RASA_KILLS
from tests.nemesis.report import report
from tests.nemesis.run import Plan, plan, run
from tests.requirements import ARTEFACTS

pytestmark = [pytest.mark.alone, pytest.mark.requires("rasa", "encoder")]

SECONDS = 180


def _named(faults_: Sequence[Fault], *names: str) -> list[Fault]:
    found = [fault for name in names for fault in faults_ if fault.name == name]
    assert len(found) == len(names)
    return found


@pytest.mark.parametrize(
    "backend", ["sqlite", pytest.param("postgresql", marks=pytest.mark.requires("postgres"))]
)
async def test_what_was_promised_holds_whatever_is_killed(backend: str, tmp_path: Path) -> None:
    chosen = plan(backend, 20, messages=120, kills=4, is_short=True, seconds=SECONDS)

    outcome = await run(chosen, tmp_path, ARTEFACTS, tell=print)

    print(report(outcome))
    assert outcome.violations == []
    killed = {
        name: sum(n for (process, _), n in outcome.kills.items() if process == name)
        for name in ("desk", "rasa")
    }
    assert min(killed.values()) >= 4
    assert len({ack.client_id for ack in outcome.evidence.acked}) >= 120


MUTATIONS = {
    "unique-key": ("RL-2 once in the record", faults.REPEATS),
    "speaker-check": (
        "RL-7 one speaker",
        _named(faults.AGENT_FAULTS, "agent takes over while an answer is on its way"),
    ),
    "effect-key": (
        "RL-5 effects at most once",
        _named(
            (*faults.ACTION_FAULTS, *RASA_KILLS),
            "F5 ticket opened, action answers 500",
            "F5 comment added, action answers 500",
            "F4 ticket opened by button, answer not read",
        ),
    ),
}


@pytest.mark.parametrize("mutation", list(MUTATIONS))
async def test_a_protection_taken_out_is_noticed(mutation: str, tmp_path: Path) -> None:
    broken, lane = MUTATIONS[mutation]
    chosen = Plan("sqlite", 7, 5, (lane,), people=2, seconds=SECONDS, mutation=mutation)

    outcome = await run(chosen, tmp_path, ARTEFACTS, tell=print)

    print(report(outcome))
    assert any(violation.startswith(broken) for violation in outcome.violations)


async def test_the_same_faults_do_no_harm_with_every_protection_in(tmp_path: Path) -> None:
    lanes = [lane for _, lane in MUTATIONS.values()]
    chosen = Plan("sqlite", 7, 5, lanes, people=2, seconds=SECONDS)

    outcome = await run(chosen, tmp_path, ARTEFACTS, tell=print)

    assert outcome.violations == []
