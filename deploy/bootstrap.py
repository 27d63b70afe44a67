"""Makes the two environments: `.venv` for the desk, `.venv-rasa` for Rasa.

    python3 -m deploy.bootstrap [desk] [rasa] [--python PATH] [--rasa-python PATH]

Runs on any Python from 3.8, before anything is installed. An environment whose stamp says that it was made
from the same pins by the same Python is left alone; one that was left half-made is repaired.
"""

from __future__ import annotations

import argparse
import fcntl
import sys
import threading
import time
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

from deploy.environments import DESK, RASA, Environment, SetupFailed, stop_installing
from deploy.interpreters import InterpreterMissing

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="deploy.bootstrap", description=__doc__.splitlines()[0])
    parser.add_argument("which", nargs="*", metavar="desk|rasa", help="both when none is named")
    parser.add_argument("--python", default=None, help="the Python (3.11 to 3.13) for the desk")
    parser.add_argument("--rasa-python", default=None, help="the Python (3.10) for Rasa")
    options = parser.parse_args(arguments)
    wishes = {"desk": options.python, "rasa": options.rasa_python}
    known = {"desk": DESK, "rasa": RASA}
    if unknown := sorted(set(options.which) - set(known)):
        parser.error(f"{unknown[0]} is not an environment; there are desk and rasa")
    try:
        with _alone():
            failed = side_by_side([(known[name], wishes[name] or None) for name in options.which or known])
    except KeyboardInterrupt:
        stop_installing()
        print("set-up: interrupted; the next run goes on from here", file=sys.stderr)
        return 130
    for error in failed:
        print(f"set-up: {error}", file=sys.stderr)
    return 1 if failed else 0


def side_by_side(wanted: Sequence[Tuple[Environment, Optional[str]]]) -> List[Exception]:
    """Set environments up at once, as pip uses one processor; what stood in the way of some of them.

    One that cannot be made does not stop the other: it is done when that is mended.
    """
    failed: List[Exception] = []

    def work(environment: Environment, wish: Optional[str]) -> None:
        try:
            set_up(environment, wish)
        except (InterpreterMissing, SetupFailed) as error:
            failed.append(error)
        except Exception as error:  # noqa: BLE001 - a thread's error would be a traceback and a success
            failed.append(SetupFailed(f"{environment.folder.name} cannot be made: {error!r}"))

    # Daemons: whoever interrupts does not wait for them.
    threads = [threading.Thread(target=work, args=each, daemon=True) for each in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


def set_up(environment: Environment, wish: str | None) -> None:
    started = time.monotonic()
    if version := environment.is_ready(wish):
        say(f"environment {environment.folder.name} … ready (skipped: unchanged, Python {version})")
        return
    environment.make(wish, say)
    took = time.monotonic() - started
    say(f"environment {environment.folder.name} … ready ({took:.0f} s)")


def say(line: str) -> None:
    # In one piece: two of them speak.
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class _alone:
    """Two set-ups at once (`make run` and `make test`) would install over each other: one waits."""

    def __enter__(self) -> None:
        (ROOT / "build").mkdir(exist_ok=True)
        self._file = open(ROOT / "build" / "setup.lock", "w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is running in this folder; waiting for it …")
            fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self._file.close()


if __name__ == "__main__":
    sys.exit(main())
