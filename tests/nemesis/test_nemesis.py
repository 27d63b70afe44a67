"""Short runs of the nemesis: what was promised holds, and each protection taken out is noticed.

The long run is by hand: `python -m tests.nemesis --messages 1000 --kills 20 --database sqlite`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.nemesis import faults
from tests.nemesis.aim import Fault
from tests.nemesis.kills import RASA_KILLS
from tests.nemesis.page_faults import PAGE_FAULTS
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


# Without a browser's side taken out nothing is lost there, with it the run says what is.
PAGE_MUTATIONS = {
    "resend": ("WW-14 typed is sent", "a page's line into a dead connection"),
    "keeping": ("WW-14 typed is sent", "a page opened again with a line on its way"),
    "gap": ("WW-12 pages show the ledger", "answers while a page is cut off"),
}


@pytest.mark.requires("chromium")
async def test_pages_in_browsers_show_what_is_on_file_whatever_is_killed(tmp_path: Path) -> None:
    chosen = plan("sqlite", 21, messages=30, kills=2, others=0, browsers=2, is_short=True, seconds=SECONDS)

    outcome = await run(replace(chosen, people=1), tmp_path, ARTEFACTS, tell=print)

    print(report(outcome))
    assert outcome.violations == []
    assert sum(outcome.kills.values()) >= 4
    assert len(outcome.evidence.pages) == 3
    assert len(outcome.evidence.typed) >= 6


@pytest.mark.requires("chromium")
@pytest.mark.parametrize("mutation", list(PAGE_MUTATIONS))
async def test_a_protection_taken_out_of_the_widget_is_noticed(
    mutation: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A page that never catches up is not waited for any longer than it takes one that does.
    monkeypatch.setattr("tests.nemesis.arena.QUIET_SECONDS", 15.0)
    broken, name = PAGE_MUTATIONS[mutation]
    lane = _named(PAGE_FAULTS, *[name] * 3)
    # The second one has one page only: nobody mends what it does wrong.
    chosen = Plan("sqlite", 7, 3, (lane,), people=1, browsers=1, seconds=SECONDS, mutation=mutation)

    outcome = await run(chosen, tmp_path, ARTEFACTS, tell=print)

    print(report(outcome))
    assert any(violation.startswith(broken) for violation in outcome.violations)


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
