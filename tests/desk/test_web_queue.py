"""Whoever waits for an agent is told its place, whenever it changes, over both transports."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from bot.channels.web import viewer
from tests.desk.chats import TRANSPORTS, Chat, Transport, a_poller, a_socket
from tests.desk.desks import RunningDesk, a_desk, eventually, utc_now
from ticketing.conversations.operations import hand_back, request_handoff, take_over


@pytest.fixture(params=TRANSPORTS)
def chat_with(request: pytest.FixtureRequest) -> Transport:
    return TRANSPORTS[request.param]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewer, "QUEUE_SECONDS", 0.1)


def asks_for_agent(desk: RunningDesk, chat: Chat) -> None:
    desk.database.write(request_handoff, chat.conversation, actor="person", now=utc_now())
    desk.desk.switchboard._doorbells.ring(chat.conversation)


def is_taken(desk: RunningDesk, chat: Chat) -> None:
    desk.database.write(take_over, chat.conversation, agent_name="Bea", now=utc_now())
    desk.desk.switchboard._doorbells.ring(chat.conversation)


async def test_the_place_is_told_when_the_waiting_begins_and_when_it_changes(
    tmp_path: Path, chat_with: Transport
) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        first, second, third = [await desk.visitor() for _ in range(3)]
        async with (
            chat_with(desk, first) as one,
            chat_with(desk, second) as two,
            chat_with(desk, third) as three,
        ):
            for chat in (one, two, three):
                asks_for_agent(desk, chat)
            await eventually(lambda: [chat.places()[-1:] for chat in (one, two, three)] == [[1], [2], [3]])

            # Nobody rings the bells of those behind.
            is_taken(desk, one)
            await eventually(lambda: (two.places()[-1], three.places()[-1]) == (1, 2))
            is_taken(desk, two)
            await eventually(lambda: three.places()[-1] == 1)

            assert two.places() == [2, 1]
            assert three.places() == [3, 2, 1]
            assert one.places() == [1]


async def test_the_status_says_that_the_waiting_began_before_the_place_does(
    tmp_path: Path, chat_with: Transport
) -> None:
    async with a_desk(tmp_path, assistant="none") as desk, chat_with(desk, await desk.visitor()) as chat:
        asks_for_agent(desk, chat)
        await chat.until(lambda frame: frame["type"] == "queue")

        kinds = [f["type"] for f in chat.frames if f["type"] in ("status", "queue")]
        assert kinds == ["status", "queue"]
        assert chat.statuses()[-1]["speaker"] == "waiting"


async def test_who_comes_back_is_told_the_place_again(tmp_path: Path, chat_with: Transport) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        token = await desk.visitor()
        async with chat_with(desk, token) as chat:
            asks_for_agent(desk, chat)
        async with chat_with(desk, token) as chat:
            assert (await chat.until(lambda frame: frame["type"] == "queue"))["position"] == 1


async def test_who_is_given_back_and_waits_again_is_told_the_place_again(
    tmp_path: Path, chat_with: Transport
) -> None:
    async with a_desk(tmp_path, assistant="none") as desk, chat_with(desk, await desk.visitor()) as chat:
        asks_for_agent(desk, chat)
        await eventually(lambda: chat.places() == [1])
        desk.database.write(hand_back, chat.conversation, actor="Bea", now=utc_now())
        desk.desk.switchboard._doorbells.ring(chat.conversation)
        await chat.until(lambda f: f["type"] == "status" and f["speaker"] == "assistant" and f["version"] > 2)

        asks_for_agent(desk, chat)

        await eventually(lambda: chat.places() == [1, 1])


async def test_a_client_that_does_not_ask_for_its_place_waits_as_before(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        token = await desk.visitor()
        async with a_poller(desk, token) as chat:
            asks_for_agent(desk, chat)
            await eventually(lambda: chat.places() == [1])
            there, version = chat.conversation, chat.version
        body = {"conversation": there, "version": version, "wait": 1}
        started = time.monotonic()

        status, answer = await desk.post("poll", body, token=token)

        assert (status, answer["frames"]) == (200, [])
        assert time.monotonic() - started > 0.9
        for known, frames in ((0, [1]), (1, []), (2, [1])):
            _, answer = await desk.post("poll", body | {"position": known, "wait": 0}, token=token)
            assert [frame["position"] for frame in answer["frames"]] == frames


async def test_a_place_is_no_business_of_whoever_does_not_wait(tmp_path: Path, chat_with: Transport) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        waiting, other = await desk.visitor(), await desk.visitor()
        async with chat_with(desk, waiting) as one, chat_with(desk, other) as two:
            asks_for_agent(desk, one)
            await eventually(lambda: one.places() == [1])
            await two.send("c-1", "hello")
            await two.until(lambda frame: frame["type"] == "message" and frame["author"] != "person")

            assert two.places() == []


async def test_a_viewer_that_does_not_wait_does_not_look_again_all_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_desk(tmp_path, assistant="none") as desk, a_socket(desk, await desk.visitor()):
        looks = 0
        news = desk.desk.switchboard.news

        async def counted(*args: object) -> object:
            nonlocal looks
            looks += 1
            return await news(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(desk.desk.switchboard, "news", counted)
        await asyncio.sleep(0.5)

        assert looks == 0
