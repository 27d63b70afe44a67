"""Says in the log that the clock of the machine was changed: deadlines, sessions and letters follow it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

log = logging.getLogger(__name__)

EVERY_SECONDS = 5.0
TOLERANCE = timedelta(seconds=60)
"""A clock that is set by the network moves by less at a time; a machine that slept wakes up later."""


class Timekeeper:
    """Compares the clock with one that only ever goes on."""

    def __init__(self, now: Callable[[], datetime], steady: Callable[[], float] = time.monotonic) -> None:
        self._now, self._steady = now, steady
        self._at, self._since = now(), steady()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            self.look()

    def look(self) -> timedelta:
        """By how much the clock was changed since the last look; what is beyond doubt is logged."""
        now, since = self._now(), self._steady()
        changed = (now - self._at) - timedelta(seconds=since - self._since)
        self._at, self._since = now, since
        if abs(changed) > TOLERANCE:
            log.warning("clock_was_changed", extra={"by_seconds": round(changed.total_seconds())})
        return changed
