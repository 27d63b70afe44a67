"""Finds the two Pythons that Guichet needs, by running them.

A name proves nothing: under pyenv `python3.12` may be a shim for a version that is not there, and in a
folder with a `.python-version` file `python3` may be any version. So every candidate is asked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Sequence

PROBE = "import sys; print('%d.%d.%d' % sys.version_info[:3]); print(sys.executable); print(sys.prefix)"


class InterpreterMissing(Exception):
    """No suitable Python; the text says what to install."""


@dataclass(frozen=True)
class Interpreter:
    path: str
    version: str

    @property
    def minor(self) -> str:
        return ".".join(self.version.split(".")[:2])


def ask(command: str) -> Interpreter | None:
    """What this command really is, or None if it does not run."""
    try:
        done = subprocess.run([command, "-c", PROBE], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.splitlines()
    if done.returncode != 0 or len(lines) != 3:
        return None
    # Not a shim, and not a virtual environment that may be gone tomorrow: the real file.
    return Interpreter(os.path.realpath(lines[1]), lines[0])


def find(minors: Sequence[str], wish: str | None, variable: str) -> Interpreter:
    """The first candidate of these minor versions, tried in their order; a wish is not replaced by another.

    `variable` is the name of the make variable with which an operator states a wish.
    """
    if wish:
        found = ask(wish)
        if found is None:
            raise InterpreterMissing(f"{variable}={wish} does not run.")
        if found.minor not in minors:
            raise InterpreterMissing(
                f"{variable}={wish} is Python {found.version}; Guichet needs {_listed(minors)} there."
            )
        return found
    # What the operator has on the PATH comes before what lies in a tool's folder, whatever its version.
    for source in (_of_the_path, _of_pyenv, _of_uv):
        for minor in minors:
            for command in source(minor):
                found = ask(command)
                if found is not None and found.minor == minor:
                    return found
    raise InterpreterMissing(_advice(minors, variable))


def _of_the_path(minor: str) -> Iterator[str]:
    if on_path := shutil.which("python" + minor):
        yield on_path
    yield from _of_the_system(minor)


def _of_the_system(minor: str) -> Iterator[str]:
    """Behind a shim on the PATH there may be a Python of the system."""
    for folder in ("/usr/local/bin", "/usr/bin", "/opt/homebrew/bin"):
        candidate = os.path.join(folder, "python" + minor)
        if os.path.exists(candidate):
            yield candidate


def _of_pyenv(minor: str) -> Iterator[str]:
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    versions = (root / "versions").glob(minor + ".*")
    for folder in sorted(versions, key=_patch, reverse=True):
        yield str(folder / "bin" / "python")


def _patch(folder: Path) -> int:
    last = folder.name.rpartition(".")[2]
    return int(last) if last.isdigit() else -1


def _of_uv(minor: str) -> Iterator[str]:
    """uv is asked for what it has: it must not download a Python unasked."""
    uv = shutil.which("uv")
    if uv is None:
        return
    command = [uv, "python", "find", "--no-python-downloads", minor]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return
    if done.returncode == 0 and done.stdout.strip():
        yield done.stdout.strip()


def _listed(minors: Sequence[str]) -> str:
    return minors[0] if len(minors) == 1 else ", ".join(minors[:-1]) + " or " + minors[-1]


def _advice(minors: Sequence[str], variable: str) -> str:
    newest = minors[0]
    return (
        f"Python {_listed(minors)} was not found: install it, for example with `pyenv install {newest}` or "
        f"`uv python install {newest}`, or name one with {variable}=PATH."
    )
