"""Networks that go away, proxies that cut, machines that sleep: nothing is lost, nothing comes twice.

TRUST WW-12, WW-14, WW-16 and F28. What is shown at the end is what is on file, in the same order.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.looking import Look, look, until_look
from tests.browser.stage import Stage
from tests.browser.visit import Visit
from tests.browser.wire import Wire
from tests.browser.wired import a_rough_visit, a_wired_stage, asked
from tests.desk.desks import eventually
from ticketing.conversations.logic import Author

pytestmark = [pytest.mark.requires("chromium"), pytest.mark.asyncio(loop_scope="session")]

Wired = tuple[Stage, Wire]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_wire(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wired]:
    async with a_wired_stage(browser, tmp_path_factory.mktemp("desk")) as wired:
        yield wired


@pytest_asyncio.fixture(loop_scope="session")
async def wired(shared_wire: Wired) -> AsyncIterator[Wired]:
    """The module's desk and the wire to it, which does no harm at first."""
    stage, wire = shared_wire
    wire.refuses_sockets, wire.cuts_sockets_after, wire.is_down = False, None, False
    wire.sockets_seen = wire.cuts = 0
    yield shared_wire
    await stage.clear()


async def as_on_file(stage: Stage, visit: Visit, mine: list[str], *, seconds: float = 30) -> Look:
    """Wait until everything is shown; then it is what is on file: each line once, in the same order."""
    conversation = await visit.conversation()

    def is_all(seen: Look) -> bool:
        return not seen.pending and len(seen.lines) == len(stage.desk.transcript(conversation))

    await until_look(visit, lambda seen: len(seen.mine) >= len(mine) and is_all(seen), seconds=seconds)
    # Every turn has ended: nothing more is said.
    await eventually(lambda: all(turn.outcome for turn in stage.desk.turns(conversation)))
    seen = await until_look(visit, is_all)
    rows = stage.desk.transcript(conversation)
    assert [(line.seq, line.author) for line in seen.lines] == [(row.seq, row.author.value) for row in rows]
    # Lines that came together are answered together, and a new line of an answer is no text of a page.
    assert [_joined(line.text) for line in seen.lines[2:]] == [_joined(row.text) for row in rows[2:]]
    assert sorted(stage.desk.said(conversation, Author.PERSON)) == sorted(mine)
    return seen


def _joined(text: str) -> str:
    return "".join(text.split())


async def test_what_is_written_without_a_network_is_sent_once_and_in_order_when_it_is_back(
    wired: Wired,
) -> None:
    stage, _ = wired
    async with a_rough_visit(stage) as visit:
        await visit.says("before")
        await visit.page.context.set_offline(True)
        await expect(visit.banner).to_have_text(visit.words["offline"])
        lines = [f"without a network, {number}" for number in range(5)]
        for line in lines:
            await visit.writes(line)
        waiting = await look(visit)

        await visit.page.context.set_offline(False)

        assert [(line.fate, line.text) for line in waiting.pending] == [("sending", line) for line in lines]
        seen = await as_on_file(stage, visit, ["before", *lines])
        assert seen.mine == ["before", *lines]
        await expect(visit.banner).to_be_hidden()


async def test_a_proxy_that_refuses_sockets_is_gone_round_by_polling(wired: Wired) -> None:
    stage, wire = wired
    wire.refuses_sockets = True
    async with a_rough_visit(stage) as visit:
        for line in ("one", "two"):
            await visit.says(line)
        conversation = await visit.conversation()
        await visit.team.asks_for_person(conversation)
        await visit.team.takes(conversation)
        await visit.team.writes(conversation, "a person is here")

        await visit.widget.locator(".line.agent").wait_for()
        await as_on_file(stage, visit, ["one", "two"])
        assert asked(visit, "poll") > 0
        assert wire.sockets == []


async def test_a_proxy_that_lets_sockets_live_for_seconds_is_noticed_and_gone_round(wired: Wired) -> None:
    stage, wire = wired
    # Three seconds from the welcome on are what tells a clock from bad luck; a slow desk welcomes late.
    wire.cuts_sockets_after = 4.5
    async with a_rough_visit(stage) as visit, asyncio.timeout(90):
        mine: list[str] = []
        while not asked(visit, "poll"):
            mine.append(f"said through a proxy with a clock, {len(mine)}")
            await visit.writes(mine[-1])
            await until_look(visit, lambda seen: not seen.pending)
        sockets = wire.sockets_seen
        mine.append("by polling")
        await visit.writes(mine[-1])

        seen = await as_on_file(stage, visit, mine)

        assert seen.mine == mine
        assert wire.sockets_seen == sockets


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_sockets_cut_at_random_while_both_sides_write_lose_and_double_nothing(
    wired: Wired, seed: int
) -> None:
    stage, wire = wired
    async with a_rough_visit(stage) as visit:
        mine = await _write_while_cut(visit, wire, seed)

        seen = await as_on_file(stage, visit, mine)

        assert seen.mine == mine
        assert wire.cuts >= CUTS


async def test_the_same_over_polling(wired: Wired) -> None:
    stage, wire = wired
    wire.refuses_sockets = True
    async with a_rough_visit(stage) as visit:
        mine = await _write_while_cut(visit, wire, seed=4)

        seen = await as_on_file(stage, visit, mine)

        assert seen.mine == mine
        assert asked(visit, "poll") > CUTS


CUTS = 6


async def _write_while_cut(visit: Visit, wire: Wire, seed: int) -> list[str]:
    """Both sides write while everything that is open is cut, 0.2 to 3 s after it is there again."""
    rng = random.Random(seed)  # noqa: S311 - the same cuts for the same seed
    conversation = await visit.conversation()
    mine: list[str] = []
    is_over = asyncio.Event()

    async def cut() -> None:
        for _ in range(CUTS):
            await _pause(rng.uniform(0.2, 3))
            await eventually(lambda: wire.connections, seconds=30)
            wire.cut()
        is_over.set()

    async def write() -> None:
        while not is_over.is_set():
            mine.append(f"by the person, {len(mine)}")
            await visit.writes(mine[-1])
            await _pause(rng.uniform(0.1, 1.2))

    async def answer() -> None:
        number = 0
        while not is_over.is_set():
            await visit.team.says(conversation, (Author.DESK, f"by the desk, {number}"))
            number += 1
            await _pause(rng.uniform(0.1, 1.2))

    async with asyncio.TaskGroup() as group:
        for side in (cut, write, answer):
            group.create_task(side())
    return mine


async def _pause(seconds: float) -> None:
    """The rhythm of what happens; nothing is concluded from it."""
    await asyncio.sleep(seconds)


@pytest.mark.parametrize("is_cut", [False, True], ids=["connected", "cut off"])
async def test_a_page_that_stood_still_catches_up_when_it_goes_on(wired: Wired, is_cut: bool) -> None:
    stage, wire = wired
    async with a_rough_visit(stage) as visit:
        await visit.says("before")
        conversation = await visit.conversation()
        # A tab without a window is never put to sleep; the debugger holds all that runs in it just the same.
        await visit.run("() => void setInterval(() => {}, 10)")
        debugger = await visit.page.context.new_cdp_session(await visit.frame())
        held: asyncio.Queue[object] = asyncio.Queue()
        debugger.on("Debugger.paused", held.put_nowait)
        await debugger.send("Debugger.enable")
        await debugger.send("Debugger.pause")
        async with asyncio.timeout(10):
            await held.get()
        for number in range(3):
            await visit.team.says(conversation, (Author.DESK, f"while it slept, {number}"))
        if is_cut:
            wire.cut()
            await visit.team.says(conversation, (Author.DESK, "while it was away"))

        await debugger.send("Debugger.resume")
        await debugger.detach()

        seen = await as_on_file(stage, visit, ["before"])
        slept = [f"while it slept, {number}" for number in range(3)] + ["while it was away"] * is_cut
        assert [line.text for line in seen.lines[4:]] == slept
        await visit.says("after")
        await as_on_file(stage, visit, ["before", "after"])


async def test_after_a_night_on_another_network_the_page_catches_up_and_doubles_nothing(wired: Wired) -> None:
    stage, wire = wired
    async with stage.context() as context:
        await context.clock.install()
        visit = await stage.visit_in(context)
        visit.watch.forgive("net::ERR|WebSocket")
        await visit.open()
        await visit.says("before")
        conversation = await visit.conversation()
        wire.go_dead()
        for number in range(3):
            await visit.team.says(conversation, (Author.DESK, f"while it slept, {number}"))
        await visit.writes("just after waking")

        await context.clock.fast_forward("08:00:00")

        seen = await as_on_file(stage, visit, ["before", "just after waking"])
        assert seen.mine == ["before", "just after waking"]
        assert visit.watch.found() == []
