"""Stops asking an engine that does not answer, and finds out when it does again (TRUST F7)."""

from __future__ import annotations

import asyncio
import enum
import logging
from collections.abc import Awaitable, Callable

from bot.assistant.port import Assistant, AssistantAway, AssistantFailed, AssistantUnavailable, TurnRequest
from ticketing.conversations.logic import Reply

log = logging.getLogger(__name__)

FAILURES_TO_OPEN = 3
FIRST_PROBE_SECONDS = 0.5
LONGEST_PROBE_SECONDS = 5.0


class BreakerState(enum.Enum):
    """Closed: asked as usual. Open: not asked. Half-open: one probe is on its way."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """An `Assistant` in front of another one; while open it refuses at once.

    The probe is the engine's health check and not somebody's question, so nobody waits for it.
    """

    def __init__(self, assistant: Assistant, is_healthy: Callable[[], Awaitable[bool]]) -> None:
        self._assistant, self._is_healthy = assistant, is_healthy
        self._failures = 0
        self._probe: asyncio.Task[None] | None = None
        self.state = BreakerState.CLOSED

    async def reply(self, request: TurnRequest, *, seconds: float) -> tuple[Reply, ...]:
        """See `Assistant.reply`."""
        if self.state is not BreakerState.CLOSED:
            raise AssistantAway("the breaker is open")
        try:
            replies = await self._assistant.reply(request, seconds=seconds)
        except AssistantUnavailable:
            self._failed()
            raise
        except AssistantFailed:
            # It answered: one turn went wrong, the engine is there.
            self._failures = 0
            raise
        self._failures = 0
        return replies

    async def close(self) -> None:
        """Stop probing."""
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.gather(self._probe, return_exceptions=True)

    def _failed(self) -> None:
        self._failures += 1
        if self._failures >= FAILURES_TO_OPEN and self.state is BreakerState.CLOSED:
            self.state = BreakerState.OPEN
            log.warning("assistant_breaker_open")
            self._probe = asyncio.create_task(self._probe_until_healthy())

    async def _probe_until_healthy(self) -> None:
        wait = FIRST_PROBE_SECONDS
        while self.state is not BreakerState.CLOSED:
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_PROBE_SECONDS)
            self.state = BreakerState.HALF_OPEN
            try:
                is_healthy = await self._is_healthy()
            except Exception as error:  # noqa: BLE001 - whatever the probe met, it must go on
                log.warning("assistant_probe_failed", extra={"error": type(error).__name__})
                is_healthy = False
            self.state = BreakerState.CLOSED if is_healthy else BreakerState.OPEN
        self._failures = 0
        log.warning("assistant_breaker_closed")
