"""A clock that jumps is noticed once; one that merely goes on is not."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from desk.gateway.timekeeper import Timekeeper
from tests.databases import NOW


@dataclass
class Clocks:
    wall: datetime = NOW
    steady: float = 100.0

    def goes_on(self, seconds: float, *, jump: float = 0) -> None:
        self.steady += seconds
        self.wall += timedelta(seconds=seconds + jump)


@pytest.mark.parametrize("jump", [3600, -3600, 86_400, -61])
def test_a_jump_is_said_once_with_its_length(jump: int, caplog: pytest.LogCaptureFixture) -> None:
    clocks = Clocks()
    keeper = Timekeeper(lambda: clocks.wall, lambda: clocks.steady)

    for each in (0, jump, 0):
        clocks.goes_on(5, jump=each)
        keeper.look()

    [said] = [record for record in caplog.records if record.message == "clock_was_changed"]
    assert said.levelno == logging.WARNING
    assert vars(said)["by_seconds"] == jump


def test_a_clock_that_drifts_or_a_loop_that_was_held_up_is_no_jump(caplog: pytest.LogCaptureFixture) -> None:
    clocks = Clocks()
    keeper = Timekeeper(lambda: clocks.wall, lambda: clocks.steady)

    for seconds in (5, 600, 5):
        clocks.goes_on(seconds, jump=2)
        keeper.look()

    assert not caplog.records
