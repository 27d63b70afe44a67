"""The conversation goes on after a reload, on the next page, and in two tabs (TRUST WW-11, WW-12, F28)."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Error, expect

from tests.browser import states
from tests.browser.chromium import a_chromium
from tests.browser.looking import Look, look, look_past_playwright, until, until_look
from tests.browser.stage import Stage, a_stage
from tests.browser.states.conversation import NO_NETWORK
from tests.browser.visit import Visit
from tests.desk.desks import eventually
from ticketing.conversations.logic import Author

pytestmark = [pytest.mark.requires("chromium"), pytest.mark.asyncio(loop_scope="session")]

DESK = states.DESK

# Nobody has a conversation there: the page is as it was before the button was pressed.
NOT_YET = frozenset({"launcher", "connecting", "identity_required"})
# What was on its way goes on its way.
MOVING = frozenset({"offline", "slow_down"})


@pytest.mark.parametrize("name", [name for name in states.STATES if name not in NOT_YET | MOVING])
async def test_after_a_reload_everything_is_as_it_was(stage: Stage, name: str) -> None:
    state = states.STATES[name]
    async with stage.visit(site=state.site) as visit:
        await state.bring(stage, visit)
        # What is written next is kept too, whatever is being shown.
        if await visit.composer.is_visible() and not await visit.composer.input_value():
            await visit.composer.fill("half a sentence")
        before = await until_look(visit, lambda seen: seen.conversation is not None)

        await visit.leaves_and_returns()

        after = await until_look(visit, lambda seen: _same(before, seen))
        assert after.conversation is not None
        assert await visit.page.locator("guichet-counter iframe").is_visible() == state.is_open


@pytest.mark.parametrize("name", sorted(NOT_YET - {"launcher"}))
async def test_who_had_no_conversation_before_a_reload_has_none_after_it(stage: Stage, name: str) -> None:
    state = states.STATES[name]
    async with stage.visit(site=state.site) as visit:
        await state.bring(stage, visit)
        before = await look(visit)

        await visit.leaves_and_returns()

        assert await visit.page.locator("guichet-counter iframe").is_hidden()
        await visit.launcher.click()
        after = await until_look(visit, lambda seen: seen.speaker == before.speaker)
        assert (before.conversation, before.lines) == (after.conversation, after.lines) == (None, ())


async def test_what_was_written_offline_goes_after_a_reload_once_and_in_order(stage: Stage) -> None:
    async with stage.visit() as visit:
        await states.STATES["offline"].bring(stage, visit)
        await visit.writes("and one more")
        before = await look(visit)
        context = visit.page.context

        # Without a network there is no page either.
        with pytest.raises(Error):
            await visit.page.reload()
        await context.set_offline(False)
        await visit.page.goto(f"{stage.host}/?site=demo&language=en")

        after = await until_look(visit, lambda seen: not seen.pending and len(seen.mine) == len(before.mine))
        assert after.mine == before.mine
        assert after.conversation == before.conversation


async def test_what_had_to_wait_for_its_turn_waits_on_after_a_reload(stage: Stage) -> None:
    async with stage.visit() as visit:
        await states.STATES["slow_down"].bring(stage, visit)
        before = await look(visit)

        await visit.leaves_and_returns()

        # At the desk's pace one more may have gone meanwhile.
        after = await until_look(
            visit, lambda seen: seen.mine == before.mine and (bool(seen.banner) or not seen.pending)
        )
        assert after.conversation == before.conversation


async def test_an_answer_that_was_being_looked_for_is_there_after_a_reload(stage: Stage) -> None:
    async with stage.visit() as visit:
        await states.STATES["thinking"].bring(stage, visit)
        await visit.leaves_and_returns()
        await visit.widget.locator(".typing").wait_for()

        stage.assistant.held.set()

        line = visit.lines["thinking"]
        after = await until_look(
            visit, lambda seen: [each.text for each in seen.lines][-1:] == [f"echo: {line}"]
        )
        assert [each.text for each in after.lines].count(line) == 1
        await expect(visit.widget.locator(".typing")).to_be_hidden()


async def test_the_next_page_goes_on_with_the_conversation_and_so_does_the_page_before(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        await visit.says("on the first page")
        await visit.composer.fill("half a sentence")
        first = await look(visit)

        await visit.page.goto(f"{stage.host}/?site=demo&language=en&page=2")
        second = await until_look(visit, lambda seen: _same(first, seen))
        await visit.says("on the second page")
        await visit.page.go_back()
        back = await until_look(visit, lambda seen: len(seen.lines) == len(second.lines) + 2)
        await visit.page.go_forward()
        forward = await until_look(visit, lambda seen: _same(back, seen))

        assert first.conversation == forward.conversation
        assert forward.mine == ["on the first page", "on the second page"]


async def test_a_page_that_waited_in_memory_catches_up_when_somebody_goes_back_to_it(tmp_path: Path) -> None:
    async with (
        a_chromium(keeps_pages=True) as browser,
        a_stage(browser, tmp_path) as stage,
        stage.context() as context,
    ):
        await context.add_init_script("addEventListener('pageshow', e => { window.waited = e.persisted })")
        visit = await stage.visit_in(context)
        await visit.open()
        await visit.says("on the first page")
        await visit.page.goto(f"{stage.host}/?site=demo&language=en&page=2")
        await until_look(visit, lambda seen: len(seen.lines) == 4)
        await visit.says("on the second page")
        session = await context.new_cdp_session(visit.page)

        await session.send("Runtime.evaluate", {"expression": "history.back()"})

        back = await until(lambda: look_past_playwright(browser), _has_six_lines)
        waited = await session.send("Runtime.evaluate", {"expression": "window.waited"})
        assert waited["result"]["value"] is True
        assert back is not None
        assert back.mine == ["on the first page", "on the second page"]
        assert back.seqs == list(range(1, 7))


def _has_six_lines(seen: Look | None) -> bool:
    return seen is not None and len(seen.lines) == 6


# Two tabs


@contextlib.asynccontextmanager
async def two_tabs(stage: Stage) -> AsyncIterator[tuple[Visit, Visit]]:
    """Of one browser, both open on the same conversation."""
    async with stage.context() as context:
        one, other = await stage.visit_in(context), await stage.visit_in(context)
        # The one moves while the other leaves: a browser says so of a socket that was not open yet.
        one.watch.forgive(NO_NETWORK)
        await one.launcher.wait_for()
        await other.launcher.wait_for()
        await one.page.bring_to_front()
        await one.open()
        await one.says("said before the other tab was opened")
        first = await look(one)
        if not await other.page.locator("guichet-counter iframe").is_visible():
            await other.launcher.click()
        await until_look(other, lambda seen: _same(first, seen))
        yield one, other
        assert one.watch.found() == []


async def until_answered(stage: Stage, one: Visit, other: Visit, lines: int) -> Look:
    """Both show all that is on file, which is so many lines of the person and every answer."""
    conversation = await one.conversation()
    # Lines that come while an answer is looked for are answered together.
    await eventually(
        lambda: (
            len(stage.desk.said(conversation, Author.PERSON)) == lines
            and all(turn.outcome for turn in stage.desk.turns(conversation))
        )
    )
    on_file = len(stage.desk.transcript(conversation))
    return await until_equal(one, other, lambda look: len(look.lines) == on_file and not look.pending)


async def until_equal(one: Visit, other: Visit, wanted: Callable[[Look], bool]) -> Look:
    """Both show the same, and it is what is wanted."""

    async def see() -> tuple[Look, Look]:
        return await look(one), await look(other)

    def is_equal(seen: tuple[Look, Look]) -> bool:
        return _same(replace(seen[0], draft=""), replace(seen[1], draft="")) and wanted(seen[0])

    return (await until(see, is_equal))[0]


async def test_what_is_said_in_one_tab_appears_in_the_other_once(stage: Stage) -> None:
    async with two_tabs(stage) as (one, other):
        for number in range(3):
            await one.writes(f"from the one, {number}")
            await other.writes(f"from the other, {number}")

        seen = await until_answered(stage, one, other, 7)

        said = [f"from the {tab}, {number}" for tab in ("one", "other") for number in range(3)]
        assert sorted(seen.mine[1:]) == sorted(said)
        assert seen.seqs == list(range(1, len(seen.lines) + 1))


async def test_starting_again_in_one_tab_moves_the_other(stage: Stage) -> None:
    async with two_tabs(stage) as (one, other):
        before = await look(other)

        await one.chooses("restart")
        await one.widget.locator("dialog").get_by_role("button", name=one.words["yes"]).click()

        seen = await until_equal(one, other, lambda look: look.conversation != before.conversation)
        assert seen.mine == []
        # Who has read the notices is not shown them again.
        await other.says("in the new one")
        seen = await until_equal(one, other, lambda look: len(look.lines) == 2)
        assert seen.mine == ["in the new one"]


async def test_being_forgotten_in_one_tab_is_being_forgotten_in_the_other(stage: Stage) -> None:
    async with two_tabs(stage) as (one, other):
        await one.chooses("leave")
        await one.widget.locator("dialog").get_by_role("button", name=one.words["yes"]).click()

        gone = await until_look(other, lambda look: look.conversation is None and not look.lines)
        assert gone.pending == ()
        assert await one.run("() => localStorage.length") == 0


async def test_tabs_that_write_while_the_network_is_away_end_equal(stage: Stage) -> None:
    async with two_tabs(stage) as (one, other):
        await one.page.context.set_offline(True)
        for visit, name in ((one, "one"), (other, "other")):
            await expect(visit.banner).to_have_text(visit.words["offline"])
            await visit.writes(f"from the {name}, offline")
        await one.page.context.set_offline(False)

        seen = await until_answered(stage, one, other, 3)

        assert sorted(seen.mine[1:]) == ["from the one, offline", "from the other, offline"]


def _same(before: Look, after: Look) -> bool:
    # A view other than the conversation names no speaker; after a reload the conversation is shown.
    speaker = before.speaker or after.speaker
    return (before.conversation, before.lines, before.pending, before.draft, speaker) == (
        after.conversation,
        after.lines,
        after.pending,
        after.draft,
        after.speaker,
    )
