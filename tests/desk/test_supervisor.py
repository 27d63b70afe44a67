"""The supervisor with real processes: what it restarts, what it says, and that it leaves nobody behind."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.ports import a_free_port

PATIENCE = 15.0  # seconds, for a machine that does many things at once

Start = Callable[..., "Running"]


class Running:
    """A supervisor process and what it has said so far."""

    def __init__(self, folder: Path, *children: str) -> None:
        self.said = folder / "said"
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.desk.a_supervisor", str(folder / "logs"), *children],
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.seen: set[psutil.Process] = set()

    def text(self) -> str:
        return self.said.read_text()

    def wait_for(self, pattern: str, times: int = 1) -> None:
        wait_until(
            lambda: len(re.findall(pattern, self.text())) >= times, lambda: f"no {pattern!r} in {self.text()}"
        )
        self.family()

    def family(self) -> set[psutil.Process]:
        """Every process it has had so far."""
        self.seen |= set(psutil.Process(self.process.pid).children(recursive=True))
        return self.seen

    def child(self, name: str, port: int) -> psutil.Process:
        return next(p for p in psutil.Process(self.process.pid).children() if str(port) in p.cmdline())

    def orphans(self) -> list[psutil.Process]:
        return [p for p in self.seen if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def wait_until(condition: Callable[[], bool], complaint: Callable[[], str] = lambda: "too late") -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, complaint()
        time.sleep(0.02)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Running] = []

    def begin(*children: str) -> Running:
        folder = tmp_path / str(len(started))
        folder.mkdir()
        started.append(Running(folder, *children))
        return started[-1]

    yield begin
    for running in started:
        running.process.kill()
        running.process.wait()
        for process in running.orphans():
            process.kill()


@pytest.fixture
def port() -> int:
    return a_free_port()


def test_a_killed_child_is_started_again_and_the_reason_is_said(start: Start, port: int) -> None:
    running = start(f"desk:{port}")
    running.wait_for("^ready$|\nready\n")

    running.child("desk", port).kill()

    running.wait_for(r"desk ended \(killed by SIGKILL\); starting it again in 0\.1 s")
    running.wait_for(r"desk … ready", times=2)


def test_each_death_in_a_row_waits_longer_up_to_a_limit(start: Start, port: int) -> None:
    running = start(f"desk:{port}:exit=3:say=no such table")

    running.wait_for(r"exit code 3: no such table\); starting it again in 0\.4 s", times=2)

    pauses = re.findall(r"again in ([\d.]+) s", running.text())
    assert pauses[:4] == ["0.1", "0.2", "0.4", "0.4"]


def test_a_child_that_hangs_is_started_again(start: Start, port: int) -> None:
    running = start(f"rasa:{port}")
    running.wait_for("\nready\n")

    running.child("rasa", port).suspend()

    running.wait_for(r"rasa ended \(it did not answer 3 health checks in a row\)")
    running.wait_for(r"rasa … ready", times=2)


def test_the_product_gives_up_when_a_needed_child_never_becomes_ready(start: Start, port: int) -> None:
    running = start(f"needed:{port}:exit=1:say=bad setting")

    assert running.process.wait(PATIENCE) != 0
    assert "did not become ready in 5 starts (exit code 1: bad setting)" in running.text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_and_leaves_nobody(
    start: Start, port: int, tmp_path: Path, number: signal.Signals
) -> None:
    offspring = tmp_path / "offspring"
    running = start(f"desk:{port}:offspring={offspring}", f"rasa:{a_free_port()}:deaf")
    running.wait_for("\nready\n")
    assert len(running.family()) == 3

    running.process.send_signal(number)

    assert running.process.wait(PATIENCE) == 0
    assert running.orphans() == []


def test_children_are_stopped_in_order_the_desk_before_rasa(start: Start, port: int) -> None:
    running = start(f"desk:{port}:stop=3:deaf", f"rasa:{a_free_port()}")
    running.wait_for("\nready\n")
    rasa = next(p for p in running.family() if str(port) not in p.cmdline())

    running.process.send_signal(signal.SIGTERM)
    running.wait_for("stopping")
    time.sleep(0.3)

    assert rasa.is_running()  # the desk, which is deaf, still has its three seconds
    assert running.process.wait(PATIENCE) == 0


def test_a_second_ctrl_c_kills_at_once(start: Start, port: int) -> None:
    running = start(f"desk:{port}:stop=600:deaf", f"rasa:{a_free_port()}:stop=600:deaf")
    running.wait_for("\nready\n")
    running.process.send_signal(signal.SIGINT)
    running.wait_for("stopping")

    running.process.send_signal(signal.SIGINT)

    assert running.process.wait(PATIENCE) == 0
    assert running.orphans() == []


def test_children_die_with_a_supervisor_that_is_killed(start: Start, port: int) -> None:
    running = start(f"desk:{port}:deaf", f"rasa:{a_free_port()}:deaf")
    running.wait_for("\nready\n")
    assert len(running.family()) == 2

    running.process.kill()
    running.process.wait()

    wait_until(lambda: running.orphans() == [])


def test_ctrl_c_in_the_terminal_does_not_reach_the_children_directly(start: Start, port: int) -> None:
    running = start(f"desk:{port}")
    running.wait_for("\nready\n")

    child = running.child("desk", port)

    assert os.getsid(child.pid) == child.pid


def test_a_listener_that_others_can_reach_stops_everything(start: Start, port: int) -> None:
    running = start(f"rasa:{port}:host=0.0.0.0", f"desk:{a_free_port()}")

    assert running.process.wait(PATIENCE) != 0

    assert f"rasa listens on 0.0.0.0:{port}, where other machines may reach it" in running.text()
    assert running.orphans() == []


def test_warnings_reach_the_console_and_everything_reaches_the_log(start: Start, port: int) -> None:
    running = start(f"desk:{port}:say=WARNING disk nearly full", f"rasa:{a_free_port()}:say=INFO all is well")
    running.wait_for("\nready\n")

    assert "desk | WARNING disk nearly full" in running.text()
    assert "all is well" not in running.text()
    logs = running.said.parent / "logs"
    assert "disk nearly full" in (logs / "desk.log").read_text()
    assert "all is well" in (logs / "rasa.log").read_text()
