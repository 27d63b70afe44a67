"""Tickets, pictures and persons, from the person's side."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Download, Route, expect

from identity.visitors.models import VisitorSession
from tests.browser.screenshots import a_screenshot
from tests.browser.stage import Stage, a_stage
from tests.browser.talk import SAID
from tests.browser.visit import Visit
from tests.desk.desks import eventually
from ticketing.conversations.logic import Author
from ticketing.tickets.logic import Status, Visibility

pytestmark = [pytest.mark.requires("chromium"), pytest.mark.asyncio(loop_scope="session")]

IDENTIFIED = "/?site=demo&language=en&identity=/who"
ANA = {"sub": "ana", "name": "Ana Lopez", "email": "ana@example.org"}
BEN = {"sub": "ben", "name": "Ben Okafor", "email": "ben@example.org"}

# A file that is pasted or dropped, as a browser hands it over.
HAND_OVER = """([how, bytes, name, type]) => {
  const files = new DataTransfer();
  files.items.add(new File([Uint8Array.from(bytes)], name, { type }));
  const options = { bubbles: true, cancelable: true };
  const event = how === 'paste'
    ? new ClipboardEvent('paste', { ...options, clipboardData: files })
    : new DragEvent('drop', { ...options, dataTransfer: files });
  const box = how === 'paste' ? document.getElementById('guichet-line') : document.querySelector('chat-log');
  return box.dispatchEvent(event);
}"""

UNSEEN_PX = """() => {
  const log = document.querySelector('.scroller');
  return log.scrollHeight - log.scrollTop - log.clientHeight;
}"""


async def hands_over(visit: Visit, how: str, content: bytes, name: str, kind: str) -> bool:
    """Paste or drop a file; whether the browser is left to do something with it."""
    return bool(await visit.run(HAND_OVER, [how, list(content), name, kind]))


async def test_a_ticket_from_its_card_to_its_reopening(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        number = await visit.opens_new_ticket("ticket")
        team, widget = visit.team, visit.widget
        await expect(widget.locator(".ticket-card")).to_contain_text(visit.lines["ticket"])
        team.replies(number, SAID["en"]["team"])
        team.notes(number, "for the staff alone")

        # The card of the reply takes the place of the first one.
        await expect(widget.locator(".ticket-card")).to_have_count(2)
        await expect(widget.locator(".ticket-card:visible")).to_have_count(1)
        await widget.locator(".ticket-card:visible").click()
        await expect(widget.locator(".history")).to_contain_text("I have ordered a new drum")
        await expect(widget.locator("widget-tickets")).not_to_contain_text("for the staff alone")
        await expect(widget.locator("widget-tickets")).not_to_contain_text("agent:1")

        await widget.locator(".ticket-form textarea").fill(visit.lines["wait"])
        await widget.locator(".ticket-form [type=submit]").dblclick()
        await expect(widget.locator(".done")).to_have_text(visit.words["added"])
        await expect(widget.locator(".entry.me .prose")).to_have_text([visit.lines["wait"]])

        team.moves(number, Status.RESOLVED, SAID["en"]["resolved"])
        await visit.button("goBack").click()
        await visit.opens_tickets()
        row = widget.locator(".ticket-row", has_text=number)
        await expect(row.locator(".pill")).to_have_text(visit.words["status_resolved"])
        await visit.opens_ticket(number)
        await widget.locator(".ticket-form textarea").fill(SAID["en"]["again"])
        await widget.locator(".ticket-form [type=submit]").click()
        await expect(widget.locator(".done")).to_have_text(visit.words["reopened"])
        await expect(widget.locator("widget-tickets .pill").first).to_have_text(
            visit.words["status_assigned"]
        )
        await expect(widget.locator(".ticket-form label")).to_have_text(visit.words["replyLabel"])

        await visit.button("goBack").click()
        await visit.button("goBack").click()
        await expect(visit.composer).to_be_focused()


async def test_tickets_that_cannot_be_loaded_can_be_asked_for_again(stage: Stage) -> None:
    async with stage.visit() as visit:
        visit.watch.forgive("net::ERR_FAILED|Failed to load")
        await visit.open()
        await visit.page.context.route("**/chat/v1/tickets", lambda route: route.abort())
        await visit.button("tickets").click()
        await expect(visit.widget.get_by_role("alert")).to_contain_text(visit.words["ticketsFailed"])
        await visit.page.context.unroute_all()
        await visit.button("tryAgain").click()

        await visit.widget.locator(".empty").wait_for()


async def test_a_file_of_the_team_is_saved_as_it_is_and_one_for_the_staff_is_not_there(stage: Stage) -> None:
    name, content = "Relevé d’août (1).png", a_screenshot()
    async with stage.visit() as visit:
        await visit.open()
        number = await visit.opens_new_ticket("ticket")
        visit.team.attaches(number, "who.log", b"for the staff", "a secret", Visibility.WORK_NOTE)
        visit.team.attaches(number, name, content, SAID["en"]["team"])
        await visit.opens_tickets()
        await visit.opens_ticket(number)
        tickets = visit.widget.locator("widget-tickets")

        button = tickets.locator(".entry.team").get_by_role("button")
        await expect(button).to_have_text(re.compile(rf"^\s*{re.escape(name)}, [\d.,]+ kB$"))
        async with visit.page.expect_download() as saved:
            await button.click()
        download = await saved.value

        assert download.suggested_filename == name
        assert await asyncio.to_thread(Path(await download.path()).read_bytes) == content
        await expect(tickets.locator(".entry.team [role=status]")).to_be_empty()
        await expect(tickets).not_to_contain_text("who.log")
        await expect(tickets).not_to_contain_text("a secret")


async def test_a_file_that_is_gone_is_said_to_be_gone(stage: Stage) -> None:
    async with stage.visit() as visit:
        visit.watch.forgive("status of 410")
        await visit.open()
        number = await visit.opens_new_ticket("ticket")
        visit.team.attaches(number, "how.txt", b"will be lost", SAID["en"]["team"])
        for path in stage.desk.desk.settings.attachments_folder.rglob("*"):
            if path.is_file() and path.read_bytes() == b"will be lost":
                path.unlink()
        await visit.opens_tickets()
        await visit.opens_ticket(number)
        entry = visit.widget.locator(".entry.team")

        await entry.get_by_role("button").click()

        await expect(entry.get_by_role("status")).to_have_text(visit.words["why_file_gone"])
        await expect(entry.get_by_role("button")).to_be_focused()


async def test_a_file_that_comes_when_its_ticket_is_out_of_sight_is_not_saved(stage: Stage) -> None:
    asked: list[str] = []
    go_on = asyncio.Event()

    async def late(route: Route) -> None:
        asked.append(route.request.method)
        await go_on.wait()
        await route.continue_()

    async with stage.visit() as visit:
        await visit.open()
        number = await visit.opens_new_ticket("ticket")
        visit.team.attaches(number, "how.txt", b"for one person", SAID["en"]["team"])
        await visit.opens_tickets()
        await visit.opens_ticket(number)
        await visit.page.context.route("**/file/*", late)
        saved: list[Download] = []
        visit.page.on("download", lambda download: saved.append(download))
        entry = visit.widget.locator(".entry.team")
        await entry.get_by_role("button").dblclick()
        await expect(entry.get_by_role("status")).to_have_text(visit.words["loading"])

        async with visit.page.expect_event("requestfinished"):
            await visit.button("goBack").click()
            await expect(entry).to_have_count(0)
            go_on.set()
        await visit.page.wait_for_timeout(300)

        assert saved == []
        assert asked == ["GET"]


@pytest.mark.parametrize("how", ["paste", "drop"])
async def test_a_screenshot_is_pasted_or_dropped_and_sent(stage: Stage, how: str) -> None:
    async with stage.visit() as visit:
        await visit.open()
        is_left = await hands_over(visit, how, a_screenshot(), "screen.png", "image/png")
        await expect(visit.widget.locator(".chip")).to_contain_text("screen.png")
        await visit.says("look at this")
        image = visit.widget.locator(".line.person .picture img")
        await image.wait_for()

        assert is_left is False
        assert await image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 960
        await expect(visit.widget.locator(".chip")).to_be_hidden()


async def test_a_screenshot_can_be_taken_away_before_it_is_sent(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        await visit.attaches(a_screenshot(), "screen.png")
        await visit.button("removeAttached").click()
        await visit.says("without")
        conversation = await visit.conversation()

        await expect(visit.widget.locator(".picture")).to_have_count(0)
        assert "file" not in stage.desk.transcript(conversation)[2].extras


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"just text", "notes.txt", "text/plain"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "x.svg", "image/svg+xml"),
        (b"MZ\x90\x00 no picture", "photo.png", "image/png"),
        (b"%PDF-1.7", "scan.pdf", "application/pdf"),
    ],
)
async def test_what_is_no_screenshot_is_refused_in_a_sentence(
    stage: Stage, content: bytes, name: str, kind: str
) -> None:
    async with stage.visit() as visit:
        visit.watch.forgive("status of 4")
        await visit.open()
        await hands_over(visit, "drop", content, name, kind)

        await expect(visit.widget.locator("chat-composer [role=alert]")).to_have_text(
            visit.words["why_not_a_picture"]
        )
        await visit.says("never mind")


async def test_where_pictures_are_off_nothing_is_offered_and_nothing_is_taken(
    browser: Browser, tmp_path: Path
) -> None:
    async with a_stage(browser, tmp_path, pictures="false") as stage, stage.visit() as visit:
        await visit.open()
        await expect(visit.widget.locator(".clip")).to_be_hidden()
        assert await hands_over(visit, "paste", a_screenshot(), "screen.png", "image/png") is True
        await hands_over(visit, "drop", a_screenshot(), "screen.png", "image/png")
        await visit.says("without")

        await expect(visit.widget.locator(".picture, .chip:not([hidden])")).to_have_count(0)


async def test_who_is_forgotten_has_no_session_any_more(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        await visit.says("one")
        token = (await visit.kept())["token"]
        sessions = stage.desk.count(VisitorSession)
        await visit.chooses("leave")
        await (
            visit.widget.locator("dialog").get_by_role("button", name=visit.words["yes"], exact=True).click()
        )
        await expect(visit.page.locator("guichet-counter iframe")).to_be_hidden()

        await visit.leaves_and_returns()
        assert await visit.run("() => localStorage.length") == 0
        status, _ = await stage.desk.post("hello", {}, token=token)
        assert status == 401
        assert stage.desk.count(VisitorSession) <= sessions
        await visit.open()
        await expect(visit.messages).to_have_count(2)


async def test_each_person_finds_their_own_conversation_on_a_shared_device(stage: Stage) -> None:
    stage.intranet.person = ANA
    async with stage.visit(path=IDENTIFIED) as visit:
        await visit.open()
        await visit.says("this is Ana's")
        await visit.opens_new_ticket("ticket")

        stage.intranet.person = BEN
        await visit.leaves_and_returns()
        await expect(visit.messages).to_have_count(2)
        assert "Ana" not in await visit.run("() => document.body.textContent + JSON.stringify(localStorage)")
        await visit.opens_tickets()
        await visit.widget.locator(".empty").wait_for()
        await visit.button("goBack").click()
        await visit.says("this is Ben's")

        stage.intranet.person = ANA
        await visit.leaves_and_returns()
        await expect(visit.messages.nth(2)).to_contain_text("this is Ana's")
        assert "Ben" not in await visit.run("() => document.body.textContent")
        await visit.opens_menu()
        await expect(visit.widget.locator(".who")).to_have_text(
            visit.words["signedIn"].format(name="Ana Lopez")
        )


async def test_who_signs_out_leaves_nothing_to_see(stage: Stage) -> None:
    stage.intranet.person = ANA
    async with stage.visit(path=IDENTIFIED) as visit:
        await visit.open()
        await visit.says("this is Ana's")
        stage.intranet.person = None
        await visit.leaves_and_returns()
        await visit.launcher.wait_for()
        if await visit.page.locator("guichet-counter iframe").is_hidden():
            await visit.launcher.click()
        await expect(visit.messages).to_have_count(2)

        assert "Ana" not in await visit.run("() => document.body.textContent + JSON.stringify(localStorage)")


async def test_where_identity_is_required_nobody_else_leaves_a_trace(stage: Stage) -> None:
    sessions = stage.desk.count(VisitorSession)
    async with stage.visit(site="strict") as visit:
        await visit.launcher.click()
        await expect(visit.widget.get_by_role("alert")).to_have_text(visit.words["refused_identity_required"])
        await expect(visit.composer).to_be_hidden()
        kept = await visit.kept()

    assert not kept.get("token")
    assert not kept.get("conversation")
    assert stage.desk.count(VisitorSession) == sessions


async def test_where_identity_is_required_who_is_signed_in_talks_under_their_name(stage: Stage) -> None:
    stage.intranet.person = ANA | {"aud": "strict"}
    async with stage.visit(path="/?site=strict&language=en&identity=/who") as visit:
        await visit.launcher.click()
        await visit.messages.first.wait_for()
        await visit.says("one")
        conversation = await visit.conversation()

    await eventually(lambda: stage.desk.said(conversation, Author.PERSON) == ["one"])


async def test_who_comes_back_sees_the_last_of_many_answers_whole_and_one_card_for_all(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        number = await visit.opens_new_ticket("ticket")
        for text in ("first", "second", "third"):
            visit.team.replies(number, text)
        visit.team.moves(number, Status.RESOLVED, SAID["en"]["resolved"])
        await expect(visit.widget.locator(".ticket-card")).to_have_count(5)
        # One card for lines that follow each other; the words of the team are no small print.
        await expect(visit.widget.locator(".ticket-card:visible")).to_have_count(1)
        await expect(visit.widget.locator(".line.desk.notice", has_text=number)).to_have_count(0)

        await visit.leaves_and_returns()
        await expect(visit.widget.locator(".ticket-card .pill")).to_have_count(5)
        await visit.page.wait_for_timeout(300)

        assert await visit.run(UNSEEN_PX) < 2
