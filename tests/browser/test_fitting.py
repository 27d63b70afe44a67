"""The widget fits small windows and wide text, stands still for those who wish it, and survives a reload."""

from __future__ import annotations

import pytest
from playwright.async_api import Route, ViewportSize, expect

from tests.browser import states
from tests.browser.stage import SIZES, Stage, exactly
from tests.browser.states import STATES
from tests.browser.visit import Visit

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


@pytest.mark.parametrize("name", sorted({*OPEN} - {"identity_required", "connecting"}))
async def test_a_reload_keeps_every_line_once(stage: Stage, name: str) -> None:
    async with stage.visit() as visit:
        await _free_the_way(visit)
        await STATES[name].bring(stage, visit)
        before = await visit.said()
        waiting = await visit.pending.locator(".bubble").all_inner_texts()

        await visit.page.context.set_offline(False)
        await visit.page.context.unroute_all()
        stage.assistant.held.set()
        await visit.leaves_and_returns()
        await visit.is_online()

        assert (await visit.said())[: len(before)] == before
        sequence = await visit.messages.evaluate_all("all => all.map(each => Number(each.dataset.seq))")
        assert sequence == list(range(1, len(sequence) + 1))
        for line in waiting:
            await expect(visit.widget.locator(".line.person .bubble", has_text=exactly(line))).to_have_count(
                1
            )


async def _free_the_way(visit: Visit) -> None:
    """Requests that a test held must not count as failures once they are let go of."""

    async def go_on(route: Route) -> None:
        await route.continue_()

    visit.watch.forgive("net::ERR_ABORTED")
    await visit.page.context.route("**/never", go_on)
