"""Frames that are wrong, sockets that misbehave, and what all this leaves in the log (TRUST WW-9, WW-12)."""

from __future__ import annotations

import asyncio
import json
import logging
import socket as sockets
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy.orm import Session

from bot.channels.web import connection
from bot.channels.web import socket as socket_channel
from identity.visitors.models import VisitorSession
from tests.desk.chats import SocketChat, a_poller, a_socket
from tests.desk.desks import ORIGIN, RunningDesk, a_desk, a_rasa, eventually, utc_now
from ticketing.conversations.ledger import lock_conversation
from ticketing.conversations.logic import Author
from ticketing.conversations.models import Conversation, Message
from ticketing.conversations.operations import take_over

MARKER = "marker-words-of-a-person"

BAD_FRAMES: list[str] = [
    "",
    "nonsense",
    "[]",
    "null",
    "{}",
    '{"type": "shout"}',
    '{"type": ["send"]}',
    '{"type": "send"}',
    json.dumps({"type": "send", "client_id": "c", "text": "a", "button": "0" * 16}),
    json.dumps({"type": "send", "client_id": "c"}),
    json.dumps({"type": "send", "client_id": "c", "text": 7}),
    json.dumps({"type": "send", "client_id": 7, "text": "a"}),
    json.dumps({"type": "send", "client_id": "has spaces", "text": "a"}),
    json.dumps({"type": "send", "client_id": "c\n", "text": "a"}),
    json.dumps({"type": "send", "client_id": "c" * 65, "text": "a"}),
    json.dumps({"type": "send", "client_id": "c", "text": "a", MARKER: 1}),
    json.dumps({"type": "send", "client_id": MARKER + "!", "text": MARKER, "seq": 3}),
    json.dumps({"type": "send", "client_id": "c", "text": MARKER * 1000}),
    json.dumps({"type": "send", "client_id": "c", "button": MARKER}),
    '{"type": "send", "client_id": "c", "text": "\\ud800"}',
    '{"type": "since", "seq": -1}',
    '{"type": "since", "seq": 1e99}',
    '{"type": "since", "seq": "1"}',
    '{"type": "since", "seq": 99999999999999999999}',
    '{"type": "language", "language": "tlh"}',
    '{"type": "typing", "author": "agent"}',
    '{"type": "ping"} {"type": "ping"}',
    "[" * 20_000,
    '{"type":' * 5_000,
    '{"type": "since", "seq": ' + "9" * 5_000 + "}",
    json.dumps({"type": MARKER}),
    json.dumps({MARKER: {"a": [{}] * 1000}}),
]


async def test_a_bad_frame_gets_an_error_that_quotes_nothing_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_BAD_FRAMES", 1_000)
    async with a_desk(tmp_path, assistant="none") as desk, a_socket(desk, await desk.visitor()) as chat:
        for raw in BAD_FRAMES:
            chat.frames.clear()
            await chat.socket.send_str(raw)
            await chat.tell({"type": "ping"})
            await chat.until(lambda frame: frame["type"] == "pong")

            [refused, _] = chat.frames
            assert refused["code"] == "bad_frame", raw[:80]
            assert MARKER not in json.dumps(refused), raw[:80]
            assert len(refused["detail"]) <= 300
        assert desk.transcript(chat.conversation) == []


@pytest.mark.parametrize("path", ["session", "hello", "send", "poll"])
async def test_a_bad_body_is_refused_and_not_quoted(tmp_path: Path, path: str) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        token = await desk.visitor()
        async with a_poller(desk, token) as chat:
            there = chat.conversation
        bodies: list[bytes] = [raw.encode() for raw in BAD_FRAMES if raw != "{}"] + [
            b"\xff\xfe",
            json.dumps({"conversation": there, "type": "send", MARKER: 1}).encode(),
            json.dumps({"conversation": MARKER, "type": "typing"}).encode(),
            json.dumps({"conversation": "\x00" * 32, "type": "typing"}).encode(),
            b'{"conversation": "\\ud800", "type": "typing"}',
            json.dumps({"conversation": [there], "type": "typing"}).encode(),
            json.dumps({"site": [MARKER], "conversation": there, "wait": 26}).encode(),
            json.dumps({"conversation": there, "padding": "x" * 65 * 1024}).encode(),
        ]
        sessions, talks = desk.count(VisitorSession), desk.count(Conversation)
        for body in bodies:
            status, answer = await desk.post(path, body, token=token)
            assert status in (400, 404), body[:80]
            assert answer["frames"][0]["code"] in ("bad_frame", "conversation_not_found"), body[:80]
            assert MARKER not in json.dumps(answer)
        assert (desk.count(VisitorSession), desk.count(Conversation)) == (sessions, talks)
        assert desk.transcript(there) == []


async def test_a_body_that_does_not_come_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.web.bodies.BODY_SECONDS", 0.2)
    async with a_desk(tmp_path, assistant="none") as desk:
        reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
        writer.write(
            b"POST /chat/v1/session HTTP/1.1\r\nHost: desk\r\nOrigin: https://intranet.example\r\n"
            b"Content-Length: 100\r\n\r\n{"
        )
        async with asyncio.timeout(5):
            answer = await reader.readline()
        writer.close()
    assert b" 400 " in answer


async def test_a_frame_of_more_than_64_kib_closes_with_1009(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk, a_socket(desk, await desk.visitor()) as chat:
        await chat.tell({"type": "send", "client_id": "c", "text": "x" * 65 * 1024})
        assert await chat.until_closed() == 1009
        assert desk.transcript(chat.conversation) == []


async def test_a_frame_in_ten_thousand_fragments_is_bounded_too(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk, a_socket(desk, await desk.visitor()) as chat:
        writer = chat.socket._writer
        with_errors = (aiohttp.ClientError, ConnectionError, RuntimeError)
        try:
            first, more = 0x1, 0x0
            for number in range(10_000):
                opcode = first if number == 0 else more
                # No FIN bit, masked with zeros: a text frame that never ends.
                writer.transport.write(bytes([opcode, 0x80 | 16, 0, 0, 0, 0]) + b"x" * 16)
        except with_errors:
            pass
        assert await chat.until_closed() in (1009, 1006)


async def test_a_compressed_bomb_is_not_unpacked(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        token = await desk.visitor()
        async with desk.http.ws_connect(
            f"{desk.url}/chat/v1/socket", params={"site": "demo"}, headers={"Origin": ORIGIN}, compress=15
        ) as socket:
            assert not socket.compress
            await socket.send_json({"type": "hello", "token": token})
            assert (await socket.receive_json())["type"] == "welcome"


async def test_a_binary_frame_is_refused(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk, a_socket(desk, await desk.visitor()) as chat:
        await chat.socket.send_bytes(b'{"type": "ping"}')
        assert (await chat.until(lambda frame: frame["type"] == "error"))["code"] == "bad_frame"
        assert not [frame for frame in chat.frames if frame["type"] == "pong"]


async def test_a_binary_hello_is_refused(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk, a_socket(desk, None) as chat:
        await chat.socket.send_bytes(b'{"type": "hello"}')
        assert (await chat.until(lambda frame: frame["type"] == "error"))["code"] == "bad_frame"
        assert await chat.until_closed() == 1008


async def test_who_does_not_say_hello_in_time_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_channel, "HELLO_SECONDS", 0.1)
    async with a_desk(tmp_path, assistant="none") as desk, a_socket(desk, None) as chat:
        assert (await chat.until(lambda frame: frame["type"] == "error"))["code"] == "bad_frame"
        assert await chat.until_closed() == 1008


@pytest.mark.parametrize("first", [{"type": "ping"}, {"type": "send", "client_id": "c", "text": "hi"}])
async def test_nothing_goes_before_hello(tmp_path: Path, first: dict[str, str]) -> None:
    async with a_desk(tmp_path, assistant="none") as desk, a_socket(desk, None) as chat:
        await chat.tell(first)
        assert (await chat.until(lambda frame: frame["type"] == "error"))["code"] == "bad_frame"
        assert await chat.until_closed() == 1008


async def test_a_second_hello_is_refused_and_the_socket_stays(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        token = await desk.visitor()
        async with a_socket(desk, token) as chat:
            await chat.tell({"type": "hello", "token": token})
            assert (await chat.until(lambda frame: frame["type"] == "error"))["code"] == "bad_frame"
            assert (await chat.send("c-1", "hello"))["type"] == "ack"


async def test_the_first_frame_is_the_welcome_whatever_was_sent_along(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        token = await desk.visitor()
        for along in ('{"type": "ping"}', "nonsense", '{"type": "send", "client_id": "c", "text": "hi"}'):
            async with a_socket(desk, None) as chat:
                # All in one packet: the desk finds them in its buffer.
                for raw in (json.dumps({"type": "hello", "token": token}), along, along):
                    await chat.socket.send_str(raw)
                await chat.until(lambda frame: frame["type"] in ("pong", "error", "ack"))
                assert chat.frames[0]["type"] == "welcome"


async def test_the_tenth_bad_frame_closes_the_socket(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk, a_socket(desk, await desk.visitor()) as chat:
        for _ in range(10):
            await chat.socket.send_str("nonsense")
        assert await chat.until_closed() == 1008
        assert len([frame for frame in chat.frames if frame["type"] == "error"]) == 10


async def test_a_socket_that_is_not_kept_up_to_date_any_more_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rather a reconnection than a viewer that silently sees nothing."""
    async with a_desk(tmp_path, assistant="none") as desk, a_socket(desk, await desk.visitor()) as chat:

        async def fail(*_: object) -> None:
            raise RuntimeError(MARKER)

        monkeypatch.setattr(desk.desk.switchboard, "news", fail)
        await chat.tell({"type": "since", "seq": 0})
        assert await chat.until_closed() != 1000


async def test_an_unforeseen_error_at_hello_is_told_with_a_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:

        async def fail(*_: object, **__: object) -> None:
            raise RuntimeError(MARKER)

        token = await desk.visitor()
        monkeypatch.setattr(desk.desk.switchboard, "enter", fail)
        async with a_socket(desk, token) as chat:
            refused = await chat.until(lambda frame: frame["type"] == "error")
            assert (refused["code"], refused["retry"]) == ("internal", True)
            assert MARKER not in json.dumps(refused)
            await chat.until_closed()


LINES = 1_000


def _write_much(desk: RunningDesk, there: str) -> None:
    """More than the kernel keeps for somebody who does not read."""

    def fill(session: Session) -> None:
        take_over(session, there, agent_name="Ana", now=utc_now())
        conversation = lock_conversation(session, there)
        for number in range(1, LINES + 1):
            session.add(
                Message(
                    conversation_id=conversation.id,
                    seq=number,
                    author=Author.AGENT,
                    text="x" * 8_000,
                    extras={"agent": "Ana"},
                    channel="web",
                    at=utc_now(),
                )
            )
        conversation.last_seq = LINES

    desk.database.write(fill)


def _open_sockets(desk: RunningDesk) -> int:
    """How many connections the desk holds to this test's clients."""
    import psutil

    return sum(
        1
        for connection in psutil.Process().net_connections("tcp")
        if connection.laddr and connection.laddr.port == desk.port and connection.status == "ESTABLISHED"
        if connection.raddr
    )


async def _deaf_socket(desk: RunningDesk, token: str, there: str) -> sockets.socket:
    """A client that says hello and then never reads."""
    loop = asyncio.get_running_loop()
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await loop.sock_connect(raw, ("127.0.0.1", desk.port))
    await loop.sock_sendall(
        raw,
        f"GET /chat/v1/socket?site=demo HTTP/1.1\r\nHost: x\r\nOrigin: {ORIGIN}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode(),
    )
    assert b" 101 " in await loop.sock_recv(raw, 200)
    hello = json.dumps({"type": "hello", "token": token, "conversation": there}).encode()
    await loop.sock_sendall(raw, bytes([0x81, 0xFE]) + len(hello).to_bytes(2, "big") + bytes(4) + hello)
    return raw


def _buffered(desk: RunningDesk) -> int:
    """What the desk has written and no client has read."""
    server = desk.public.server
    assert isinstance(server, web.Server)
    transports = [connection.transport for connection in server.connections if connection.transport]
    return max((transport.get_write_buffer_size() for transport in transports), default=0)


async def test_a_reader_that_never_reads_is_let_go_and_nobody_else_notices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.web.sender.SEND_SECONDS", 0.3)
    monkeypatch.setattr("bot.channels.web.sender.CLOSE_SECONDS", 0.3)
    async with a_desk(tmp_path, assistant="none", sockets_per_visitor=2) as desk:
        token = await desk.visitor()
        async with a_socket(desk, token) as other:
            there = other.conversation
            _write_much(desk, there)
            raw = await _deaf_socket(desk, token, there)
            most = 0
            try:
                desk.desk.switchboard._doorbells.ring(there)
                await other.until_seq(LINES)
                await eventually(lambda: _buffered(desk))
                most = _buffered(desk)
                # Its place is free again, and its connection is gone.
                await asyncio.wait_for(_until_room(desk, token), 10)
                await eventually(lambda: not _buffered(desk))
                await eventually(lambda: _open_sockets(desk) <= 2)
            finally:
                raw.close()
            assert (await other.send("c-1", "I am still here"))["type"] == "ack"
    # Of 8 MB at most what the transport takes at once.
    assert most < 1_000_000


async def _until_room(desk: RunningDesk, token: str) -> None:
    while True:
        async with a_socket(desk, token, since=0, new=True) as chat:
            if chat.welcome:
                return
        await asyncio.sleep(0.05)


async def test_a_desk_that_stops_tells_its_clients_to_come_back(tmp_path: Path) -> None:
    chats: list[SocketChat] = []
    async with a_rasa() as rasa:
        async with a_desk(tmp_path, rasa) as desk:
            token = await desk.visitor()
            opened = [a_socket(desk, token), a_socket(desk, await desk.visitor())]
            for context in opened:
                chats.append(await context.__aenter__())
            await chats[0].send("c-1", "one")
            await chats[0].until_seq(2)
            left = chats[0].welcome
            started = asyncio.get_running_loop().time()
            stopping = asyncio.create_task(_stop(desk))
            for chat in chats:
                again = await chat.until(lambda frame: frame["type"] == "reconnect")
                assert again["wait_ms"] > 0
                assert await chat.until_closed() == 1012
            await stopping
            took = asyncio.get_running_loop().time() - started
            for context in opened:
                await context.__aexit__(None, None, None)
        async with a_desk(tmp_path, rasa) as desk:
            resumed = a_socket(desk, token, conversation=left["conversation"], epoch=left["epoch"], since=1)
            async with resumed as chat:
                assert await chat.until_seq(2) == [2]
                assert chat.reloads == 0
    assert took < 5


async def _stop(desk: RunningDesk) -> None:
    """What happens first when a desk is told to stop."""
    await desk.public.cleanup()


async def test_a_desk_stops_in_time_though_a_client_does_not_read(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        token = await desk.visitor()
        async with a_poller(desk, token) as chat:
            there = chat.conversation
        _write_much(desk, there)
        raw = await _deaf_socket(desk, token, there)
        await eventually(lambda: _buffered(desk))
        async with a_socket(desk, token) as other:
            started = asyncio.get_running_loop().time()
            await _stop(desk)
            took = asyncio.get_running_loop().time() - started
            assert await other.until_closed() == 1012
        raw.close()
    assert took < 5


async def test_a_poll_that_waits_is_told_when_the_desk_stops(tmp_path: Path) -> None:
    async with (
        a_desk(tmp_path, assistant="none", grace=20.0) as desk,
        a_poller(desk, await desk.visitor()) as chat,
    ):
        await chat.tell({"type": "typing"})
        started = asyncio.get_running_loop().time()
        await _stop(desk)
        took = asyncio.get_running_loop().time() - started
        assert (await chat.until(lambda f: f["type"] == "reconnect"))["wait_ms"] > 0
    assert took < 15


async def test_no_word_and_no_token_gets_into_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from desk.log_lines import start_logging

    caplog.set_level(logging.DEBUG)
    start_logging("DEBUG")

    async def echoes(turn: dict[str, Any]) -> Any:
        return [{"text": f"you said {turn['text']}"}]

    async with a_rasa(echoes) as rasa, a_desk(tmp_path, rasa) as desk:
        token = await desk.visitor()
        async with a_socket(desk, token) as chat:
            await chat.send("c-1", f"my words are {MARKER}")
            await chat.until_message("you said", author="assistant")
            await chat.socket.send_str(f"{MARKER} is no frame")
            rasa.script = _fails_with_the_words
            await chat.send("c-2", f"again {MARKER}")
            await chat.until(lambda f: f["type"] == "status" and f["turns_done"] == 2)
            with monkeypatch.context() as broken:
                broken.setattr(desk.desk.switchboard, "receive", _quotes_the_line)
                await chat.send("c-3", MARKER)
        await desk.post("hello", {"token": MARKER}, token=token + MARKER)

    said = "\n".join(_everything_in(record) for record in caplog.records)
    assert "web_channel_failed" in said
    assert MARKER not in said
    assert token not in said
    assert token.split(".")[1] not in said


async def _fails_with_the_words(turn: dict[str, Any]) -> Any:
    return web.json_response({"error": turn["text"]}, status=502)


async def _quotes_the_line(_token: object, _conversation: str, inbound: Any) -> None:
    raise RuntimeError(f"cannot store {inbound.text}")


def _everything_in(record: logging.LogRecord) -> str:
    """The line and its traceback as a handler writes them, and whatever was attached."""
    return logging.Formatter("%(name)s %(message)s").format(record) + repr(record.__dict__)
