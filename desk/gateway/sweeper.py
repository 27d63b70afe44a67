"""Every few seconds: what is due is told, dates follow what was edited, what is long resolved is closed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from storage.database import Database, DatabaseUnavailable
from ticketing.calendars.queries import days_before
from ticketing.sla.operations import tell_due
from ticketing.sla.queries import due_tickets
from ticketing.sla.upkeep import recompute_some
from ticketing.tickets.closing import close_resolved

log = logging.getLogger(__name__)

EVERY_SECONDS = 5.0
AT_ONCE = 100
CLOSES_EVERY = timedelta(minutes=5)
# A ticket that cannot be told of is looked at again after so long; the others do not wait for it.
SET_ASIDE = timedelta(minutes=10)


class PromiseSweeper:
    """Tells each ticket in a transaction of its own: a crash loses one at most, and no lock is held for long.

    Any number may run at once: whoever holds a ticket tells it, and the database knows what was told.
    """

    def __init__(self, database: Database, now: Callable[[], datetime], *, close_after_days: int) -> None:
        self._database, self._now, self._days = database, now, close_after_days
        self._set_aside: dict[int, datetime] = {}
        self._closed_at: datetime | None = None

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.sweep()
            except DatabaseUnavailable:
                log.warning("promises_could_not_be_swept")
            await asyncio.sleep(EVERY_SECONDS)

    async def sweep(self) -> int:
        """Once, all that is due; returns how much was told."""
        while await self._database.awrite(recompute_some):
            pass
        told = 0
        while count := await self._tell_some():
            told += count
        await self._close()
        return told

    async def _tell_some(self) -> int:
        now = self._now()
        # Also when the clock was put back: nothing stays aside for longer than that.
        self._set_aside = {
            ticket_id: since for ticket_id, since in self._set_aside.items() if abs(now - since) < SET_ASIDE
        }
        found = await self._database.aread(
            due_tickets, now=now, limit=AT_ONCE, without=tuple(self._set_aside)
        )
        return sum([await self._tell(ticket_id, now) for ticket_id in found])

    async def _tell(self, ticket_id: int, now: datetime) -> int:
        try:
            return await self._database.awrite(tell_due, ticket_id, now=now)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - the other tickets must be told of
            log.error(
                "promise_could_not_be_told", extra={"ticket_id": ticket_id, "error": type(error).__name__}
            )
            self._set_aside[ticket_id] = now
            return 0

    async def _close(self) -> None:
        now = self._now()
        if self._closed_at and abs(now - self._closed_at) < CLOSES_EVERY:
            return
        while await self._database.awrite(close_due, days=self._days, now=now):
            pass
        self._closed_at = now


def close_due(session: Session, *, days: int, now: datetime) -> int:
    """Close what was resolved so many working days ago and not answered since; returns how many."""
    before = days_before(session, now, days)
    return close_resolved(session, before=before, now=now) if before else 0
