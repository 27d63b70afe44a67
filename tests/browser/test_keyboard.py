"""Everything can be done by keyboard alone, and is said once to those who listen."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.stage import Stage
from tests.browser.talk import TALK
from tests.browser.visit import Visit, texts

pytestmark = [pytest.mark.requires("chromium"), pytest.mark.asyncio(loop_scope="session")]

FARTHEST = 60

# What has the focus in a document, by the name that is said, and whether one sees that it has.
FOCUSED = """() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  if (!element || element === document.body) return ['', true];
  const style = getComputedStyle(element);
  const isSeen = style.outlineStyle !== 'none' || style.boxShadow !== 'none';
  const label = element.labels?.[0]?.textContent ?? element.getAttribute('aria-label');
  return [(label ?? element.textContent).replace(/\\s+/g, ' ').trim(), isSeen];
}"""


# What a screen reader would say of the conversation.
LISTEN = """() => {
  globalThis.said = [];
  const log = document.querySelector('[role=log][aria-live=polite]');
  new MutationObserver(changes => {
    for (const change of changes)
      for (const node of change.addedNodes) globalThis.said.push(node.textContent);
  }).observe(log, { childList: true, subtree: true });
}"""


async def focused(visit: Visit) -> str:
    """The name of what has the focus in the widget; one sees that it has it."""
    name, is_seen = await visit.run(FOCUSED)
    assert is_seen, f"nobody sees that {name!r} has the focus"
    return str(name)


async def goes_to(visit: Visit, name: str, *, back: bool = False) -> None:
    """Press Tab until something of this name has the focus."""
    passed = []
    for _ in range(FARTHEST):
        await visit.page.keyboard.press("Shift+Tab" if back else "Tab")
        passed.append(await focused(visit))
        if passed[-1].startswith(name):
            return
    raise AssertionError(f"{name!r} is not reached; passed {passed}")


async def test_a_whole_visit_by_keyboard_alone(stage: Stage) -> None:
    async with stage.visit() as visit:
        keys = visit.page.keyboard
        english, french = texts("en"), texts("fr")
        await visit.page.evaluate("() => document.querySelector('nav a').focus()")
        while (await visit.page.evaluate(FOCUSED))[0] != english["open"]:
            await keys.press("Tab")

        await keys.press("Enter")
        await visit.is_online()
        await expect(visit.composer).to_be_focused()

        await keys.type(visit.lines["answer"])
        await keys.press("Enter")
        await visit.widget.locator(".choices").wait_for()
        await goes_to(visit, TALK["en"]["answer"]["buttons"][0], back=True)
        await keys.press("Enter")
        await expect(visit.messages.last).to_contain_text(TALK["en"]["glad"])
        await expect(visit.composer).to_be_focused()

        await keys.type(visit.lines["ticket"])
        await keys.press("Enter")
        await visit.widget.locator(".ticket-more .pill").wait_for()
        await goes_to(visit, english["openTicket"], back=True)
        await keys.press("Enter")
        await visit.widget.locator(".history").wait_for()

        await goes_to(visit, english["replyLabel"])
        await keys.type(visit.lines["wait"])
        await goes_to(visit, english["replySend"])
        await keys.press("Space")
        await visit.widget.locator(".done").wait_for()

        # It was opened from the conversation: one step out leads back there.
        await keys.press("Escape")
        await expect(visit.composer).to_be_focused()

        await goes_to(visit, english["more"], back=True)
        await keys.press("Enter")
        assert await focused(visit) == english["restart"]
        await goes_to(visit, "Français")
        before = await visit.messages.count()
        await keys.press("Enter")
        await expect(visit.widget.locator(".status")).to_have_text(french["assistant"])
        # What the desk says first is said in French too; after it was closed it would be unread.
        await expect(visit.messages).to_have_count(before + 2)
        assert await focused(visit) == french["more"]

        await keys.press("Escape")
        await expect(visit.page.locator("guichet-counter iframe")).to_be_hidden()
        assert (await visit.page.evaluate(FOCUSED))[0] == french["open"]


async def test_the_focus_is_not_kept_in_the_widget(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        for _ in range(FARTHEST):
            await visit.page.keyboard.press("Tab")
            if not await visit.run("() => document.hasFocus()"):
                break

        assert (await visit.page.evaluate(FOCUSED))[0] == visit.words["close"]


async def test_a_question_keeps_the_focus_until_it_is_answered(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        await visit.chooses("restart")
        names = set()
        for _ in range(8):
            await visit.page.keyboard.press("Tab")
            names.add((await visit.run(FOCUSED))[0])
        await visit.page.keyboard.press("Escape")

        assert names <= {visit.words["yes"], visit.words["no"], ""}
        await expect(visit.widget.locator("dialog")).to_have_count(0)
        await expect(visit.composer).to_be_focused()


async def test_each_message_is_announced_once(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        await visit.run(LISTEN)
        await visit.says("one")
        await visit.says("two")
        await visit.team.asks_for_person(await visit.conversation())
        await visit.banner.wait_for()
        said = await visit.run("() => globalThis.said")

    for text in ("echo: one", "echo: two"):
        assert len([each for each in said if text in each]) == 1, said
    assert len(said) == 4


async def test_the_button_says_what_is_unread_and_whether_the_chat_is_open(stage: Stage) -> None:
    async with stage.visit() as visit:
        closed = await visit.launcher.get_attribute("aria-expanded")
        await visit.open()
        opened = await visit.launcher.get_attribute("aria-expanded")
        await visit.writes(visit.lines["thinking"])
        await visit.close()
        stage.assistant.held.set()
        name = f"{visit.words['open']}, {visit.words['unread'].format(count=1)}"

        await expect(visit.page.get_by_role("button", name=name)).to_be_visible()
        assert (closed, opened) == ("false", "true")


async def test_who_is_waited_for_is_said_by_a_status(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.open()
        await visit.team.asks_for_person(await visit.conversation())

        await expect(visit.widget.get_by_role("status").filter(has_text=visit.words["next"])).to_be_visible()
