"""The net under lost doorbells: every two seconds, one query finds what changed without a ring."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from desk.gateway.doorbells import TURN_WAITING, Doorbells
from storage.database import Database, DatabaseUnavailable
from ticketing.conversations.queries import changed_since

log = logging.getLogger(__name__)

EVERY_SECONDS = 2.0
# Clocks of two desks may differ, and a transaction commits after the moment it notes.
OVERLAP = timedelta(seconds=6)


class Watcher:
    """Rings the local bells of conversations that another process, or an administrator, changed."""

    def __init__(self, database: Database, doorbells: Doorbells, now: Callable[[], datetime]) -> None:
        self._database, self._doorbells, self._now = database, doorbells, now

    async def run(self) -> None:
        """Until cancelled."""
        looked_at = self._now()
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            self._doorbells.ring_locally(TURN_WAITING)
            listened = self._doorbells.listened()
            now = self._now()
            if len(listened) <= 1:
                looked_at = now
                continue
            try:
                # Since the last look that succeeded: what changed just before an outage is not lost by it.
                changed = await self._database.aread(changed_since, looked_at - OVERLAP)
            except DatabaseUnavailable:
                log.warning("watcher_could_not_read")
                continue
            looked_at = now
            for conversation in listened.intersection(changed):
                self._doorbells.ring_locally(conversation)
