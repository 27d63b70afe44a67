"""The turn runner: one turn at a time per conversation, a bounded number at once, and every turn ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from actions.turns import TurnInFlight, TurnsInFlight
from bot.assistant.port import TurnRequest
from desk.gateway.answering import Answering, NothingAnswered
from desk.gateway.doorbells import TURN_WAITING, Doorbells
from desk.gateway.questions import note_question
from storage.database import Database, DatabaseUnavailable
from storage.faults import places_of
from ticketing.conversations.logic import Reply
from ticketing.tickets.operations import Team
from ticketing.turns.errors import TurnLost
from ticketing.turns.logic import LEASE, Claim, TurnOutcome, is_worn_out
from ticketing.turns.operations import finish_turn, has_next_turn, note_still_working
from ticketing.turns.queue import ClaimedTurn, claim_turns, next_ready_at, release_turns, renew_leases
from ticketing.turns.settlement import settle_turn

log = logging.getLogger(__name__)

IDLE_SECONDS = 2.0
RENEW_SECONDS = LEASE.total_seconds() / 3
DATABASE_PAUSE_SECONDS = 0.5
OVERDUE_AT_ONCE = 20


@dataclass(frozen=True)
class RunnerOptions:
    """What the settings decide here."""

    owner: str
    at_once: int
    still_working: timedelta
    settle: timedelta
    team: Team


class TurnRunner:
    """Claims turns, has them answered, commits the answers."""

    def __init__(
        self,
        database: Database,
        doorbells: Doorbells,
        in_flight: TurnsInFlight,
        answering: Answering,
        *,
        options: RunnerOptions,
        now: Callable[[], datetime],
    ) -> None:
        self._database, self._doorbells, self._in_flight = database, doorbells, in_flight
        self._answering, self._options, self._now = answering, options, now
        self._running: dict[asyncio.Task[None], str] = {}
        self._started_at = now()
        self._is_stopping = False
        self._reserved = 0
        # Somebody was refused a place, or may wait for one: the next place is not given away past them.
        self._is_crowded = False
        self._next_ready_at: datetime | None = None

    async def run(self) -> None:
        """Until cancelled: take what waits as soon as the bell rings, and look every two seconds anyway."""
        bell = self._doorbells.listen(TURN_WAITING)
        beat = asyncio.create_task(self._give_signs_of_life())
        try:
            while True:
                await self._take_turns()
                await bell.wait(self._idle_seconds())
        finally:
            beat.cancel()
            self._doorbells.stop_listening(TURN_WAITING, bell)

    async def stop(self, seconds: float) -> None:
        """Let what runs finish within the time, and hand the rest back for the next process."""
        self._is_stopping = True
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        with contextlib.suppress(DatabaseUnavailable):
            await self._database.awrite(release_turns, owner=self._options.owner, now=self._now())

    @contextlib.contextmanager
    def reserve(self) -> Iterator[str | None]:
        """A free place for a turn that is claimed where it is queued: the owner to claim it for, or None."""
        if self._is_stopping or self._is_crowded or self._free_places() <= 0:
            self._is_crowded = True
            yield None
            return
        self._reserved += 1
        try:
            yield self._options.owner
        finally:
            self._reserved -= 1

    def look_at(self, moment: datetime) -> None:
        """A turn waits for further lines until then: have it taken at that moment."""
        seconds = max(0.0, (moment - self._now()).total_seconds())
        asyncio.get_running_loop().call_later(seconds, self._doorbells.ring, TURN_WAITING)

    def _idle_seconds(self) -> float:
        """Until the next look: sooner than usual when a turn, whoever recorded it, has waited enough."""
        if self._next_ready_at is None:
            return IDLE_SECONDS
        return min(IDLE_SECONDS, max(0.0, (self._next_ready_at - self._now()).total_seconds()))

    def _free_places(self) -> int:
        return self._options.at_once - len(self._running) - self._reserved

    async def _take_turns(self) -> None:
        self._next_ready_at = None
        if self._is_stopping:
            return
        free = max(0, self._free_places())
        # Kept while the database is asked: a line that comes in meanwhile must not take the same places.
        self._reserved += free
        try:
            claimed = await (self._claim(free) if free else self._claim_overdue())
            self._is_crowded = len(claimed) >= free
            if self._is_stopping:
                # Handed back with everything else that this process has claimed.
                return
            for turn in claimed:
                self.start(turn)
        finally:
            self._reserved -= free

    async def _claim_overdue(self) -> list[ClaimedTurn]:
        """With every place taken, what has waited too long is not left waiting: it is settled."""
        before = self._now() - self._options.settle
        if before <= self._started_at:
            return []
        return await self._claim(OVERDUE_AT_ONCE, received_before=before)

    async def _claim(self, limit: int, *, received_before: datetime | None = None) -> list[ClaimedTurn]:
        try:
            claimed, self._next_ready_at = await self._database.awrite(
                _claim_and_look,
                owner=self._options.owner,
                limit=limit,
                now=self._now(),
                received_before=received_before,
                running=tuple(self._running.values()),
            )
            return claimed
        except DatabaseUnavailable:
            log.warning("turns_could_not_be_claimed")
            return []

    def start(self, claimed: ClaimedTurn) -> None:
        """Answer a turn that is claimed for this runner."""
        task = asyncio.create_task(self._answer(claimed))
        self._running[task] = claimed.claim.turn_id
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            # The lease runs out and the turn is taken again; after the last attempt it is settled.
            log.error("turn_failed", extra={"error": type(error).__name__, "at": places_of(error)})
        if self._is_crowded:
            self._doorbells.ring_locally(TURN_WAITING)

    async def _answer(self, claimed: ClaimedTurn) -> None:
        patience = asyncio.create_task(self._say_still_working(claimed))
        try:
            await self._answer_or_settle(claimed)
        except TurnLost:
            log.info("turn_lost", extra={"turn": claimed.claim.turn_id})
        finally:
            patience.cancel()
            self._doorbells.ring(claimed.conversation)

    async def _answer_or_settle(self, claimed: ClaimedTurn) -> None:
        if is_worn_out(claimed.claim.attempt - 1) or self._left(claimed) <= 0:
            await self._settle(claimed)
            return
        turn = TurnInFlight(
            claimed.claim.turn_id, claimed.conversation, claimed.person, claimed.language, claimed.text
        )
        request = TurnRequest(
            turn.turn_id, claimed.conversation, claimed.language, claimed.text, claimed.payload
        )
        try:
            with self._in_flight.flying(turn):
                replies = await self._answering.replies(request, left=self._left(claimed))
        except NothingAnswered:
            await self._settle(claimed)
            return
        await self._persist(lambda: self._database.awrite(_finish, claimed, replies, now=self._now()))

    def _left(self, claimed: ClaimedTurn) -> float:
        """In how many seconds the line must be settled; it counts while this desk was up to answer it.

        After a restart a late answer is better than an apology for having been away.
        """
        waited_since = max(claimed.received_at, self._started_at)
        return (waited_since + self._options.settle - self._now()).total_seconds()

    async def _settle(self, claimed: ClaimedTurn) -> None:
        await self._persist(
            lambda: self._database.awrite(_settle, claimed.claim, team=self._options.team, now=self._now())
        )

    async def _persist(self, write: Callable[[], Awaitable[bool]]) -> None:
        """Commit, however long the database is away: the lease is what ends the wait."""
        while True:
            try:
                has_next = await write()
            except DatabaseUnavailable:
                log.warning("answer_waits_for_database")
                await asyncio.sleep(DATABASE_PAUSE_SECONDS)
            else:
                if has_next:
                    self._doorbells.ring_locally(TURN_WAITING)
                return

    async def _say_still_working(self, claimed: ClaimedTurn) -> None:
        await asyncio.sleep(self._options.still_working.total_seconds())
        with contextlib.suppress(TurnLost, DatabaseUnavailable):
            await self._database.awrite(note_still_working, claimed.claim, now=self._now())
            self._doorbells.ring(claimed.conversation)

    async def _give_signs_of_life(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            if not self._running:
                continue
            with contextlib.suppress(DatabaseUnavailable):
                # Of what really runs: a turn whose task has failed must be taken again, not kept for ever.
                turn_ids = list(self._running.values())
                await self._database.awrite(
                    renew_leases, owner=self._options.owner, turn_ids=turn_ids, now=self._now()
                )


def _finish(session: Session, claimed: ClaimedTurn, replies: Sequence[Reply], *, now: datetime) -> bool:
    outcome = finish_turn(session, claimed.claim, replies, now=now)
    # What was not said because somebody took over is no answer on record either.
    for reply in replies if outcome is TurnOutcome.ANSWERED else ():
        note_question(session, claimed, reply, now=now)
    return has_next_turn(session, claimed.claim)


def _claim_and_look(
    session: Session, /, *, now: datetime, **which: Any
) -> tuple[list[ClaimedTurn], datetime | None]:
    return claim_turns(session, now=now, **which), next_ready_at(session, now)


def _settle(session: Session, claim: Claim, *, team: Team, now: datetime) -> bool:
    settle_turn(session, claim, team=team, now=now)
    return has_next_turn(session, claim)
