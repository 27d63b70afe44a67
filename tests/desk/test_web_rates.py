"""How often one visitor and one address may call: come in, poll, ask again, be seen typing (TRUST WW-10)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from desk.client import DeskClient
from desk.client.connection import Way
from tests.desk.chats import a_poller, a_socket
from tests.desk.desks import RunningDesk, a_desk, a_free_port, a_rasa
from ticketing.conversations.models import Conversation

FEW: dict[str, Any] = {"assistant": "none", "calls_per_minute": 1, "call_burst": 2}


def waits(answer: tuple[int, Any]) -> bool:
    """Whether an answer over HTTP puts the same off."""
    status, body = answer
    frame = body["frames"][0]
    return status == 429 and frame["type"] == "slow_down" and frame["wait_ms"] > 0


async def test_hellos_of_one_session_are_put_off(tmp_path: Path) -> None:
    async with a_desk(tmp_path, **FEW) as desk:
        token = await desk.visitor()
        answers = [await desk.post("hello", {}, token=token) for _ in range(4)]

        assert [waits(answer) for answer in answers] == [False, False, True, True]
        assert (await desk.post("hello", {}, token=await desk.visitor()))[0] == 200


async def test_a_socket_that_says_hello_too_often_is_told_to_come_back_later(tmp_path: Path) -> None:
    async with a_desk(tmp_path, **FEW) as desk:
        token = await desk.visitor()
        for _ in range(2):
            async with a_socket(desk, token) as chat:
                assert chat.welcome
        async with a_socket(desk, token) as late:
            assert await late.until_closed() == 1013

        assert [frame["type"] for frame in late.frames] == ["slow_down", "closed"]
        assert late.frames[0]["wait_ms"] > 0
        assert desk.count(Conversation) == 1


@pytest.mark.parametrize("way", ["socket", "poll"])
async def test_one_address_comes_in_so_often_whoever_it_is(tmp_path: Path, way: str) -> None:
    async with a_desk(tmp_path, assistant="none", handshakes_per_minute=3) as desk:
        for _ in range(3):
            assert await _comes_in(desk, way)
        assert not await _comes_in(desk, way)
        assert desk.count(Conversation) == 3


async def _comes_in(desk: RunningDesk, way: str) -> bool:
    """Whether somebody new gets as far as a welcome."""
    token = await desk.visitor()
    if way == "poll":
        return not waits(await desk.post("hello", {}, token=token))
    try:
        async with a_socket(desk, token) as chat:
            return bool(chat.welcome)
    except aiohttp.WSServerHandshakeError as refused:
        return refused.status != 429


async def test_an_address_that_comes_too_often_asks_nothing_of_the_database(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none", handshakes_per_minute=1) as desk:
        seen = []
        for _ in range(2):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                async with a_socket(desk, "any", site="no-such-site"):
                    pass
            seen.append(refused.value.status)

        assert seen == [403, 429], "whether there is such a site is not looked up any more"


async def test_polls_of_one_session_are_put_off(tmp_path: Path) -> None:
    async with a_desk(tmp_path, **FEW) as desk:
        token = await desk.visitor()
        _, entered = await desk.post("hello", {}, token=token)
        body = {"conversation": entered["frames"][0]["conversation"], "since": 0, "wait": 0}
        answers = [await desk.post("poll", body, token=token) for _ in range(4)]

        assert [answer[0] for answer in answers] == [200, 200, 429, 429]
        assert waits(answers[-1])


async def test_asking_again_from_the_first_line_on_is_put_off(tmp_path: Path) -> None:
    async with a_desk(tmp_path, **FEW) as desk, a_socket(desk, await desk.visitor()) as chat:
        await chat.send("c-1", "hello")
        for _ in range(2):
            await chat.again_since(0)
            await chat.tell({"type": "ping"})
        assert not [frame for frame in chat.frames if frame["type"] == "slow_down"]
        await chat.again_since(0)

        slow = await chat.until(lambda frame: frame["type"] == "slow_down")
        assert slow["client_id"] == ""
        assert slow["wait_ms"] > 0
        assert (await chat.send("c-2", "still here"))["type"] == "ack"


@pytest.mark.parametrize("way", ["socket", "poll"])
async def test_who_types_without_end_is_ignored_in_silence(
    tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_desk(tmp_path, **FEW) as desk:
        token = await desk.visitor()
        rung: list[str] = []
        monkeypatch.setattr(
            desk.desk.switchboard, "typing", lambda conversation, _: rung.append(conversation)
        )
        enter = a_socket if way == "socket" else a_poller
        async with enter(desk, token) as chat:
            answers = [await chat.tell({"type": "typing"}) for _ in range(6)]
            # What comes after them has come after them.
            assert (await chat.send("c-1", "hello"))["type"] == "ack"

            assert answers == [None] * 6
            assert rung == [chat.conversation] * 2


@pytest.mark.parametrize("way", ["socket", "poll"])
async def test_the_desks_own_client_waits_and_misses_nothing(tmp_path: Path, way: Way) -> None:
    async with (
        a_rasa() as rasa,
        a_desk(tmp_path, rasa, port=a_free_port(), calls_per_minute=120, call_burst=1) as desk,
        DeskClient(desk.url, "demo", transport=way) as client,
    ):
        await client.open(new=True)
        for number in range(3):
            ack = await client.send(f"line {number}")
            assert ack.turn is not None
            await client.turn_done(ack.turn, 20)
            client.cut()
            await asyncio.sleep(0)

        texts = [message.text for message in client.messages.values()]
        said = [text for text in texts if text.startswith(("line", "echo"))]
        assert said == [f"{who}line {number}" for number in range(3) for who in ("", "echo: ")]
