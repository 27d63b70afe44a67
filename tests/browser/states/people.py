"""Tickets, and waiting for and talking to a person of the team."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.screenshots import a_screenshot
from tests.browser.stage import Stage
from tests.browser.states.registry import state
from tests.browser.talk import SAID
from tests.browser.visit import Visit
from ticketing.tickets.logic import Status


@state()
async def ticket_card(_: Stage, visit: Visit) -> None:
    await visit.open()
    await visit.says_scene("ticket")
    await visit.widget.locator(".ticket-more .pill").wait_for()


@state()
async def tickets_empty(_: Stage, visit: Visit) -> None:
    await visit.open()
    await visit.opens_tickets()
    await visit.widget.locator(".empty").wait_for()


@state()
async def tickets_list(_: Stage, visit: Visit) -> None:
    await visit.open()
    numbers = [await visit.opens_new_ticket(scene) for scene in ("third", "ticket", "second")]
    visit.team.moves(numbers[0], Status.RESOLVED, SAID[visit.language]["resolved"])
    visit.team.moves(numbers[1], Status.ON_HOLD)
    await visit.opens_tickets()


@state()
async def ticket_history(_: Stage, visit: Visit) -> None:
    await visit.open()
    number = await visit.opens_new_ticket("ticket")
    visit.team.replies(number, SAID[visit.language]["team"])
    visit.team.moves(number, Status.ON_HOLD)
    await visit.opens_tickets()
    await visit.opens_ticket(number)


@state()
async def ticket_resolved(_: Stage, visit: Visit) -> None:
    await visit.open()
    number = await visit.opens_new_ticket("ticket")
    visit.team.replies(number, SAID[visit.language]["team"])
    name = "Procès-verbal_" + "x" * 100 + ".png"
    visit.team.attaches(number, name, a_screenshot(), SAID[visit.language]["resolved"])
    visit.team.moves(number, Status.RESOLVED, SAID[visit.language]["resolved"])
    await visit.opens_tickets()
    await visit.opens_ticket(number)


@state()
async def ticket_reopened(stage: Stage, visit: Visit) -> None:
    await ticket_resolved(stage, visit)
    form = visit.widget.locator(".ticket-form")
    await form.locator("textarea").fill(SAID[visit.language]["again"])
    await form.locator("[type=submit]").click()
    await visit.widget.locator(".done").wait_for()


@state()
async def waiting_second(stage: Stage, visit: Visit) -> None:
    await visit.open()
    await visit.says_scene("human")
    await visit.team.waits_before(stage.desk)
    await visit.team.asks_for_person(await visit.conversation())
    await expect(visit.banner).to_contain_text(visit.words["position"].format(position=2))


@state()
async def waiting_next(stage: Stage, visit: Visit) -> None:
    await waiting_second(stage, visit)
    await visit.team.empties_queue(but=await visit.conversation())
    await expect(visit.banner).to_contain_text(visit.words["next"])


@state()
async def agent(_: Stage, visit: Visit) -> None:
    await visit.open()
    await visit.says_scene("human")
    conversation = await visit.conversation()
    await visit.team.asks_for_person(conversation)
    await visit.team.takes(conversation)
    await visit.team.writes(conversation, SAID[visit.language]["agent"])
    await visit.widget.locator(".line.agent").wait_for()
    await visit.says(visit.lines["wait"], answers=0)
    await visit.team.writes(conversation, SAID[visit.language]["agent_more"])
    await expect(visit.widget.locator(".line.agent")).to_have_count(2)


@state()
async def agent_typing(stage: Stage, visit: Visit) -> None:
    await agent(stage, visit)
    visit.team.types(await visit.conversation())
    await visit.widget.locator(".typing").wait_for()
