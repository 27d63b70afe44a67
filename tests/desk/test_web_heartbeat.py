"""Sockets that go silent, and looks that nobody rang for: kept by one clock for all of them (TRUST WW-9)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from bot.channels.web.viewer import Viewer
from identity.visitors.logic import VisitorToken
from tests.desk.chats import a_socket
from tests.desk.desks import ORIGIN, PATIENCE, RunningDesk, a_desk
from ticketing.conversations.logic import Author
from ticketing.conversations.operations import Inbound, Recorded
from ticketing.conversations.queries import Line

HEARTBEAT = 0.5


async def a_silent_socket(desk: RunningDesk, token: str) -> aiohttp.ClientWebSocketResponse:
    """A client that answers no ping by itself, after its hello."""
    socket = await desk.http.ws_connect(
        f"{desk.url}/chat/v1/socket", params={"site": "demo"}, origin=ORIGIN, autoping=False
    )
    await socket.send_json({"type": "hello", "token": token})
    assert (await socket.receive_json())["type"] == "welcome"
    return socket


async def test_who_answers_no_ping_is_let_go_of(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none", heartbeat_seconds=HEARTBEAT) as desk:
        socket = await a_silent_socket(desk, await desk.visitor())

        async with asyncio.timeout(PATIENCE):
            kinds = [message.type async for message in socket]

        assert kinds == [aiohttp.WSMsgType.PING]
        assert socket.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE


async def test_who_answers_is_asked_again_and_again_and_stays(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none", heartbeat_seconds=HEARTBEAT) as desk:
        socket = await a_silent_socket(desk, await desk.visitor())

        async with asyncio.timeout(PATIENCE):
            for _ in range(3):
                message = await socket.receive()
                assert message.type is aiohttp.WSMsgType.PING
                await socket.pong(message.data)

        await socket.send_json({"type": "ping"})
        assert await socket.receive_json() == {"type": "pong"}


async def test_a_ping_of_the_client_is_answered_before_the_hello_too(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        token = await desk.visitor()
        socket = await desk.http.ws_connect(
            f"{desk.url}/chat/v1/socket", params={"site": "demo"}, origin=ORIGIN, autoping=False
        )

        await socket.ping(b"early")
        early = await socket.receive()
        await socket.send_json({"type": "hello", "token": token})
        welcome = await socket.receive_json()
        await socket.ping(b"late")
        late = await socket.receive()

        assert (early.type, early.data) == (aiohttp.WSMsgType.PONG, b"early")
        assert welcome["type"] == "welcome"
        assert (late.type, late.data) == (aiohttp.WSMsgType.PONG, b"late")


async def test_a_visitor_whose_line_takes_long_to_record_is_not_taken_for_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        a_desk(tmp_path, assistant="none", heartbeat_seconds=HEARTBEAT) as desk,
        a_socket(desk, await desk.visitor()) as chat,
    ):
        switchboard = desk.desk.switchboard
        receive = switchboard.receive

        async def slowly(token: VisitorToken, conversation: str, inbound: Inbound) -> Recorded:
            await asyncio.sleep(3 * HEARTBEAT)
            return await receive(token, conversation, inbound)

        monkeypatch.setattr(switchboard, "receive", slowly)

        answer = await chat.send("one", "hello")

        assert answer["type"] == "ack"


async def test_what_is_asked_for_again_during_a_look_is_shown_by_the_next_one() -> None:
    reading, read_on = asyncio.Event(), asyncio.Event()
    asked: list[int] = []

    async def news(_token: VisitorToken, _conversation: int, since: int) -> Any:
        asked.append(since)
        reading.set()
        await read_on.wait()
        lines = [_line(seq) for seq in range(since + 1, 4)]
        return SimpleNamespace(lines=lines, status=SimpleNamespace(last_seq=3, version=0), place=None)

    gateway: Any = SimpleNamespace(news=news)
    viewer = Viewer(gateway, VisitorToken("session", "demo"), 1, since=2, version=0)
    look = asyncio.create_task(viewer.news())
    await reading.wait()

    viewer.go_back(0)
    read_on.set()
    first, second = await look, await viewer.news()

    assert [frame["seq"] for frame in first] == [3]
    assert [frame["seq"] for frame in second] == [1, 2, 3]
    assert asked == [2, 0]


def _line(seq: int) -> Line:
    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    return Line(seq, Author.DESK, f"line {seq}", {}, at)
