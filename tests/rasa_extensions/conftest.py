"""One small model, trained once and kept by what it was made from; one Rasa process and one action server."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from bot.rasa_extensions.model_file import MODEL_NAME, digest_path
from tests.rasa_extensions.fake_actions import ACTIONS_SECRET, FakeActions
from tests.rasa_extensions.rasa_process import ROOT, RasaProcess, new_id

PROJECT = Path(__file__).parent / "project"
KEPT = ROOT / "build" / "test" / "rasa-extensions"
PORTS = range(5105, 5120)
ACTION_PORTS = range(5205, 5220)


def trained(project: Path, encoders: Mapping[str, str] | None = None) -> Path:
    """The model of a small project, trained unless the same was trained before.

    Args:
        encoders: the folders of the encoders, by the variables that name them to Rasa.
    """
    encoders = encoders or {}
    folder = KEPT / _digest(project, encoders)
    model = folder / MODEL_NAME
    if not digest_path(model).is_file():
        command = [sys.executable, "-m", "bot.rasa_extensions.training", "--out", str(folder)]
        command += ["--config", str(project / "config.yml"), "--domain", str(project / "domain.yml")]
        command += ["--data", str(project / "nlu"), str(project / "rules")]
        environ = {"PATH": os.environ["PATH"], **encoders}
        done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return model


def _digest(project: Path, encoders: Mapping[str, str]) -> str:
    parts = [*sorted(project.rglob("*.yml")), *sorted((ROOT / "bot" / "rasa_extensions").glob("*.py"))]
    if encoders:
        parts.append(ROOT / "knowledge" / "encoder" / "runtime.py")
        parts += [Path(folder, "manifest.json") for _, folder in sorted(encoders.items())]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in parts)).hexdigest()[:16]


def free_port(ports: range) -> int:
    """The first of the ports that nobody listens on."""
    for port in ports:
        with socket.socket() as candidate:
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError(f"no free port in {ports}")


@pytest.fixture(scope="session")
def model() -> Path:
    """Trained without an encoder, so that it needs nothing but this environment."""
    return trained(PROJECT)


@pytest.fixture(scope="session")
def actions() -> Iterator[FakeActions]:
    server = FakeActions(free_port(ACTION_PORTS))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def launch(
    model: Path, actions: FakeActions, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., RasaProcess]]:
    """Starts Rasa processes; whatever still runs at the end is killed."""
    started: list[RasaProcess] = []

    def start(*, of: Path = model, tracker_db: str = "", **settings: str) -> RasaProcess:
        process = RasaProcess(
            model=of,
            port=free_port(PORTS),
            actions_url=actions.url,
            actions_secret=ACTIONS_SECRET,
            folder=tmp_path_factory.mktemp("rasa"),
            tracker_db=tracker_db,
            settings=settings,
        )
        started.append(process)
        return process.start()

    yield start
    for process in started:
        if process.process is not None and process.process.poll() is None:
            process.kill()


@pytest.fixture(scope="session")
def rasa(launch: Callable[..., RasaProcess]) -> RasaProcess:
    """The process that most tests share, each with a sender of its own."""
    return launch()


@pytest.fixture
def sender() -> str:
    return new_id()


@pytest.fixture
def turn_id() -> str:
    return new_id()
