"""A sweep's round of the queues: what nobody has is given to whoever can take it now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from desk.gateway.aside import Aside
from storage.database import Database
from ticketing.tickets.waiting import NOBODY, Crew, crew_at_hand, give_waiting, waiting_tickets


class GivingOut:
    """Gives each ticket in a transaction of its own. What nobody there can take is tried again as soon as
    others are there, or have begun what they have."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database, self._now = database, now
        self._broken = Aside("ticket_could_not_be_given_out", "ticket_id")
        self._crew: Crew = NOBODY
        self._for_others: set[int] = set()

    async def round(self) -> int:
        """Once; returns how many were given."""
        crew = await self._database.aread(crew_at_hand)
        if crew.hands != self._crew.hands:
            self._for_others.clear()
        self._crew = crew
        if not crew.hands:
            return 0
        now, given = self._now(), 0
        without = (*self._broken.at(now), *self._for_others)
        for ticket_id in await self._database.aread(waiting_tickets, crew, without=without):
            if given >= crew.room:
                break
            given += await self._give(ticket_id, now)
        return given

    async def _give(self, ticket_id: int, now: datetime) -> int:
        deed = partial(self._database.awrite, give_waiting, ticket_id, now=now)
        if await self._broken.attempt(ticket_id, now, deed):
            return 1
        self._for_others.add(ticket_id)
        return 0
