"""Doorbells wake whoever watches; lost ones cost time and never a message (TRUST RL-18)."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis

from desk.gateway.doorbells import CHANNEL, LocalDoorbells, RedisDoorbells, open_doorbells
from desk.gateway.watcher import Watcher
from storage.database import Database, DatabaseUnavailable
from tests.desk.chats import a_socket
from tests.desk.desks import a_desk, a_free_port, a_rasa, eventually, utc_now
from ticketing.conversations.operations import take_over, write_as_agent

LONG = 60.0
_A_MINUTE = timedelta(minutes=1)


async def _is_woken(waiting: asyncio.Task[bool], *, within: float = 10.0) -> bool:
    done, _ = await asyncio.wait({waiting}, timeout=within)
    return bool(done)


async def test_a_ring_wakes_every_listener_of_that_name_and_no_other() -> None:
    doorbells = LocalDoorbells()
    bells = [doorbells.listen(name) for name in ("a", "a", "b")]
    waiting = [asyncio.create_task(bell.wait(LONG)) for bell in bells]
    await asyncio.sleep(0)

    doorbells.ring("a")
    await asyncio.wait(waiting[:2], timeout=5)

    assert [task.done() for task in waiting] == [True, True, False]
    waiting[2].cancel()


async def test_a_ring_before_the_wait_is_not_lost() -> None:
    doorbells = LocalDoorbells()
    bell = doorbells.listen("a")
    doorbells.ring("a")
    assert await _is_woken(asyncio.create_task(bell.wait(LONG)))


async def test_a_wait_ends_without_a_ring() -> None:
    await asyncio.wait_for(LocalDoorbells().listen("a").wait(0.01), 5)


async def test_who_types_is_told_to_the_others_once() -> None:
    doorbells = LocalDoorbells()
    mine, theirs = doorbells.listen("a"), doorbells.listen("a")
    doorbells.ring_locally("a", typed_by="person", except_for=mine)
    doorbells.ring("a")

    assert [theirs.typed_by(), theirs.typed_by(), mine.typed_by()] == ["person", None, None]


async def test_nothing_is_kept_of_who_has_left() -> None:
    doorbells = LocalDoorbells()
    bells = [doorbells.listen("a"), doorbells.listen("b")]
    for name, bell in zip(("a", "b"), bells, strict=True):
        doorbells.stop_listening(name, bell)
    doorbells.ring("a")

    assert doorbells.listened() == frozenset()
    assert not doorbells._bells


async def test_without_redis_the_doorbells_are_local() -> None:
    assert type(open_doorbells("")) is LocalDoorbells


@contextlib.asynccontextmanager
async def over_redis(url: str) -> AsyncIterator[RedisDoorbells]:
    doorbells = RedisDoorbells(url)
    try:
        yield doorbells
    finally:
        await doorbells.close()


async def _both_listen(url: str) -> None:
    """A subscription takes a moment; what is rung before it is lost, as it may be."""
    with redis.Redis.from_url(url) as client:
        await eventually(lambda: dict(client.pubsub_numsub(CHANNEL)).get(CHANNEL.encode(), 0) >= 1)


@pytest.mark.alone
@pytest.mark.requires("redis")
async def test_a_ring_in_one_process_wakes_another(redis_url: str) -> None:
    ring = "import redis, sys; redis.Redis.from_url(sys.argv[1]).publish(sys.argv[2], sys.argv[3])"
    async with over_redis(redis_url) as doorbells:
        waiting = asyncio.create_task(doorbells.listen("talk").wait(LONG))
        await _both_listen(redis_url)
        other = await asyncio.create_subprocess_exec(sys.executable, "-c", ring, redis_url, CHANNEL, "talk")
        assert await other.wait() == 0
        assert await _is_woken(waiting)


@pytest.mark.alone
@pytest.mark.requires("redis")
async def test_what_others_publish_there_does_no_harm(redis_url: str) -> None:
    async with over_redis(redis_url) as doorbells:
        waiting = asyncio.create_task(doorbells.listen("talk").wait(LONG))
        await _both_listen(redis_url)
        with redis.Redis.from_url(redis_url) as client:
            client.publish(CHANNEL, b"\xff\xfe\x00")
            client.publish(CHANNEL, b"x" * 1_000_000)
            client.publish(CHANNEL, b"talk")
        assert await _is_woken(waiting)


@pytest.mark.alone
@pytest.mark.requires("redis")
async def test_desks_that_share_redis_show_each_others_messages_at_once(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.gateway.watcher.EVERY_SECONDS", 600.0)
    async with (
        a_rasa() as rasa,
        a_desk(tmp_path, rasa, redis_url=redis_url) as left,
        a_desk(tmp_path, rasa, redis_url=redis_url) as right,
    ):
        token = await left.visitor()
        with redis.Redis.from_url(redis_url) as client:
            await eventually(lambda: dict(client.pubsub_numsub(CHANNEL)).get(CHANNEL.encode(), 0) >= 2)
        async with (
            a_socket(left, token) as here,
            a_socket(right, token, conversation=here.conversation) as there,
        ):
            await here.send("c-1", "hello")
            await there.until_message("echo: hello")


class Relay:
    """Stands between a desk and Redis, and can be taken away."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", 6379)
        self._writers |= {writer, back}
        await asyncio.gather(_copy(reader, back), _copy(there, writer), return_exceptions=True)
        for one in (writer, back):
            one.transport.abort()
        self._writers -= {writer, back}


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


@pytest.mark.alone
@pytest.mark.requires("redis")
async def test_without_redis_messages_are_late_and_none_is_lost_and_then_all_is_well_again(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.gateway.watcher.EVERY_SECONDS", 0.3)
    monkeypatch.setattr("desk.gateway.doorbells._RECONNECT_SECONDS", 0.1)
    relay = Relay(a_free_port())
    await relay.start()
    url = redis_url.replace("6379", str(relay.port))
    async with (
        a_rasa() as rasa,
        a_desk(tmp_path, rasa, redis_url=url) as left,
        a_desk(tmp_path, rasa, redis_url=url) as right,
    ):
        token = await left.visitor()
        async with (
            a_socket(left, token) as here,
            a_socket(right, token, conversation=here.conversation) as there,
        ):
            await relay.stop()
            for number in range(5):
                assert (await here.send(f"c-{number}", f"line {number}"))["type"] == "ack"
            await there.until_message("line 4", author="person")
            await eventually(lambda: all(turn.outcome for turn in left.turns(here.conversation)))

            await relay.start()
            monkeypatch.setattr("desk.gateway.watcher.EVERY_SECONDS", 600.0)
            with redis.Redis.from_url(redis_url) as client:
                await eventually(lambda: dict(client.pubsub_numsub(CHANNEL)).get(CHANNEL.encode(), 0) >= 2)
            await here.send("c-9", "and again at once")
            await there.until_message("echo: and again at once")
            rows = right.transcript(here.conversation)
            assert await there.until_seq(rows[-1].seq) == [row.seq for row in rows]
    await relay.stop()


async def test_a_change_without_a_ring_is_seen_by_the_watcher(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.gateway.watcher.EVERY_SECONDS", 0.1)
    async with a_desk(tmp_path, assistant="none") as desk, a_socket(desk, await desk.visitor()) as chat:
        desk.database.write(take_over, chat.conversation, agent_name="Ana", now=utc_now())
        desk.database.write(write_as_agent, chat.conversation, "Hello?", agent_name="Ana", now=utc_now())
        await chat.until_message("Hello?")
        await chat.until(lambda frame: frame.get("speaker") == "agent")


async def test_what_changed_before_an_outage_is_rung_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.gateway.watcher.EVERY_SECONDS", 0.01)
    async with a_desk(tmp_path, assistant="none") as desk, a_socket(desk, await desk.visitor()) as chat:
        there = chat.conversation
        doorbells = LocalDoorbells()
        doorbells.listen("another")
        bell = doorbells.listen(there)
        clock = [utc_now()]
        looks = 0

        class Flaky(Database):
            def __init__(self) -> None:
                pass

            async def aread(self, *args: Any, **kwargs: Any) -> Any:
                nonlocal looks
                looks += 1
                if 2 <= looks <= 4:
                    # An outage of a minute.
                    clock[0] = clock[0].replace(microsecond=0) + (_A_MINUTE / 3)
                    raise DatabaseUnavailable
                return await desk.database.aread(*args, **kwargs)

        desk.database.write(take_over, there, agent_name="Ana", now=clock[0])
        watcher = asyncio.create_task(Watcher(Flaky(), doorbells, lambda: clock[0]).run())
        try:
            await eventually(lambda: looks >= 1)
            await bell.wait(LONG)
            await eventually(lambda: looks >= 3)
            await bell.wait(0)
            await eventually(lambda: looks >= 5)
            assert await _is_woken(asyncio.create_task(bell.wait(LONG)), within=5)
        finally:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)


async def test_articles_that_cannot_be_refreshed_do_not_stop_the_desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []
    tried = asyncio.Event()
    loop = asyncio.get_running_loop()

    def unavailable(*_: object) -> bool:
        loop.call_soon_threadsafe(tried.set)
        raise DatabaseUnavailable

    monkeypatch.setattr("desk.wiring.ARTICLES_REFRESH_SECONDS", 0.05)
    monkeypatch.setattr("desk.wiring.os.kill", lambda pid, _: killed.append(pid))
    monkeypatch.setattr("knowledge.search.loading.SearchLoader.refresh", unavailable)
    async with a_desk(tmp_path, assistant="none"):
        for _ in range(3):
            await asyncio.wait_for(tried.wait(), 10)
            tried.clear()
    assert killed == []


async def test_a_background_task_that_dies_takes_the_desk_down_to_be_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []

    async def dies(_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("desk.wiring.os.kill", lambda pid, number: killed.append(number))
    monkeypatch.setattr("desk.gateway.watcher.Watcher.run", dies)
    async with a_desk(tmp_path, assistant="none"):
        await eventually(lambda: killed)
    assert killed == [15]
