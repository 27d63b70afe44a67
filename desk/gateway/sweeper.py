"""Every few seconds: what is due is told, and what helps meanwhile; dates follow edits; old ones close."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from storage.database import Database, DatabaseUnavailable
from ticketing.calendars.queries import days_before
from ticketing.problems.workarounds import problems_to_tell, tell_workaround
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
        self._problems_aside: dict[int, datetime] = {}
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
        told += await self._tell_workarounds()
        await self._close()
        return told

    async def _tell_some(self) -> int:
        now = self._now()
        self._set_aside = _still_aside(self._set_aside, now)
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

    async def _tell_workarounds(self) -> int:
        """What a crash has left untold, and who heard nothing because the incident was resolved meanwhile."""
        now = self._now()
        self._problems_aside = _still_aside(self._problems_aside, now)
        found = await self._database.aread(problems_to_tell)
        waiting = [problem_id for problem_id in found if problem_id not in self._problems_aside]
        return sum([await self._tell_workaround(problem_id, now) for problem_id in waiting])

    async def _tell_workaround(self, problem_id: int, now: datetime) -> int:
        told = 0
        try:
            while count := await self._database.awrite(tell_workaround, problem_id, now=now):
                told += count
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - the other problems must be told of
            log.error(
                "workaround_could_not_be_told",
                extra={"problem_id": problem_id, "error": type(error).__name__},
            )
            self._problems_aside[problem_id] = now
        return told

    async def _close(self) -> None:
        now = self._now()
        if self._closed_at and abs(now - self._closed_at) < CLOSES_EVERY:
            return
        while await self._database.awrite(close_due, days=self._days, now=now):
            pass
        self._closed_at = now


def _still_aside(aside: dict[int, datetime], now: datetime) -> dict[int, datetime]:
    # Also when the clock was put back: nothing stays aside for longer than that.
    return {each: since for each, since in aside.items() if abs(now - since) < SET_ASIDE}


def close_due(session: Session, *, days: int, now: datetime) -> int:
    """Close what was resolved so many working days ago and not answered since; returns how many."""
    before = days_before(session, now, days)
    return close_resolved(session, before=before, now=now) if before else 0
