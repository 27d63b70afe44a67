"""The long run by hand: `python -m tests.nemesis --messages 1000 --kills 20 --database sqlite --seed 1`."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.nemesis.bundles import BROKEN
from tests.nemesis.installation import BACKENDS, free_ports
from tests.nemesis.mutant import MUTATIONS
from tests.nemesis.report import report
from tests.nemesis.run import plan, run
from tests.requirements import ARTEFACTS


def main() -> int:
    """0 when every promise was kept."""
    wanted = _arguments()
    seed = wanted.seed if wanted.seed is not None else time.time_ns() % 1_000_000
    print(f"seed {seed}", flush=True)
    chosen = dataclasses.replace(
        plan(
            wanted.database,
            seed,
            messages=wanted.messages,
            kills=wanted.kills,
            others=wanted.others,
            browsers=wanted.browsers,
        ),
        people=wanted.people,
        mutation=wanted.mutate,
        ports=free_ports(wanted.port),
        seconds=wanted.minutes * 60,
    )
    folder = Path(wanted.folder or tempfile.mkdtemp(prefix="guichet-nemesis-"))
    folder.mkdir(parents=True, exist_ok=True)
    outcome = asyncio.run(run(chosen, folder, wanted.artefacts, tell=lambda line: print(line, flush=True)))
    print(report(outcome))
    if outcome.violations:
        print(f"\neverything of this run is in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.nemesis", description=__doc__)
    parser.add_argument("--messages", type=int, default=1000, help="lines to have acknowledged, at least")
    parser.add_argument("--kills", type=int, default=20, help="of each process")
    parser.add_argument("--others", type=int, default=1, help="how often each other fault happens")
    parser.add_argument("--database", choices=BACKENDS, default="sqlite")
    parser.add_argument("--seed", type=int)
    parser.add_argument(
        "--mutate", choices=(*MUTATIONS, *BROKEN), help="take a protection out; the run must then fail"
    )
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--browsers", type=int, default=0, help="people who use the widget, two pages each")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--port", type=int, help="the first of seven; any that are free without it")
    parser.add_argument("--folder", help="an empty folder to work in; a new one without it")
    parser.add_argument("--artefacts", type=Path, default=ARTEFACTS, help="a var folder with trained models")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
