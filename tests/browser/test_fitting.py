"""The widget fits small windows and wide text, and stands still for those who wish it."""

from __future__ import annotations

import pytest
from playwright.async_api import ViewportSize, expect

from tests.browser import states
from tests.browser.stage import SIZES, Stage
from tests.browser.states import STATES

pytestmark = [pytest.mark.requires("chromium"), pytest.mark.asyncio(loop_scope="session")]

DESK = states.DESK
NARROW = ViewportSize(width=320, height=640)
# 1440 x 900 at 200 %: a browser lays out for half of it.
ZOOMED = ViewportSize(width=720, height=450)

OPEN = [state.name for state in STATES.values() if state.is_open and "phone" in state.sizes]

# WCAG 2.2, 1.4.12, by the style object model: the page's policy takes no style from outside.
WIDE_TEXT = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important } p { margin-bottom: 2em !important }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""

# What is wider than the window, and what hides a part of its text.
MISFITS = """() => {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) found.push(`the page is ${root.scrollWidth} wide in ${innerWidth}`);
  for (const element of document.querySelectorAll('body *')) {
    const box = element.getBoundingClientRect();
    if (box.width === 0 || box.height === 0 || element.closest('.unseen, svg, pre, .clamped')) continue;
    const name = `${element.localName}.${element.className}: ${element.textContent.slice(0, 40)}`;
    if (box.left < -1 || box.right > innerWidth + 1) found.push(`out of the window: ${name}`);
    const style = getComputedStyle(element);
    const hides = (axis) => ['hidden', 'clip'].includes(style[axis]);
    const isCut = (hides('overflowX') && element.scrollWidth > element.clientWidth + 1)
      || (hides('overflowY') && element.scrollHeight > element.clientHeight + 1);
    const scrolls = style.overflowX !== 'visible' && !hides('overflowX') && element.localName !== 'textarea';
    if (isCut && element.textContent.trim()) found.push(`cut: ${name}`);
    if (scrolls && element.scrollWidth > element.clientWidth + 1) found.push(`scrolls sideways: ${name}`);
  }
  return found;
}"""


@pytest.mark.parametrize("name", OPEN)
async def test_nothing_is_cut_or_scrolls_sideways(stage: Stage, name: str) -> None:
    found: list[str] = []
    state = STATES[name]
    async with stage.visit(site=state.site, size=NARROW, language="fr") as visit:
        await state.bring(stage, visit)
        found += [f"320 px: {each}" for each in await visit.run(MISFITS)]
        await visit.page.set_viewport_size(ZOOMED)
        found += [f"200 %: {each}" for each in await visit.run(MISFITS)]
        await visit.page.set_viewport_size(SIZES["phone"])
        await visit.run(WIDE_TEXT)
        found += [f"wide text: {each}" for each in await visit.run(MISFITS)]
    assert not found, "\n".join(found)


async def test_the_host_page_gets_no_scroll_bar(stage: Stage) -> None:
    async with stage.visit(size=NARROW) as visit:
        script = "() => document.documentElement.scrollWidth - innerWidth"
        closed = await visit.page.evaluate(script)
        await visit.open()

        assert (closed, await visit.page.evaluate(script)) == (0, 0)


@pytest.mark.parametrize("wish", ["reduce", "no-preference"])
async def test_what_moves_stands_still_for_those_who_wish_it(stage: Stage, wish: str) -> None:
    async with stage.visit(reduced_motion=wish) as visit:
        await STATES["thinking"].bring(stage, visit)
        moving = await visit.run("() => document.getAnimations().length")
        slides = await visit.launcher.evaluate("button => getComputedStyle(button).transitionDuration")

    assert (moving > 0, slides != "0s") == (wish == "no-preference",) * 2


async def test_a_welcome_is_read_from_its_top(stage: Stage) -> None:
    async with stage.visit(size=SIZES["phone"]) as visit:
        await STATES["welcome"].bring(stage, visit)
        await visit.page.set_viewport_size(NARROW)
        await visit.scrolled_up()

        assert await visit.widget.locator(".scroller").evaluate("box => box.scrollTop") == 0
        await visit.says("one")
        await expect(visit.messages.last).to_be_in_viewport()
