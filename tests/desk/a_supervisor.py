"""A supervisor in a process of its own, so that a test can send it signals or kill it.

    python -m tests.desk.a_supervisor LOGS NAME:PORT[:stop=SECONDS][:OPTION…] …

A child is killed when it has not stopped within a second, or within what is said. Prints what the
supervisor says, and `ready` once all children are.
"""

import asyncio
import sys
from pathlib import Path

from desk.supervision.backoff import Backoff
from desk.supervision.child import ChildSpec
from desk.supervision.health import answers_ok
from desk.supervision.supervise import Patience, SupervisionFailed, Supervisor
from desk.supervisor import only_loopback

QUICK = Patience(
    between_looks=0.05,
    between_probes=0.1,
    start=5.0,
    probe=0.3,
    probes_missed=3,
    backoff=lambda: Backoff(0.1, 0.4),
)


def spec(description: str) -> ChildSpec:
    name, port, *options = description.split(":")
    named = dict(option.partition("=")[::2] for option in options)
    return ChildSpec(
        name=name,
        command=(sys.executable, str(Path(__file__).with_name("a_child.py")), port, *options),
        environment={"PATH": "/usr/bin:/bin"},
        folder=Path.cwd(),
        is_healthy=answers_ok(f"http://127.0.0.1:{port}/"),
        exposed=only_loopback(name),
        stop_within=float(named.get("stop", 1)),
        needed=name == "needed",
    )


def say(line: str) -> None:
    print(line, flush=True)


async def main() -> None:
    specs = [spec(description) for description in sys.argv[2:]]
    supervisor = Supervisor(specs, logs=Path(sys.argv[1]), say=say, patience=QUICK)
    await supervisor.run(when_ready=lambda: say("ready"))


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except SupervisionFailed as failure:
        sys.exit(f"failed: {failure}")
