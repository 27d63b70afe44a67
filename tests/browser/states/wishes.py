"""What a person asks of the widget itself."""

from __future__ import annotations

from tests.browser.screenshots import a_screenshot
from tests.browser.stage import Stage
from tests.browser.states.conversation import long_answer
from tests.browser.states.registry import state
from tests.browser.visit import Visit


@state()
async def menu(_: Stage, visit: Visit) -> None:
    await visit.open()
    await visit.opens_menu()


@state()
async def confirm(_: Stage, visit: Visit) -> None:
    await visit.open()
    await visit.says_scene("answer")
    await visit.chooses("restart")
    await visit.widget.locator("dialog").wait_for()


@state()
async def picture_attached(_: Stage, visit: Visit) -> None:
    await visit.open()
    await visit.attaches(a_screenshot(), "error-809.png")
    await visit.composer.fill(visit.lines["wait"])


@state()
async def picture_shown(_: Stage, visit: Visit) -> None:
    await visit.open()
    await visit.attaches(a_screenshot(), "error-809.png")
    await visit.says(visit.lines["wait"])
    await visit.widget.locator(".picture img").wait_for()


@state()
async def picture_enlarged(stage: Stage, visit: Visit) -> None:
    await picture_shown(stage, visit)
    await visit.widget.locator(".picture").click()
    await visit.widget.locator("dialog.enlarged img").wait_for()


@state(sizes=("wide",))
async def wide_panel(stage: Stage, visit: Visit) -> None:
    await long_answer(stage, visit)
    await visit.button("widen").click()
    await visit.page.locator("guichet-counter iframe.wide").wait_for()
