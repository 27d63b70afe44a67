"""The protocol client against a desk that misbehaves: the rules of docs/protocol.md, over both transports."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from desk.client import DeskClient, LedgerReplaced, Link, Listener, Message, NoContact, Position, Refused
from desk.client.connection import Way
from tests.desk.scripted_desk import Frame, ScriptedDesk

SOON = 10.0
both = pytest.mark.parametrize("way", ["socket", "poll"])


@pytest.fixture
async def desk() -> AsyncIterator[ScriptedDesk]:
    async with ScriptedDesk().running() as desk:
        yield desk


class Heard(Listener):
    """Keeps what a listener is told."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.links: list[Link] = []
        self.reloads: list[str] = []

    def on_message(self, message: Message) -> None:
        self.messages.append(message)

    def on_link(self, link: Link) -> None:
        self.links.append(link)

    def on_reload(self, reason: str) -> None:
        self.reloads.append(reason)
        self.messages.clear()


def a_client(desk: ScriptedDesk, way: Way = "socket", **changes: Any) -> DeskClient:
    return DeskClient(desk.url, "demo", transport=way, **changes)


async def say(client: DeskClient, text: str) -> None:
    ack = await client.send(text)
    assert ack.turn is not None
    await client.turn_done(ack.turn, SOON)


def texts(client: DeskClient) -> list[str]:
    return [message.text for message in client.messages.values()]


@both
async def test_a_line_is_kept_and_its_turn_ends_with_every_message_here(desk: ScriptedDesk, way: Way) -> None:
    async with a_client(desk, way) as client:
        await client.open(new=True)
        ack = await client.send("hello")
        assert ack.turn is not None
        await client.turn_done(ack.turn, SOON)

        assert (ack.seq, ack.turn, ack.duplicate) == (1, 1, False)
        assert texts(client) == ["hello", "you said hello"]
        assert desk.origins == {desk.url}


@both
async def test_a_line_whose_ack_was_lost_is_sent_again_with_the_same_id(desk: ScriptedDesk, way: Way) -> None:
    desk.cuts_before_ack, desk.cuts_before_keeping = 2, 1
    async with a_client(desk, way) as client:
        await client.open(new=True)
        await say(client, "hello")

        assert len({frame["client_id"] for frame in desk.received}) == 1
        assert texts(client) == ["hello", "you said hello"]
        assert desk.talk.turns == 1
        assert client.counters.sent_again >= 2


@both
async def test_slow_down_waits_and_sends_the_same_line_again(desk: ScriptedDesk, way: Way) -> None:
    desk.slow_downs = 3
    async with a_client(desk, way) as client:
        await client.open(new=True)
        await say(client, "hello")

        assert [frame["text"] for frame in desk.received] == ["hello"] * 4
        assert len({frame["client_id"] for frame in desk.received}) == 1
        assert client.counters.slow_downs == 3


async def test_the_time_of_a_turn_starts_at_the_transmission_that_was_recorded(desk: ScriptedDesk) -> None:
    desk.slow_downs = 10  # 20 ms each
    async with a_client(desk) as client:
        await client.open(new=True)
        started = asyncio.get_running_loop().time()
        ack = await client.send("hello")

        assert ack.sent_at - started >= 0.2


@both
async def test_lines_sent_at_once_arrive_in_order_even_when_slowed_down(desk: ScriptedDesk, way: Way) -> None:
    desk.slow_downs = 2
    async with a_client(desk, way) as client:
        await client.open(new=True)
        await asyncio.gather(*(client.send(str(number)) for number in range(6)))
        await client.turn_done(6, SOON)

        mine = [message.text for message in client.messages.values() if message.author == "person"]
        assert mine == ["0", "1", "2", "3", "4", "5"]


@both
async def test_repeated_and_reordered_frames_leave_one_list_in_order(desk: ScriptedDesk, way: Way) -> None:
    chance = random.Random(7)  # noqa: S311 - a seed, no secret

    def mangle(frames: list[Frame]) -> list[Frame]:
        doubled = frames + [frame for frame in frames if chance.random() < 0.5]
        chance.shuffle(doubled)
        return doubled

    heard = Heard()
    desk.mangle = mangle
    async with a_client(desk, way, listener=heard) as client:
        await client.open(new=True)
        for number in range(10):
            await say(client, f"line {number}")

        assert [message.seq for message in heard.messages] == list(range(1, 21))
        assert [message.text for message in heard.messages] == [row["text"] for row in desk.talk.messages]
        assert client.counters.repeated_messages > 0


async def test_a_gap_is_asked_for_at_once(desk: ScriptedDesk) -> None:
    lost: list[Frame] = []

    def lose_the_second(frames: list[Frame]) -> list[Frame]:
        if not lost:
            lost.extend(frame for frame in frames if frame.get("seq") == 2)
            return [frame for frame in frames if frame.get("seq") != 2]
        return frames

    desk.mangle = lose_the_second
    async with a_client(desk) as client:
        await client.open(new=True)
        desk.talk.messages += [
            {"type": "message", "seq": seq, "author": "desk", "text": str(seq), "at": ""} for seq in (1, 2, 3)
        ]
        desk.talk.ring()
        await client.until(lambda: client.last_seq == 3, SOON)

        assert desk.sinces == [1]
        assert texts(client) == ["1", "2", "3"]


async def test_messages_that_the_status_speaks_of_are_asked_for_after_a_moment(desk: ScriptedDesk) -> None:
    lost: list[Frame] = []

    def lose_the_answer(frames: list[Frame]) -> list[Frame]:
        if not lost:
            lost.extend(frame for frame in frames if frame.get("author") == "assistant")
            return [frame for frame in frames if frame.get("author") != "assistant"]
        return frames

    desk.mangle = lose_the_answer
    async with a_client(desk) as client:
        await client.open(new=True)
        await say(client, "hello")

        assert texts(client) == ["hello", "you said hello"]
        assert desk.sinces == [1]


@both
async def test_what_was_said_while_away_comes_after_the_reconnection(desk: ScriptedDesk, way: Way) -> None:
    heard = Heard()
    async with a_client(desk, way, listener=heard) as client:
        await client.open(new=True)
        await say(client, "hello")
        client.cut()
        desk.talk.add("desk", "while you were away")
        await client.until(lambda: client.last_seq == 3, SOON)

        assert desk.hellos[-1]["since"] == 2
        assert [message.seq for message in heard.messages] == [1, 2, 3]
        assert heard.links == [Link.UP, Link.DOWN, Link.UP]
        assert client.counters.cuts == client.counters.losses == 1


@both
async def test_cuts_at_random_lose_nothing_and_double_nothing(desk: ScriptedDesk, way: Way) -> None:
    chance = random.Random(11)  # noqa: S311 - a seed, no secret
    async with a_client(desk, way) as client:
        await client.open(new=True)

        async def cut_now_and_then() -> None:
            while True:
                await asyncio.sleep(chance.uniform(0.0, 0.1))
                client.cut()

        cutting = asyncio.create_task(cut_now_and_then())
        for number in range(20):
            await say(client, f"line {number}")
            await asyncio.sleep(0.02)
        cutting.cancel()
        await client.until(lambda: client.last_seq == 40, SOON)

        assert texts(client) == [row["text"] for row in desk.talk.messages]
        assert desk.talk.turns == 20
        assert client.counters.cuts > 0


@both
async def test_another_ledger_means_one_reload_and_no_loop(desk: ScriptedDesk, way: Way) -> None:
    heard = Heard()
    async with a_client(desk, way, listener=heard) as client:
        await client.open(new=True)
        await say(client, "hello")
        desk.restart_with_another_ledger(is_empty=False)
        hellos = len(desk.hellos)
        client.cut()
        await client.until(lambda: client.is_up and client.last_seq == 2 and len(heard.links) == 3, SOON)
        await say(client, "again")

        assert heard.reloads == ["position_unknown"]
        assert [message.seq for message in heard.messages] == [1, 2, 3, 4]
        assert len(desk.hellos) == hellos + 1


@both
async def test_a_turn_of_a_lost_ledger_is_not_waited_for(desk: ScriptedDesk, way: Way) -> None:
    desk.is_answering = False
    async with a_client(desk, way) as client:
        await client.open(new=True)
        ack = await client.send("hello")
        assert ack.turn is not None
        waiting = asyncio.create_task(client.turn_done(ack.turn, SOON))
        await client.until(lambda: client.last_seq == 1, SOON)
        desk.restart_with_another_ledger(is_empty=True)
        client.cut()

        with pytest.raises(LedgerReplaced, match="position_unknown"):
            await waiting


async def test_polling_takes_over_where_sockets_do_not_pass(desk: ScriptedDesk) -> None:
    desk.is_upgrading = False
    async with a_client(desk, "auto") as client:
        await client.open(new=True)
        await say(client, "hello")

        assert client.is_polling
        assert texts(client) == ["hello", "you said hello"]


async def test_a_refused_poll_is_tried_again_without_a_new_hello(desk: ScriptedDesk) -> None:
    desk.busy_polls = 2
    async with a_client(desk, "poll") as client:
        await client.open(new=True)
        await say(client, "hello")

        assert len(desk.hellos) == 1
        assert client.counters.losses == 0


async def test_a_reconnect_frame_is_obeyed(desk: ScriptedDesk) -> None:
    async with a_client(desk) as client:
        await client.open(new=True)
        await say(client, "hello")
        started = asyncio.get_running_loop().time()
        for socket in desk.sockets:
            await socket.send_json({"type": "reconnect", "wait_ms": 400})
        await client.until(lambda: client.counters.connections == 2, SOON)

        assert asyncio.get_running_loop().time() - started >= 0.4


@both
async def test_a_visitor_whose_token_died_is_vouched_for_again(desk: ScriptedDesk, way: Way) -> None:
    made = iter(["jwt-1", "jwt-2", "jwt-3"])
    async with a_client(desk, way, identity=lambda: next(made)) as client:
        await client.open(new=True)
        desk.valid_tokens.clear()
        client.cut()
        await say(client, "hello")

        assert [session["identity"] for session in desk.sessions] == ["jwt-1", "jwt-2"]
        assert texts(client) == ["hello", "you said hello"]


@both
async def test_a_refused_line_is_an_error_and_the_visit_goes_on(desk: ScriptedDesk, way: Way) -> None:
    desk.errors = [{"type": "error", "code": "message_too_long", "detail": "at most 4000 characters"}]
    async with a_client(desk, way) as client:
        await client.open(new=True)
        with pytest.raises(Refused, match="at most 4000 characters") as refused:
            await client.send("x")
        await say(client, "hello")

        assert refused.value.code == "message_too_long"
        assert texts(client) == ["hello", "you said hello"]


@both
async def test_a_line_the_database_did_not_take_is_sent_again(desk: ScriptedDesk, way: Way) -> None:
    desk.errors = [{"type": "error", "code": "not_saved", "detail": "", "retry": True}] * 2
    async with a_client(desk, way) as client:
        await client.open(new=True)
        await say(client, "hello")

        assert len({frame["client_id"] for frame in desk.received}) == 1
        assert texts(client) == ["hello", "you said hello"]


async def test_a_button_is_offered_until_it_is_pressed(desk: ScriptedDesk) -> None:
    async with a_client(desk) as client:
        await client.open(new=True)
        await say(client, "a button please")
        offer = client.find_button(" yes ")
        assert offer is not None
        ack = await client.send(button=offer.id)
        assert ack.turn is not None
        await client.turn_done(ack.turn, SOON)

        assert client.find_button("Yes") is None
        assert client.find_button("No") is not None
        assert texts(client)[-1] == "you said yes"


async def test_a_position_goes_on_without_what_was_seen(desk: ScriptedDesk) -> None:
    async with a_client(desk) as client:
        await client.open(new=True)
        await say(client, "hello")
        position, token = client.position, client.token
    async with a_client(desk, token=token) as client:
        await client.open(position=position)
        await say(client, "again")

        assert len(desk.sessions) == 1
        assert list(client.messages) == [3, 4]


async def test_a_conversation_that_is_gone_is_refused(desk: ScriptedDesk) -> None:
    async with a_client(desk) as client:
        with pytest.raises(Refused) as refused:
            await client.open(position=Position("nowhere", desk.epoch, 4))

    assert refused.value.code == "conversation_not_found"


async def test_while_an_agent_speaks_no_turn_answers(desk: ScriptedDesk) -> None:
    async with a_client(desk) as client:
        await client.open(new=True)
        desk.talk.speaker = "agent"
        ack = await client.send("hello")
        await client.until(lambda: client.status is not None and client.status.speaker == "agent", SOON)

        assert ack.turn is None


async def test_a_desk_that_is_not_there_is_said_at_once() -> None:
    client = DeskClient("http://127.0.0.1:9", "demo")
    with pytest.raises(NoContact, match=r"no desk answers at http://127\.0\.0\.1:9$"):
        await client.open(new=True)


@both
async def test_patience_ends_when_the_desk_stays_away(way: Way) -> None:
    desk = ScriptedDesk()
    async with desk.running():
        client = a_client(desk, way, patience=0.5)
        await client.open(new=True)
        await say(client, "hello")
    started = asyncio.get_running_loop().time()
    with pytest.raises(NoContact, match=r"for 0\.5 s"):
        await client.send("still there?")
    await client.close()

    assert asyncio.get_running_loop().time() - started < 5


async def test_a_desk_that_starts_later_is_waited_for_when_asked_to(unused_tcp_port: int) -> None:
    client = DeskClient(f"http://127.0.0.1:{unused_tcp_port}", "demo", waits_for_start=True)
    opening = asyncio.create_task(client.open(new=True))
    await asyncio.sleep(0.3)
    async with ScriptedDesk().running(unused_tcp_port), client:
        await opening
        await say(client, "hello")


async def test_frames_nobody_knows_are_survived(desk: ScriptedDesk) -> None:
    strange: list[Frame] = [
        {"type": "weather"},
        {"type": "message", "seq": "one"},
        {"type": "status"},
        {"type": "typing", "author": "agent", "seconds": "soon"},
    ]
    async with a_client(desk) as client:
        await client.open(new=True)
        for socket in desk.sockets:
            await socket.send_str("not json")
            for frame in strange:
                await socket.send_json(frame)
        await say(client, "hello")

        assert client.counters.bad_frames == 2
        assert client.counters.losses == 0


async def test_an_older_status_does_not_replace_a_newer_one(desk: ScriptedDesk) -> None:
    async with a_client(desk) as client:
        await client.open(new=True)
        await say(client, "hello")
        before, frames = client.status, client.counters.frames
        for socket in desk.sockets:
            await socket.send_json(
                {"type": "status"} | desk.talk.status() | {"version": 1, "speaker": "agent"}
            )
        await client.until(lambda: client.counters.frames > frames, SOON)

        assert client.status == before
        assert client.counters.bad_frames == 0


async def test_closing_while_a_line_waits_ends_the_wait(desk: ScriptedDesk) -> None:
    desk.slow_downs = 10_000
    client = a_client(desk)
    await client.open(new=True)
    sending = asyncio.create_task(client.send("hello"))
    await client.until(lambda: client.counters.slow_downs > 2, SOON)
    await client.close()

    with pytest.raises(Exception, match="the client is closed"):
        await sending


def test_the_client_does_not_import_what_it_does_not_need() -> None:
    code = (
        "import sys, desk.client; print([m for m in ('typer','rich','pydantic','jwt','sqlalchemy') "
        "if m in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed.strip() == "[]"
