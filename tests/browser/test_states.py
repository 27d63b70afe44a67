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
