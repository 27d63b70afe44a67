"""One supervisor for one `var` folder: two would write into the same files and fight for the same ports."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunning(Exception):
    """Another supervisor holds the folder; the text names its process."""


@contextmanager
def only_one(var: Path) -> Iterator[None]:
    """Hold the folder. The kernel lets go of it when this process ends, however it ends."""
    var.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = var / "guichet.lock"
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(_who(path, var)) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def holder(var: Path) -> int | None:
    """The process id of the supervisor that holds this folder now, or None."""
    path = var / "guichet.lock"
    if not path.exists():
        return None
    with path.open(encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(file.read().strip() or 0)
    return None


def _who(path: Path, var: Path) -> str:
    pid = path.read_text(encoding="ascii").strip() or "unknown"
    return (
        f"Guichet already runs with {var} (process {pid}); stop that one first, or set another GUICHET_VAR."
    )
