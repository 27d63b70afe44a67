"""What people do in the conversation, and what comes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.looking import until_look
from tests.browser.stage import Stage
from tests.browser.talk import SAID, TALK
from tests.browser.visit import texts
from ticketing.conversations.logic import Author
from ticketing.conversations.models import Conversation

pytestmark = [pytest.mark.requires("chromium"), pytest.mark.asyncio(loop_scope="session")]

# Counts the tones that are made.
TONES = """
globalThis.tones = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) {
  globalThis.tones += 1;
  return start.apply(this, when);
};
"""


async def test_the_download_has_every_line(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        await visit.says_scene("answer")
        await visit.says("a line\nof two lines & <some> *signs*")
        conversation = await visit.conversation()
        await visit.team.takes(conversation)
        await visit.team.writes(conversation, SAID["en"]["agent"])
        await visit.widget.locator(".line.agent").wait_for()
        async with visit.page.expect_download() as saving:
            await visit.chooses("download")
        download = await saving.value
        text = Path(await download.path()).read_text("utf-8-sig")  # noqa: ASYNC240

    assert download.suggested_filename.endswith(".txt")
    places = [text.find(row.text) for row in stage.desk.transcript(conversation)]
    assert -1 not in places
    assert places == sorted(places)
    for part in (
        TALK["en"]["answer"]["title"],
        f"{stage.desk.url}/kb/connect-to-the-vpn",
        "Inès",
        "Meridian IT",
    ):
        assert part in text


async def test_starting_again_leaves_the_old_conversation_on_file(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        await visit.says("the old one")
        old = await visit.conversation()
        await visit.chooses("restart")
        await (
            visit.widget.locator("dialog").get_by_role("button", name=visit.words["yes"], exact=True).click()
        )
        await expect(visit.messages).to_have_count(0)
        await visit.widget.locator(".often .choice").first.wait_for()
        await visit.says("the new one")
        new = await visit.conversation()

    assert new != old
    assert stage.desk.said(old, Author.PERSON) == ["the old one"]
    assert stage.desk.said(new, Author.PERSON) == ["the new one"]


async def test_who_does_not_want_to_start_again_does_not(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        await visit.says("one")
        await visit.chooses("restart")
        await visit.widget.locator("dialog").get_by_role("button", name=visit.words["no"], exact=True).click()

        await expect(visit.widget.locator("dialog")).to_have_count(0)
        await expect(visit.messages).to_have_count(4)


async def test_another_language_is_that_of_the_widget_and_of_the_answers(stage: Stage) -> None:
    french = texts("fr")
    async with stage.visit() as visit:
        await visit.open()
        await visit.says("one")
        await visit.composer.fill("half a sentence")
        await visit.chooses("Français")
        await expect(visit.widget.locator(".status")).to_have_text(french["assistant"])
        assert await visit.run("() => document.documentElement.lang") == "fr"
        assert await visit.composer.input_value() == "half a sentence"
        assert await visit.launcher.get_attribute("aria-label") == french["close"]
        visit.language = "fr"
        # What the desk says first is said in French too.
        await expect(visit.messages).to_have_count(6)
        await visit.says_scene("answer")
        await expect(visit.messages.last).to_contain_text(TALK["fr"]["answer"]["title"])

        await visit.leaves_and_returns()
        await visit.is_online()
        await expect(visit.widget.locator(".status")).to_have_text(french["assistant"])
        await visit.chooses("English")
        await expect(visit.widget.locator(".status")).to_have_text(texts("en")["assistant"])


async def test_it_is_silent_until_somebody_wants_the_sound(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.page.context.add_init_script(TONES)
        await visit.leaves_and_returns()
        await visit.open()
        conversation = await visit.conversation()
        await visit.close()
        await visit.team.says(conversation, (Author.DESK, "one"))
        await expect(visit.page.locator("guichet-counter .badge")).to_have_text("1")
        assert await visit.run("() => globalThis.tones") == 0

        await visit.launcher.click()
        await visit.chooses("sound")
        item = visit.widget.locator(".menu [aria-pressed]")
        await expect(item).to_have_attribute("aria-pressed", "true")
        await visit.close()
        await visit.team.says(conversation, (Author.DESK, "two"))
        await expect(visit.page.locator("guichet-counter .badge")).to_have_text("1")
        await (await visit.frame()).wait_for_function("() => globalThis.tones === 1")


async def test_what_comes_while_it_is_closed_is_counted_until_it_is_opened(stage: Stage) -> None:
    badge = "guichet-counter .badge"
    async with stage.visit() as visit:
        await visit.open()
        conversation = await visit.conversation()
        await expect(visit.page.locator(badge)).to_be_hidden()
        await visit.close()
        for number in (1, 2, 11):
            await visit.team.says(
                conversation, *((Author.DESK, "news") for _ in range(number if number < 3 else 8))
            )
        await expect(visit.page.locator(badge)).to_have_text("9+")
        await visit.leaves_and_returns()
        await expect(visit.page.locator(badge)).to_have_text("9+")
        await visit.launcher.click()
        await expect(visit.page.locator(badge)).to_be_hidden()
        await visit.close()
        await visit.leaves_and_returns()
        await visit.launcher.wait_for()
        await expect(visit.page.locator(badge)).to_be_hidden()


async def test_two_clicks_send_once(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        await visit.composer.fill("only once")
        await visit.button("send").dblclick()
        await expect(visit.messages.last).to_contain_text("echo: only once")
        conversation = await visit.conversation()

    assert stage.desk.said(conversation, Author.PERSON) == ["only once"]


async def test_two_presses_of_a_choice_press_once(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        await visit.says_scene("answer")
        await visit.widget.locator(".choices button").first.dblclick()
        await expect(visit.messages.last).to_contain_text(TALK["en"]["glad"])
        conversation = await visit.conversation()
        await expect(visit.pending).to_have_count(0)

    assert len(stage.desk.said(conversation, Author.PERSON)) == 2


async def test_shift_and_enter_make_a_new_line(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        await visit.composer.press_sequentially("one")
        await visit.composer.press("Shift+Enter")
        await visit.composer.press_sequentially("two")
        assert await visit.composer.input_value() == "one\ntwo"
        await visit.composer.press("Enter")
        await expect(visit.messages.last).to_contain_text("echo: one")
        conversation = await visit.conversation()

    assert stage.desk.said(conversation, Author.PERSON) == ["one\ntwo"]


async def test_enter_while_a_word_is_composed_sends_nothing(stage: Stage) -> None:
    """Whoever writes Japanese, or an accent with a dead key, chooses a word by Enter."""
    press = """box => box.dispatchEvent(new KeyboardEvent('keydown', {
      key: 'Enter', code: 'Enter', isComposing: true, bubbles: true, cancelable: true }))"""
    async with stage.visit() as visit:
        await visit.open()
        await visit.composer.fill("にほん")
        is_left_alone = await visit.composer.evaluate(press)
        assert is_left_alone
        assert await visit.composer.input_value() == "にほん"
        await expect(visit.pending).to_have_count(0)
        await visit.composer.press("Enter")
        await expect(visit.messages.last).to_contain_text("echo: にほん")


async def test_nothing_to_send_sends_nothing(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        await visit.writes("   \n ")
        await visit.button("send").click(force=True)
        await visit.says("something")
        conversation = await visit.conversation()

    assert stage.desk.said(conversation, Author.PERSON) == ["something"]


async def test_a_frequent_request_is_asked_by_one_click(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        request = visit.widget.locator(".often .choice").first
        text = await request.inner_text()
        await request.click()
        await expect(visit.messages.last).to_contain_text(f"echo: {text}")
        await expect(visit.widget.locator(".often")).to_be_hidden()


async def test_offers_go_when_somebody_speaks(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        await visit.says_scene("answer")
        await visit.says("something else")

        await expect(visit.widget.locator(".choices").first).to_be_hidden()


async def test_a_line_that_was_not_sent_can_be_discarded(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        await visit.says_scene("answer")
        await visit.team.uses_buttons(await visit.conversation())
        await visit.widget.locator(".choices button").first.click()
        await expect(visit.widget.locator(".line.failed")).to_contain_text(visit.words["why_button_refused"])
        await visit.button("discard").click()

        await expect(visit.pending).to_have_count(0)
        await visit.leaves_and_returns()
        await visit.is_online()
        await until_look(visit, lambda seen: len(seen.lines) == 4 and not seen.pending)


async def test_an_agent_is_seen_to_come_and_to_go(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        await visit.says_scene("human")
        conversation = await visit.conversation()
        await visit.team.asks_for_person(conversation)
        await expect(visit.banner).to_contain_text(visit.words["next"])
        await visit.team.takes(conversation)
        await expect(visit.widget.locator(".status")).to_have_text(
            visit.words["withAgent"].format(agent="Inès")
        )
        await expect(visit.banner).to_be_hidden()
        await visit.says("hello Inès", answers=0)
        await visit.team.hands_back(conversation)
        await expect(visit.widget.locator(".status")).to_have_text(visit.words["assistant"])
        await visit.says("hello machine")
        await expect(visit.messages.last).to_contain_text("echo: hello machine")


async def test_a_window_of_its_own_is_the_same_widget(stage: Stage) -> None:
    async with stage.context() as context:
        page = await context.new_page()
        await page.goto(f"{stage.desk.url}/chat/demo")
        await page.locator("article.line").first.wait_for()
        await page.locator("#guichet-line").fill("one")
        await page.locator("#guichet-line").press("Enter")

        await expect(page.locator("article.line").last).to_contain_text("echo: one")
        await expect(page.get_by_role("button", name=texts("en")["close"])).to_have_count(0)


async def test_the_host_opens_and_closes_it_and_chooses_language_and_theme(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.page.evaluate("() => { guichet.language('fr'); guichet.theme('dark'); guichet.open() }")
        await visit.is_online()
        await expect(visit.widget.locator(".status")).to_have_text(texts("fr")["assistant"])
        assert await visit.run("() => document.documentElement.dataset.theme") == "dark"
        await visit.page.evaluate("() => guichet.close()")
        await expect(visit.page.locator("guichet-counter iframe")).to_be_hidden()
        await visit.page.evaluate("() => guichet.destroy()")

        await expect(visit.page.locator("guichet-counter")).to_have_count(0)
        assert await visit.page.evaluate("() => 'guichet' in window") is False


async def test_a_page_without_a_click_makes_no_conversation(stage: Stage) -> None:
    before = stage.desk.count(Conversation)
    async with stage.visit() as visit:
        await visit.leaves_and_returns()
        await visit.launcher.wait_for()

    assert stage.desk.count(Conversation) == before
