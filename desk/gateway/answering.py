"""How one turn gets its answer: the assistant first, plain mode when it does not answer. No database here."""

from __future__ import annotations

import asyncio
import logging
import math
from dataclasses import dataclass

from bot.assistant.port import Assistant, AssistantAway, AssistantError, AssistantFailed, TurnRequest
from ticketing.conversations.logic import Reply

log = logging.getLogger(__name__)

RETRY_PAUSE_SECONDS = 0.2
# A retry must leave the assistant this much, or it is not worth asking again.
WORTH_A_RETRY_SECONDS = 4.5
PLAIN_SECONDS = 3.0
# With less than this left the assistant is not asked: it would count as not answering.
WORTH_ASKING_SECONDS = 1.0


class NothingAnswered(Exception):
    """Neither the assistant nor plain mode had an answer: the turn is settled with an apology."""


@dataclass(frozen=True)
class Answering:
    """The two ways to an answer, and how long the first may take (DESIGN §3, invariant 6)."""

    assistant: Assistant
    plain: Assistant
    seconds: float

    async def replies(self, request: TurnRequest, *, left: float = math.inf) -> tuple[Reply, ...]:
        """The messages to say.

        The same turn id goes out again on a retry: Rasa replays what it has saved, and effects happen once.

        Args:
            left: in how many seconds the turn is due; what it has waited before is not to be had again.

        Raises:
            NothingAnswered
        """
        seconds = min(self.seconds, left - PLAIN_SECONDS)
        try:
            return await self._ask(request, seconds)
        except AssistantError as error:
            log.warning("assistant_gave_no_answer", extra={"turn": request.turn_id, "reason": str(error)})
        try:
            return await asyncio.wait_for(self.plain.reply(request, seconds=PLAIN_SECONDS), PLAIN_SECONDS)
        except Exception as error:
            # Whatever it was, the person gets an apology and a ticket, not silence.
            log.warning("plain_mode_failed", extra={"turn": request.turn_id, "error": type(error).__name__})
            raise NothingAnswered from error

    async def _ask(self, request: TurnRequest, seconds: float) -> tuple[Reply, ...]:
        if seconds < WORTH_ASKING_SECONDS:
            raise AssistantAway("the turn has waited too long to ask")
        deadline = asyncio.get_running_loop().time() + seconds
        try:
            return await self._once(request, deadline)
        except AssistantAway:
            raise
        except AssistantError:
            if self._left(deadline) < WORTH_A_RETRY_SECONDS:
                raise
        await asyncio.sleep(RETRY_PAUSE_SECONDS)
        return await self._once(request, deadline)

    async def _once(self, request: TurnRequest, deadline: float) -> tuple[Reply, ...]:
        replies = await self.assistant.reply(request, seconds=self._left(deadline))
        if not replies:
            raise AssistantFailed("the answer is empty")
        return replies

    @staticmethod
    def _left(deadline: float) -> float:
        return max(0.1, deadline - asyncio.get_running_loop().time())
