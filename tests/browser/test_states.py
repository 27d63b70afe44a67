"""Every state of the widget: no accessibility fault, no complaint of the browser, and it fits."""

from __future__ import annotations

import itertools

import pytest

from tests.browser import states
from tests.browser.axe import violations
from tests.browser.stage import LANGUAGES, SIZES, THEMES, Stage

pytestmark = [pytest.mark.requires("chromium"), pytest.mark.asyncio(loop_scope="session")]

DESK = states.DESK
EVERY = [
    pytest.param(state.name, size, language, id=f"{size}-{language}-{state.name}")
    for size, language, state in itertools.product(SIZES, LANGUAGES, states.STATES.values())
    if size in state.sizes
]


@pytest.mark.parametrize(("name", "size", "language"), EVERY)
async def test_no_accessibility_fault_in_any_state(stage: Stage, name: str, size: str, language: str) -> None:
    state = states.STATES[name]
    found: list[str] = []
    async with stage.visit(site=state.site, size=SIZES[size], language=language) as visit:
        await state.bring(stage, visit)
        for theme in THEMES:
            await visit.page.emulate_media(color_scheme=theme)
            if state.is_open:
                found += [f"{theme}: {each}" for each in await violations(await visit.frame())]
            else:
                found += [f"{theme}: {each}" for each in await violations(visit.page, "guichet-counter")]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("size", SIZES)
async def test_no_accessibility_fault_of_the_button_beside_an_open_chat(stage: Stage, size: str) -> None:
    async with stage.visit(size=SIZES[size]) as visit:
        await visit.open()

        assert await violations(visit.page, "guichet-counter") == []


@pytest.mark.parametrize("theme", THEMES)
async def test_no_accessibility_fault_in_a_window_of_its_own(stage: Stage, theme: str) -> None:
    async with stage.context(color_scheme=theme) as context:
        watch = stage.watch(context)
        page = await context.new_page()
        await page.goto(f"{stage.desk.url}/chat/demo")
        await page.locator("article.line").first.wait_for()

        assert await violations(page) == []
        assert watch.found() == []


@pytest.mark.parametrize("color", ["#ffe600", "#000000", "#ffffff", "#00a35c", "#7f7f7f"])
async def test_no_accessibility_fault_whatever_colour_a_site_has(stage: Stage, color: str) -> None:
    await stage.change_site(color=color)
    found: list[str] = []
    async with stage.visit() as visit:
        found += await violations(visit.page, "guichet-counter")
        await states.STATES["answer"].bring(stage, visit)
        for theme in THEMES:
            await visit.page.emulate_media(color_scheme=theme)
            found += [f"{theme}: {each}" for each in await violations(await visit.frame())]
    await stage.change_site(color=None)
    assert not found, "\n".join(found)
