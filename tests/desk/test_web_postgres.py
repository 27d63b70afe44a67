"""The same desk on PostgreSQL: it refuses in the same words what SQLite would have stored."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.databases import an_empty_postgres, make_tables
from tests.desk.chats import TRANSPORTS, a_socket
from tests.desk.desks import ORIGIN, a_desk, a_rasa, prepare
from ticketing.conversations.logic import Author

pytestmark = pytest.mark.requires("postgres")


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    with an_empty_postgres() as url:
        make_tables(url)
        prepare(url)
        yield url


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_lines_are_recorded_once_and_answered_in_order(
    tmp_path: Path, postgres_url: str, transport: str
) -> None:
    async with a_rasa() as rasa, a_desk(tmp_path, rasa, database_url=postgres_url) as desk:
        token = await desk.visitor()
        async with TRANSPORTS[transport](desk, token) as chat:
            body = {"type": "send", "conversation": chat.conversation, "client_id": "c-1", "text": "help"}
            answers = await asyncio.gather(*(desk.post("send", body, token=token) for _ in range(8)))
            await chat.until_message("echo: help")
            await chat.send("c-2", "and more")
            await chat.until_message("echo: and more")

            assert {(body["frames"][0]["seq"], body["frames"][0]["turn"]) for _, body in answers} == {(1, 1)}
            assert desk.said(chat.conversation, Author.PERSON) == ["help", "and more"]
            assert [message["seq"] for message in chat.messages()] == [1, 2, 3, 4]


async def test_characters_that_it_cannot_store_are_no_inner_error(tmp_path: Path, postgres_url: str) -> None:
    async with a_desk(tmp_path, assistant="none", database_url=postgres_url) as desk:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await desk.http.ws_connect(
                f"{desk.url}/chat/v1/socket", params={"site": "demo\x00"}, headers={"Origin": ORIGIN}
            )
        assert refused.value.status == 403
        status, _ = await desk.post("session", {"site": "demo\x00"})
        assert status in (400, 403)
        async with a_socket(desk, await desk.visitor()) as chat:
            assert (await chat.send("c-1", "a\x00b"))["type"] == "ack"
            assert desk.said(chat.conversation, Author.PERSON) == ["ab"]


async def test_a_nul_from_rasa_does_not_keep_a_turn_from_ending(tmp_path: Path, postgres_url: str) -> None:
    async def says_nul(_: object) -> list[dict[str, object]]:
        return [{"text": "a\x00b"}]

    async with (
        a_rasa(says_nul) as rasa,
        a_desk(tmp_path, rasa, database_url=postgres_url) as desk,
        a_socket(desk, await desk.visitor()) as chat,
    ):
        await chat.send("c-1", "how do I connect to the VPN?")
        assert (await desk.settled(chat.conversation))[-1].extras["sources"]
