"""What is one person's stays out of the sight of the next one, and what is forgotten is gone."""

from __future__ import annotations

import asyncio
import json
import secrets

import pytest
from playwright.async_api import FilePayload, Route, expect

from tests.browser.stage import Stage
from tests.browser.visit import Visit, texts
from tests.desk.desks import ORIGIN, listening
from tests.pictures import a_picture

pytestmark = [pytest.mark.requires("chromium"), pytest.mark.asyncio(loop_scope="session")]

IDENTIFIED = "/?site=demo&language=en&identity=/who"

SIGN_IN_AGAIN = "() => guichet.identify(async () => (await fetch('/who')).text())"
TEXT = "() => document.body.innerText"
STORED = "() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]"


def called(name: str) -> dict[str, str]:
    """Somebody new."""
    return {"sub": secrets.token_hex(4), "name": name}


async def somebody_else_signs_in(stage: Stage, visit: Visit) -> None:
    """The page finds out that Ben is there now; the counter shows him a conversation of his own."""
    before = await visit.conversation()
    stage.intranet.person = called("Ben")
    await visit.page.evaluate(SIGN_IN_AGAIN)
    for _ in range(100):
        if await visit.conversation() != before:
            return await visit.is_online()
        await asyncio.sleep(0.05)
    raise AssertionError("the conversation is still the one before")


async def test_nothing_of_the_person_before_stays_in_sight(stage: Stage) -> None:
    stage.intranet.person = called("Ana")
    async with stage.visit(path=IDENTIFIED) as visit:
        await visit.open()
        await visit.attaches(a_picture(), "ana-one.png")
        await visit.writes("this is what ana sees")
        await visit.widget.locator(".line.person .picture img").wait_for()
        await visit.attaches(a_picture(), "ana-two.png")
        await visit.widget.locator(".line.person .picture").click()
        await visit.widget.locator("dialog.enlarged").wait_for()

        await somebody_else_signs_in(stage, visit)

        await expect(visit.widget.locator("dialog")).to_have_count(0)
        await expect(visit.widget.locator("chat-composer .chip")).to_be_hidden()
        assert "ana" not in await visit.run(TEXT)


async def test_a_picture_on_its_way_is_not_attached_to_another_conversation(stage: Stage) -> None:
    stage.intranet.person = called("Ana")
    async with stage.visit(path=IDENTIFIED) as visit:
        await visit.open()
        way = await held(visit, "**/chat/v1/file?**")
        file = FilePayload(name="ana.png", mimeType="image/png", buffer=a_picture())
        await visit.widget.locator("chat-composer input[type=file]").set_input_files(file)
        await way.came.wait()

        await somebody_else_signs_in(stage, visit)
        async with visit.page.expect_response("**/chat/v1/file?**"):
            way.free.set()
        await visit.says("my mouse is broken")

        await expect(visit.widget.locator("chat-composer .chip")).to_be_hidden()


async def test_an_attached_picture_stays_when_the_language_changes(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        await visit.attaches(a_picture(), "error.png")

        await visit.chooses("Français")

        await expect(visit.composer).to_have_attribute("placeholder", texts("fr")["placeholder"])
        await expect(visit.widget.locator("chat-composer .chip")).to_contain_text("error.png")


async def test_a_picture_on_its_way_and_the_caret_stay_when_the_language_changes(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        way = await held(visit, "**/chat/v1/file?**")
        file = FilePayload(name="error.png", mimeType="image/png", buffer=a_picture())
        await visit.widget.locator("chat-composer input[type=file]").set_input_files(file)
        await way.came.wait()
        await visit.composer.fill("my mouse is broken")
        await visit.composer.evaluate("box => box.setSelectionRange(3, 8)")

        await visit.chooses("Français")
        await expect(visit.composer).to_have_attribute("placeholder", texts("fr")["placeholder"])
        await expect(visit.widget.locator("chat-composer .chip")).to_have_text(texts("fr")["uploading"])
        way.free.set()

        await expect(visit.widget.locator("chat-composer .chip")).to_contain_text("error.png")
        await expect(visit.composer).to_have_value("my mouse is broken")
        assert await visit.composer.evaluate("box => [box.selectionStart, box.selectionEnd]") == [3, 8]


async def test_tickets_on_their_way_are_not_shown_to_the_next_person(stage: Stage) -> None:
    stage.intranet.person = called("Ana")
    async with stage.visit(path=IDENTIFIED) as visit:
        await visit.open()
        number = await visit.opens_new_ticket("ticket")
        way = await held(visit, "**/chat/v1/tickets")
        await visit.button("tickets").click()
        await way.came.wait()

        await somebody_else_signs_in(stage, visit)
        await visit.opens_tickets()
        async with visit.page.expect_response("**/chat/v1/tickets"):
            way.free.set()
        await visit.scrolled_up()

        await expect(visit.widget.locator("widget-tickets")).not_to_contain_text(number)
        await expect(visit.widget.locator("widget-tickets .empty")).to_be_visible()


async def test_a_ticket_that_comes_late_does_not_take_the_place_of_the_list(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        number = await visit.opens_new_ticket("ticket")
        await visit.widget.locator(".ticket-more .pill").wait_for()
        await visit.opens_tickets()
        way = await held(visit, "**/chat/v1/ticket")
        await visit.widget.locator(".ticket-row", has_text=number).click()
        await way.came.wait()

        await visit.button("goBack").click()
        await visit.widget.locator(".tickets").wait_for()
        async with visit.page.expect_response("**/chat/v1/ticket"):
            way.free.set()
        await visit.scrolled_up()

        await expect(visit.widget.locator(".tickets")).to_be_visible()
        await expect(visit.widget.locator(".history")).to_have_count(0)


async def test_who_is_forgotten_leaves_nothing_on_the_device(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        await visit.chooses("sound")
        await visit.page.keyboard.press("Escape")
        await visit.chooses("leave")
        await visit.widget.locator("dialog").get_by_role("button", name=visit.words["yes"]).click()
        await expect(visit.page.locator("guichet-counter iframe")).to_be_hidden()

        assert await visit.run(STORED) == []


async def test_who_was_forgotten_in_a_window_begins_anew_by_writing(stage: Stage) -> None:
    async with stage.context() as context:
        page = await context.new_page()
        await page.goto(f"{stage.desk.url}/chat/demo")
        await page.locator("article.line").first.wait_for()
        await page.get_by_role("button", name="More").click()
        await page.locator(".menu .item", has_text="Forget me").click()
        await page.locator("dialog").get_by_role("button", name="Yes").click()
        await expect(page.locator("article.line")).to_have_count(0)

        await page.locator("#guichet-line").fill("hello again")
        await page.locator("#guichet-line").press("Enter")

        await expect(page.locator("article.line.person .bubble")).to_have_text("hello again")


async def test_a_window_of_its_own_does_not_end_what_is_kept_for_a_page(stage: Stage) -> None:
    key = f"guichet:demo@{stage.host}"
    kept = json.dumps({"token": "ana's", "who": "intranet ana", "conversation": "0" * 32})
    async with stage.context() as context:
        page = await context.new_page()
        await page.goto(f"{stage.desk.url}/widget/v1/icon.svg")
        await page.evaluate("([key, kept]) => localStorage.setItem(key, kept)", [key, kept])

        await page.goto(f"{stage.desk.url}/chat/demo")
        await page.locator("article.line").first.wait_for()

        assert await page.evaluate("key => localStorage.getItem(key)", key) == kept


async def test_a_page_of_another_origin_does_not_end_the_session_of_who_is_signed_in_on_one(
    stage: Stage,
) -> None:
    stage.intranet.person = called("Ana")
    async with (
        listening(stage.intranet.application(), grace=0.1) as (port, _),
        stage.context() as context,
    ):
        other = f"http://localhost:{port}"
        await stage.change_site(origins=[stage.host, ORIGIN, other])
        visit = await stage.visit_in(context, path=IDENTIFIED)
        await visit.open()
        before = await visit.kept()

        await visit.page.goto(f"{other}/?site=demo&language=en")
        await visit.open()
        assert (await visit.kept())["who"] is None
        await visit.page.goto(f"{stage.host}{IDENTIFIED}")
        await visit.is_online()
        await stage.change_site(origins=[stage.host, ORIGIN])

        assert (await visit.kept())["token"] == before["token"]


async def test_an_identity_that_is_too_long_is_told_to_the_makers_of_the_page(stage: Stage) -> None:
    async with stage.visit() as visit:
        visit.watch.forgive("a signed identity is a text of at most 4000 characters")
        await visit.page.evaluate("() => guichet.identify(async () => 'x'.repeat(4001))")

        async with visit.page.expect_console_message(lambda said: "at most 4000 characters" in said.text):
            await visit.launcher.click()
        await visit.is_online()

        assert (await visit.kept())["who"] is None


async def test_a_counter_that_is_taken_off_before_the_page_is_there_does_not_come(stage: Stage) -> None:
    async with stage.context() as context:
        snippet = stage.intranet.snippet().replace(" async", "")
        stage.intranet.put("/off", f"<body>{snippet}<script>guichet.destroy()</script></body>")
        page = await context.new_page()
        await page.goto(f"{stage.host}/off", wait_until="load")
        await page.evaluate("() => new Promise(done => setTimeout(done))")

        assert await page.locator("guichet-counter").count() == 0


class Way:
    """An answer that is held on its way: the desk has given it, and it may go on."""

    def __init__(self) -> None:
        self.came, self.free = asyncio.Event(), asyncio.Event()


async def held(visit: Visit, address: str) -> Way:
    """Hold the next answer from an address."""
    way = Way()

    async def hold(route: Route) -> None:
        answer = await route.fetch()
        way.came.set()
        await way.free.wait()
        await route.fulfill(response=answer)

    await visit.page.context.route(address, hold, times=1)
    return way
