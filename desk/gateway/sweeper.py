"""Every few seconds: what is due is told, what a command has left is done, dates follow edits."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from desk.gateway.aside import Aside
from desk.gateway.giving_out import GivingOut
from storage.database import Database, DatabaseUnavailable
from ticketing.calendars.queries import all_calendars
from ticketing.problems.resolving import incidents_to_resolve, problems_to_finish, resolve_incidents
from ticketing.problems.workarounds import problems_to_tell, tell_workaround
from ticketing.sla.operations import tell_due
from ticketing.sla.queries import due_tickets
from ticketing.sla.upkeep import recompute_some
from ticketing.tickets.closing import close_resolved, tickets_to_close
from ticketing.tickets.reaching import children_to_reach, families_to_reach, reach_children

log = logging.getLogger(__name__)

EVERY_SECONDS = 5.0
AT_ONCE = 100
CLOSES_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class Errand:
    """Something about many tickets that is done in batches, and that a command may not have finished.

    Args:
        find: whose tickets are not all done: a parent's, a problem's.
        left: which of its tickets are not.
        deed: the next batch of them.
    """

    find: Callable[..., tuple[int, ...]]
    left: Callable[[Session, int], tuple[int, ...]]
    deed: Callable[..., int]
    aside: Aside


class PromiseSweeper:
    """Tells each ticket in a transaction of its own: a crash loses one at most, and no lock is held for long.

    Any number may run at once: whoever holds a ticket tells it, and the database knows what was told.
    """

    def __init__(self, database: Database, now: Callable[[], datetime], *, close_after_days: int) -> None:
        self._database, self._now, self._days = database, now, close_after_days
        self._tickets = Aside("promise_could_not_be_told", "ticket_id")
        self._problems = Aside("workaround_could_not_be_told", "problem_id")
        self._incidents = Errand(
            problems_to_finish,
            incidents_to_resolve,
            resolve_incidents,
            Aside("incident_could_not_be_resolved", "ticket_id"),
        )
        self._children = Errand(
            families_to_reach,
            children_to_reach,
            reach_children,
            Aside("child_could_not_be_reached", "ticket_id"),
        )
        self._giving_out = GivingOut(database, now)
        self._closing = Aside("ticket_could_not_be_closed", "ticket_id")
        self._closed_at: datetime | None = None

    async def run(self) -> None:
        """Until cancelled."""
        await self._look_at_calendars()
        while True:
            try:
                await self.sweep()
            except DatabaseUnavailable:
                log.warning("promises_could_not_be_swept")
            await asyncio.sleep(EVERY_SECONDS)

    async def sweep(self) -> int:
        """Once, all that is due; returns how much was told."""
        await self._database.ain_batches(recompute_some, broken=_say_broken)
        told = 0
        while count := await self._tell_some():
            told += count
            await self._database.abreathe()
        told += await self._tell_workarounds()
        # Problems first: an incident that ends with one may have children.
        for errand in (self._incidents, self._children):
            told += await self._go_on(errand)
        told += await self._giving_out.round()
        await self._close()
        return told

    async def _look_at_calendars(self) -> None:
        """Say which of them a newer package does not know any more; `guichet doctor` says it in full."""
        with contextlib.suppress(DatabaseUnavailable):
            for calendar in await self._database.aread(all_calendars):
                if calendar.unknown():
                    log.error("calendar_not_known", extra={"calendar": calendar.key})

    async def _tell_some(self) -> int:
        now = self._now()
        without = self._tickets.at(now)
        found = await self._database.aread(due_tickets, now=now, limit=AT_ONCE, without=without)
        return sum([await self._tell(ticket_id, now) for ticket_id in found])

    async def _tell(self, ticket_id: int, now: datetime) -> int:
        deed = partial(self._database.awrite, tell_due, ticket_id, now=now)
        return await self._tickets.attempt(ticket_id, now, deed)

    async def _tell_workarounds(self) -> int:
        """What a crash has left untold, and who heard nothing because the incident was resolved meanwhile."""
        now = self._now()
        aside = self._problems.at(now)
        found = await self._database.aread(problems_to_tell)
        return sum([await self._tell_workaround(each, now) for each in found if each not in aside])

    async def _tell_workaround(self, problem_id: int, now: datetime) -> int:
        deed = partial(self._database.ain_batches, tell_workaround, problem_id, now=now)
        return await self._problems.attempt(problem_id, now, deed)

    async def _go_on(self, errand: Errand) -> int:
        """What a command has left half done."""
        now = self._now()
        found = await self._database.aread(errand.find, without=errand.aside.at(now))
        return sum([await self._go_on_with(errand, each, now) for each in found])

    async def _go_on_with(self, errand: Errand, id_: int, now: datetime) -> int:
        deed, without = partial(errand.deed, now=now), errand.aside.at(now)
        try:
            return await self._database.ain_batches(deed, id_, without=without)
        except DatabaseUnavailable:
            raise
        except Exception:  # noqa: BLE001 - one of the tickets is broken: which one, is seen one by one
            left = set(await self._database.aread(errand.left, id_)) - set(without)
            one_by_one = {each: partial(self._database.ain_batches, deed, id_, only=each) for each in left}
            return sum([await errand.aside.attempt(each, now, one_by_one[each]) for each in sorted(left)])

    async def _close(self) -> None:
        now = self._now()
        if self._closed_at and abs(now - self._closed_at) < CLOSES_EVERY:
            return
        days, aside = self._days, self._closing.at(now)
        found = await self._database.aread(tickets_to_close, days=days, now=now, without=aside, limit=AT_ONCE)
        for each in found:
            deed = partial(self._database.awrite, close_resolved, each, days=days, now=now)
            await self._closing.attempt(each, now, deed)
        # More than that: the next sweep goes on.
        self._closed_at = now if len(found) < AT_ONCE else None


def _say_broken(ticket_id: int) -> None:
    # `guichet audit verify` says what is wrong with it.
    log.error("dates_could_not_be_computed", extra={"ticket_id": ticket_id})
