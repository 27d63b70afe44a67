"""Who says "forget me on this device" is forgotten: that session reads and writes nothing more (WW-1)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from identity.visitors.logic import read_visitor_token
from identity.visitors.models import VisitorSession
from identity.visitors.operations import revoke_session
from tests.desk.chats import TRANSPORTS, Chat, SocketChat, Transport, a_socket
from tests.desk.desks import ORIGIN, SECRETS, RunningDesk, a_desk, utc_now
from tests.desk.test_web_door import an_identity
from ticketing.conversations.operations import take_over, write_as_agent


@pytest.fixture(params=TRANSPORTS)
def chat_with(request: pytest.FixtureRequest) -> Transport:
    return TRANSPORTS[request.param]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[RunningDesk]:
    async with a_desk(tmp_path, assistant="none") as running:
        yield running


async def leave(desk: RunningDesk, token: str | None, origin: str | None = ORIGIN) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    headers |= {"Origin": origin} if origin else {}
    async with desk.http.post(f"{desk.url}/chat/v1/leave", headers=headers) as response:
        return response.status, await response.text()


def says(desk: RunningDesk, chat: Chat, text: str) -> None:
    desk.database.write(write_as_agent, chat.conversation, text, agent_name="Bea", now=utc_now())
    desk.desk.switchboard._doorbells.ring(chat.conversation)


async def test_a_session_that_left_is_refused_everywhere(desk: RunningDesk) -> None:
    token = await desk.visitor()
    async with a_socket(desk, token) as chat:
        there = chat.conversation

    assert await leave(desk, token) == (204, "")

    for path, body in (
        ("hello", {}),
        ("send", {"conversation": there, "type": "send", "client_id": "c-1", "text": "hello"}),
        ("poll", {"conversation": there, "wait": 0}),
        ("tickets", {}),
        ("ticket", {"number": "INC-000001"}),
        ("ticket/reply", {"number": "INC-000001", "client_id": "c-1", "text": "hello"}),
    ):
        status, answer = await desk.post(path, body, token=token)
        assert (status, answer["frames"][0]["code"]) == (401, "visitor_refused"), path


async def test_what_is_open_is_closed_at_once_and_reads_nothing_more(
    desk: RunningDesk, chat_with: Transport
) -> None:
    token = await desk.visitor()
    async with chat_with(desk, token) as chat:
        desk.database.write(take_over, chat.conversation, agent_name="Bea", now=utc_now())
        says(desk, chat, "before")
        await chat.until_message("before")

        await leave(desk, token)
        says(desk, chat, "after")

        refused = await chat.until(lambda frame: frame["type"] == "error", seconds=2)
        assert refused["code"] == "visitor_refused"
        if isinstance(chat, SocketChat):
            assert await chat.until_closed() == 1008
        await asyncio.sleep(0.1)
        assert "after" not in [message["text"] for message in chat.messages()]


async def test_a_session_revoked_behind_the_desks_back_reads_nothing_more(
    desk: RunningDesk, chat_with: Transport
) -> None:
    """Another process, or an administrator, has ended it: no bell has rung for that."""
    token = await desk.visitor()
    async with chat_with(desk, token) as chat:
        desk.database.write(take_over, chat.conversation, agent_name="Bea", now=utc_now())
        says(desk, chat, "before")
        await chat.until_message("before")
        session_id = read_visitor_token(token, key=SECRETS.visitor_key, now=utc_now()).session_id
        desk.database.write(revoke_session, session_id, now=utc_now())

        says(desk, chat, "after")

        assert (await chat.until(lambda f: f["type"] == "error", seconds=2))["code"] == "visitor_refused"
        assert "after" not in [message["text"] for message in chat.messages()]


async def test_other_devices_of_the_same_person_go_on(desk: RunningDesk) -> None:
    tokens = [await desk.visitor(identity=an_identity()) for _ in range(2)]
    async with a_socket(desk, tokens[0]) as one, a_socket(desk, tokens[1]) as two:
        assert one.conversation == two.conversation

        await leave(desk, tokens[0])

        assert await one.until_closed() == 1008
        assert (await two.send("c-1", "still here"))["type"] == "ack"


async def test_leaving_twice_is_leaving_once(desk: RunningDesk) -> None:
    token = await desk.visitor()

    assert [(await leave(desk, token))[0] for _ in range(2)] == [204, 204]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
async def test_another_page_ends_nobodys_session(desk: RunningDesk, origin: str | None) -> None:
    token = await desk.visitor()

    assert (await leave(desk, token, origin))[0] == 403

    async with a_socket(desk, token) as chat:
        assert chat.welcome


@pytest.mark.parametrize("token", [None, "nonsense"])
async def test_who_has_no_token_has_nothing_to_leave(desk: RunningDesk, token: str | None) -> None:
    assert (await leave(desk, token))[0] == 401
    assert desk.count(VisitorSession) == 0


async def test_leaving_is_bounded_like_reading(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none", read_burst=2, reads_per_minute=1) as desk:
        token = await desk.visitor()

        assert [(await leave(desk, token))[0] for _ in range(3)] == [204, 204, 429]
