"""Where desk and intranet stand to each other, and what a browser lets a frame keep (TRUST WW-2)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.chromium import a_chromium
from tests.browser.stage import a_stage

pytestmark = [pytest.mark.requires("chromium"), pytest.mark.asyncio(loop_scope="session")]

SETUPS = {
    "of one site": ("intranet.guichet.localhost", "desk.guichet.localhost"),
    "of two sites": ("localhost", "127.0.0.1"),
}
STORES = "() => { try { return localStorage.length } catch (error) { return error.name } }"
NOTHING = "() => [document.cookie, localStorage.length, sessionStorage.length]"


@pytest.mark.parametrize("names", SETUPS.values(), ids=SETUPS)
async def test_the_conversation_goes_on_and_the_page_keeps_nothing(
    browser: Browser, tmp_path: Path, names: tuple[str, str]
) -> None:
    async with a_stage(browser, tmp_path, names=names) as stage, stage.visit() as visit:
        await visit.open()
        await visit.says("one")
        conversation = await visit.conversation()
        await visit.leaves_and_returns()
        await visit.is_online()
        await visit.says("two")

        assert await visit.conversation() == conversation
        assert await visit.page.evaluate(NOTHING) == ["", 0, 0]
        assert await visit.page.context.cookies() == []
        assert await visit.page.evaluate("() => document.querySelector('guichet-counter iframe')") is None


async def test_where_a_frame_may_keep_nothing_the_conversation_lasts_as_long_as_its_page(
    tmp_path: Path,
) -> None:
    async with (
        a_chromium(frames_may_store=False) as browser,
        a_stage(browser, tmp_path) as stage,
        stage.visit() as visit,
    ):
        assert await visit.run(STORES) == "SecurityError"
        visit.keeps = False
        await visit.open()
        await expect(visit.messages).to_have_count(2)
        await visit.says("one")
        await visit.close()
        await visit.launcher.click()
        await visit.says("two")
        await expect(visit.messages).to_have_count(6)
        await visit.leaves_and_returns()
        await visit.open()

        await expect(visit.messages).to_have_count(2)
