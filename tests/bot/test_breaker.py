"""The circuit breaker in front of Rasa (TRUST F7)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.assistant.breaker import FAILURES_TO_OPEN, Breaker, BreakerState
from bot.assistant.port import AssistantAway, AssistantFailed, AssistantUnavailable, TurnRequest
from ticketing.conversations.logic import Reply

REQUEST = TurnRequest("t", "c", "en", "hello")
ANSWER = (Reply("hello"),)


class Engine:
    """Answers, or raises what the test wants; healthy when the test says so."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.asked = self.probed = 0
        self.is_there = asyncio.Event()
        self.was_probed = asyncio.Event()

    async def reply(self, request: TurnRequest, *, seconds: float) -> tuple[Reply, ...]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return ANSWER

    async def is_healthy(self) -> bool:
        self.probed += 1
        self.was_probed.set()
        return self.is_there.is_set()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setattr("bot.assistant.breaker.FIRST_PROBE_SECONDS", 0.005)
    monkeypatch.setattr("bot.assistant.breaker.LONGEST_PROBE_SECONDS", 0.01)
    return Engine()


@pytest.fixture
async def breaker(engine: Engine) -> AsyncIterator[Breaker]:
    breaker = Breaker(engine, engine.is_healthy)
    yield breaker
    await breaker.close()


def probes() -> int:
    """How many probes are under way."""
    names = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]
    return names.count("Breaker._probe_until_healthy")


async def fail(breaker: Breaker, engine: Engine, error: Exception, times: int) -> None:
    engine.error = error
    for _ in range(times):
        with pytest.raises(type(error)):
            await breaker.reply(REQUEST, seconds=1)


async def test_three_unanswered_turns_in_a_row_open_it(breaker: Breaker, engine: Engine) -> None:
    await fail(breaker, engine, AssistantUnavailable(), FAILURES_TO_OPEN)
    assert breaker.state is BreakerState.OPEN
    asked = engine.asked
    with pytest.raises(AssistantAway):
        await breaker.reply(REQUEST, seconds=1)
    assert engine.asked == asked


async def test_an_answer_in_between_starts_the_count_again(breaker: Breaker, engine: Engine) -> None:
    await fail(breaker, engine, AssistantUnavailable(), FAILURES_TO_OPEN - 1)
    engine.error = None
    assert await breaker.reply(REQUEST, seconds=1) == ANSWER
    await fail(breaker, engine, AssistantUnavailable(), FAILURES_TO_OPEN - 1)
    assert breaker.state is BreakerState.CLOSED


async def test_an_engine_that_answers_badly_is_there_all_the_same(breaker: Breaker, engine: Engine) -> None:
    await fail(breaker, engine, AssistantFailed(), 5 * FAILURES_TO_OPEN)
    assert breaker.state is BreakerState.CLOSED
    assert engine.probed == 0


async def test_only_a_healthy_probe_closes_it(breaker: Breaker, engine: Engine) -> None:
    await fail(breaker, engine, AssistantUnavailable(), FAILURES_TO_OPEN)
    for _ in range(3):
        engine.was_probed.clear()
        await asyncio.wait_for(engine.was_probed.wait(), 5)
        with pytest.raises(AssistantAway):
            await breaker.reply(REQUEST, seconds=1)
    engine.error = None
    engine.is_there.set()
    async with asyncio.timeout(5):
        while breaker.state is not BreakerState.CLOSED:  # noqa: ASYNC110 - the breaker has no event
            await asyncio.sleep(0.001)
    assert await breaker.reply(REQUEST, seconds=1) == ANSWER


async def test_turns_that_fail_together_start_one_probe(breaker: Breaker, engine: Engine) -> None:
    engine.error = AssistantUnavailable()
    await asyncio.gather(*(breaker.reply(REQUEST, seconds=1) for _ in range(20)), return_exceptions=True)
    assert probes() == 1


async def test_it_opens_again_when_the_engine_goes_again(breaker: Breaker, engine: Engine) -> None:
    engine.is_there.set()
    for _ in range(3):
        await fail(breaker, engine, AssistantUnavailable(), FAILURES_TO_OPEN)
        async with asyncio.timeout(5):
            while breaker.state is not BreakerState.CLOSED:  # noqa: ASYNC110 - the breaker has no event
                await asyncio.sleep(0.001)


async def test_a_probe_that_breaks_is_a_probe_that_failed(breaker: Breaker, engine: Engine) -> None:
    """Whatever the probe meets, the breaker must not stay open for ever."""
    healthy, calls = engine.is_healthy, 0

    async def breaks_once() -> bool:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ValueError("strange")
        return await healthy()

    fragile = Breaker(engine, breaks_once)
    engine.is_there.set()
    await fail(fragile, engine, AssistantUnavailable(), FAILURES_TO_OPEN)
    async with asyncio.timeout(5):
        while fragile.state is not BreakerState.CLOSED:  # noqa: ASYNC110 - the breaker has no event
            await asyncio.sleep(0.001)
    await fragile.close()


async def test_closing_ends_the_probe(breaker: Breaker, engine: Engine) -> None:
    await fail(breaker, engine, AssistantUnavailable(), FAILURES_TO_OPEN)
    await breaker.close()
    assert probes() == 0
