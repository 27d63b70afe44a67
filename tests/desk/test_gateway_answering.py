"""Who is asked for an answer, how often, and for how long."""

from __future__ import annotations

import pytest

from bot.assistant.port import (
    AssistantAway,
    AssistantError,
    AssistantFailed,
    AssistantUnavailable,
    TurnRequest,
)
from desk.gateway.answering import PLAIN_SECONDS, Answering, NothingAnswered
from ticketing.conversations.logic import Reply

QUESTION = TurnRequest("turn", "conversation", "en", "the printer is on fire")
ANSWER, PLAIN = (Reply("Pull the plug."),), (Reply("The assistant is restarting."),)


class Scripted:
    """An assistant that does what it is told, call by call, and notes how long it was given."""

    def __init__(self, *script: tuple[Reply, ...] | Exception) -> None:
        self._script = list(script)
        self.seconds: list[float] = []

    async def reply(self, request: TurnRequest, *, seconds: float) -> tuple[Reply, ...]:
        self.seconds.append(seconds)
        step = self._script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step


async def test_a_turn_gets_no_more_time_than_is_left_of_its_own() -> None:
    assistant = Scripted(ANSWER)

    assert await Answering(assistant, Scripted(PLAIN), 15).replies(QUESTION, left=9) == ANSWER

    assert assistant.seconds == [pytest.approx(9 - PLAIN_SECONDS, abs=0.5)]


async def test_a_turn_that_has_waited_too_long_is_answered_without_the_assistant() -> None:
    assistant = Scripted()

    assert await Answering(assistant, Scripted(PLAIN), 15).replies(QUESTION, left=PLAIN_SECONDS) == PLAIN

    assert assistant.seconds == []


@pytest.mark.parametrize("failure", [AssistantFailed("502"), AssistantUnavailable("reset"), ()])
async def test_a_failure_is_tried_once_more(failure: tuple[Reply, ...] | AssistantError) -> None:
    assistant = Scripted(failure, ANSWER)

    assert await Answering(assistant, Scripted(), 15).replies(QUESTION) == ANSWER

    assert len(assistant.seconds) == 2


async def test_an_assistant_known_to_be_away_is_not_asked_again() -> None:
    assistant = Scripted(AssistantAway("the breaker is open"))

    assert await Answering(assistant, Scripted(PLAIN), 15).replies(QUESTION) == PLAIN

    assert len(assistant.seconds) == 1


async def test_without_any_answer_the_turn_is_to_be_settled() -> None:
    answering = Answering(
        Scripted(AssistantFailed("502"), AssistantFailed("502")), Scripted(RuntimeError("no database")), 15
    )

    with pytest.raises(NothingAnswered):
        await answering.replies(QUESTION)
