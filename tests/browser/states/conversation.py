"""The button, and a conversation with the assistant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.async_api import Route, expect

from tests.browser.stage import Stage
from tests.browser.states.registry import BURST, state
from tests.browser.talk import SAID
from tests.browser.visit import Visit
from tests.desk.desks import utc_now
from ticketing.conversations.logic import Author

# A browser says in its console that a request failed, also when it was made to fail.
NO_NETWORK = r"net::ERR_|Failed to load resource|WebSocket connection"


@state(is_open=False)
async def launcher(_: Stage, visit: Visit) -> None:
    await visit.launcher.wait_for()


@state(is_open=False)
async def launcher_unread(stage: Stage, visit: Visit) -> None:
    await visit.open()
    await visit.writes(visit.lines["thinking"])
    await visit.widget.locator(".typing").wait_for()
    await visit.close()
    stage.assistant.held.set()
    await visit.page.locator("guichet-counter .badge").wait_for()


@state()
async def welcome(_: Stage, visit: Visit) -> None:
    await visit.open()
    await visit.widget.locator(".often .choice").first.wait_for()


@state()
async def connecting(_: Stage, visit: Visit) -> None:
    async def hold(_: Route) -> None:
        """Never answered."""

    await visit.page.context.route("**/chat/v1/session", hold)
    await visit.launcher.click()
    await expect(visit.widget.locator(".status")).to_have_text(visit.words["connecting"])


@state()
async def answer(_: Stage, visit: Visit) -> None:
    await visit.open()
    await visit.says_scene("answer")
    await visit.widget.locator(".choices").wait_for()


@state()
async def did_you_mean(_: Stage, visit: Visit) -> None:
    await visit.open()
    await visit.says_scene("meant")
    await visit.widget.locator(".choices").wait_for()


@state()
async def thinking(_: Stage, visit: Visit) -> None:
    await visit.open()
    await visit.writes(visit.lines["thinking"])
    await visit.widget.locator(".typing").wait_for()
    await expect(visit.pending).to_have_count(0)


@state()
async def long_answer(_: Stage, visit: Visit) -> None:
    await visit.open()
    await visit.says_scene("long")


@state()
async def offline(_: Stage, visit: Visit) -> None:
    visit.watch.forgive(NO_NETWORK)
    await visit.open()
    await visit.says_scene("answer")
    await visit.page.context.set_offline(True)
    await visit.writes(visit.lines["wait"])
    await expect(visit.banner).to_have_text(visit.words["offline"])
    await visit.widget.locator(".line.sending").wait_for()


@state()
async def not_sent(_: Stage, visit: Visit) -> None:
    await visit.open()
    await visit.says_scene("answer")
    await visit.team.uses_buttons(await visit.conversation())
    await visit.widget.locator(".choices button").first.click()
    await visit.widget.locator(".line.failed").wait_for()


@state()
async def too_long(_: Stage, visit: Visit) -> None:
    await visit.open()
    await visit.composer.fill(" ".join([visit.lines["wait"]] * 120))
    await visit.widget.locator(".count.over").wait_for()


@state()
async def slow_down(_: Stage, visit: Visit) -> None:
    await visit.open()
    for number in range(BURST + 1):
        await visit.writes(f"{visit.lines['wait']} ({number})")
    await expect(visit.banner).to_have_text(visit.words["slowDown"])


@state(site="strict")
async def identity_required(_: Stage, visit: Visit) -> None:
    await visit.launcher.click()
    await expect(visit.widget.locator(".refusal")).to_have_text(visit.words["refused_identity_required"])


@state()
async def two_days(_: Stage, visit: Visit) -> None:
    await visit.open()
    await visit.team.backdates(await visit.conversation(), timedelta(days=1, hours=1))
    yesterday, today = utc_now() - timedelta(days=1), datetime.now(UTC) - timedelta(minutes=30)
    line = SAID[visit.language]["day"]
    for begin, first in ((yesterday, 0), (today, 12)):
        said = [(_author(number), line.format(number=first + number)) for number in range(12)]
        await visit.team.says(await visit.conversation(), *said, at=begin)
    await expect(visit.messages).to_have_count(2 + 24)


@state()
async def new_messages(stage: Stage, visit: Visit) -> None:
    await two_days(stage, visit)
    await visit.widget.locator(".scroller").evaluate("box => box.scrollTo(0, 0)")
    await visit.scrolled_up()
    await visit.team.says(await visit.conversation(), (Author.ASSISTANT, SAID[visit.language]["agent_more"]))
    await visit.widget.locator(".newer").wait_for()


def _author(number: int) -> Author:
    return (Author.PERSON, Author.ASSISTANT, Author.ASSISTANT)[number % 3]
