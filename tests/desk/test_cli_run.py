"""`guichet run` for real: the desk, and Rasa where its environment is there."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from desk.settings.reading import load
from desk.settings.values import PROJECT, Settings
from desk.supervision.ports import listeners
from tests.requirements import ARTEFACTS

PATIENCE = 60.0


class Product:
    """A running `guichet run`."""

    def __init__(self, settings: Settings, out: Path) -> None:
        self.settings = settings
        self._out = out
        environ = {name: value for name, value in os.environ.items() if not name.startswith("GUICHET_")}
        with out.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-c", "from desk.cli.main import main; main()", "run"],
                cwd=PROJECT,
                env={**environ, **settings.environment(), "A_SECRET_OF_THE_MACHINE": "x"},
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self._out.read_text()

    def wait_for(self, text: str, times: int = 1) -> None:
        wait_until(lambda: self.said().count(text) >= times, self.said)

    def child(self, name: str) -> psutil.Process:
        module = {"desk": "desk.serve", "rasa": "bot.rasa_extensions.launcher"}[name]
        return next(p for p in psutil.Process(self.process.pid).children() if module in p.cmdline())

    def is_healthy(self) -> bool:
        try:
            address = f"{self.settings.local_url}/healthz"
            with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310 - our own, http
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def wait_until(condition: Callable[[], bool], explain: Callable[[], str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.05)


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def ports() -> dict[str, str]:
    names = ("PORT", "RASA_PORT", "ACTIONS_PORT", "DEMO_PORT")
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in names]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return {f"GUICHET_{name}": str(p.getsockname()[1]) for name, p in zip(names, probes, strict=True)}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Product]]:
    started: list[Product] = []

    def begin(**environ: str) -> Product:
        settings = load({"GUICHET_VAR": str(tmp_path / "var"), **ports(), **environ})
        started.append(Product(settings, tmp_path / "out"))
        return started[-1]

    yield begin
    for product in started:
        product.process.kill()  # its children die with it
        product.process.wait()


def test_the_desk_runs_without_rasa_comes_back_and_stops_clean(start: Callable[..., Product]) -> None:
    product = start(GUICHET_ASSISTANT="none", GUICHET_ENCODER="none")
    product.wait_for("Guichet is ready")
    assert product.is_healthy()
    product.wait_for(f"try it            {product.settings.demo_url}\n  talk to it")
    with urllib.request.urlopen(product.settings.demo_url, timeout=5) as page:  # noqa: S310 - our own, http
        assert b'data-site="demo"' in page.read()
    first = product.child("desk")

    first.kill()

    product.wait_for("desk ended (killed by SIGKILL); starting it again in 0.5 s")
    product.wait_for("desk … ready", times=2)
    assert product.is_healthy()
    second = product.child("desk")

    began = time.monotonic()
    product.process.send_signal(signal.SIGINT)

    assert product.process.wait(PATIENCE) == 0
    assert time.monotonic() - began < 10
    assert is_gone(second)


@pytest.mark.alone
@pytest.mark.requires("rasa", "encoder")
def test_rasa_runs_contained_and_nobody_outlives_the_supervisor(
    start: Callable[..., Product], tmp_path: Path
) -> None:
    for made in ("models", "responses", "stamps"):
        shutil.copytree(ARTEFACTS / made, tmp_path / "var" / made)
    product = start()
    product.wait_for("Guichet is ready")
    rasa, desk = product.child("rasa"), product.child("desk")

    environ = rasa.environ()
    assert set(environ) - {"LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ"} == {
        "PATH",
        "GUICHET_RASA_SECRET",
        "GUICHET_ACTIONS_SECRET",
        "GUICHET_ACTIONS_URL",
        "GUICHET_ACTION_SECONDS",
        "GUICHET_RASA_SESSION_MINUTES",
        "GUICHET_ENCODER_FOLDER",
        "GUICHET_ENCODER_MULTILINGUAL_FOLDER",
        "RASA_TELEMETRY_ENABLED",
        "PYTHONUNBUFFERED",
    }
    assert "A_SECRET_OF_THE_MACHINE" not in desk.environ()
    assert [str(each) for each in listeners(rasa.pid)] == [f"127.0.0.1:{product.settings.rasa_port}"]
    assert {each.port for each in listeners(desk.pid) if each.is_loopback} == {
        product.settings.port,
        product.settings.actions_port,
        product.settings.demo_port,
    }

    product.process.kill()
    product.process.wait()

    wait_until(lambda: is_gone(rasa) and is_gone(desk), lambda: "a child outlived its supervisor")
