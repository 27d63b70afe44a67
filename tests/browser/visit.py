"""A person on a page with the widget: what they see and do."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from playwright.async_api import FilePayload, Frame, FrameLocator, Locator, Page, expect

from tests.browser.chromium import Watch
from tests.browser.talk import LINES, Assistant
from tests.browser.team import Team
from tests.desk.desks import PATIENCE
from tests.requirements import ROOT

FRAME = "/widget/v1/frame"
LOOK_EVERY_SECONDS = 0.05
# What the device keeps for the counter here: on the pages of one origin, or in a window of its own.
KEPT = """() => {
  const { site, host } = JSON.parse(document.getElementById('guichet-config').textContent);
  return JSON.parse(localStorage.getItem(`guichet:${site}${host ? `@${host}` : ':window'}`));
}"""
CONVERSATION = f"() => ({KEPT})()?.conversation"


def texts(language: str) -> dict[str, str]:
    """The widget's words, read from the sources."""
    source = (ROOT / "web" / "texts" / f"{language}.ts").read_text("utf-8")
    return dict(_entries(source))


def _entries(source: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    name = ""
    for line in map(str.strip, source.splitlines()):
        if name and line.startswith(("'", '"')):
            found.append((name, _unquoted(line)))
        name = line.split(":")[0] if line.endswith(":") else ""
        if line.endswith("',") or line.endswith('",'):
            key, colon, value = line.partition(": ")
            if colon and key.replace("_", "").isalnum():
                found.append((key, _unquoted(value)))
    return found


def _unquoted(value: str) -> str:
    text = value.strip().rstrip(",")
    return text[1:-1].replace("\\'", "'").replace('\\"', '"')


@dataclass
class Visit:
    """One page, and the widget on it.

    Args:
        keeps: the widget may keep something on the device, so that one finds its conversation.
    """

    page: Page
    watch: Watch
    assistant: Assistant
    team: Team
    language: str = "en"
    keeps: bool = True

    @property
    def words(self) -> dict[str, str]:
        return texts(self.language)

    @property
    def lines(self) -> dict[str, str]:
        """What a person writes here."""
        return LINES[self.language]

    @property
    def launcher(self) -> Locator:
        return self.page.locator("guichet-counter button")

    @property
    def widget(self) -> FrameLocator:
        """What is inside the frame."""
        return self.page.frame_locator("guichet-counter iframe")

    @property
    def composer(self) -> Locator:
        return self.widget.locator("#guichet-line")

    @property
    def messages(self) -> Locator:
        """The lines on file."""
        return self.widget.locator("article.line")

    @property
    def banner(self) -> Locator:
        """What is said above the conversation."""
        return self.widget.locator(".banner")

    @property
    def pending(self) -> Locator:
        return self.widget.locator(".pending .line")

    def button(self, name: str) -> Locator:
        """A button of the widget by its key in the texts, or by its name."""
        return self.widget.get_by_role("button", name=self.words.get(name, name), exact=True)

    async def frame(self) -> Frame:
        """The frame itself, to run something in."""
        handle = await self.page.locator("guichet-counter iframe").element_handle()
        frame = await handle.content_frame()
        assert frame is not None
        return frame

    async def run(self, script: str, argument: Any = None) -> Any:
        """What a script gives in the frame."""
        return await (await self.frame()).evaluate(script, argument)

    async def open(self) -> None:
        """Press the button; the conversation is there."""
        await self.launcher.click()
        await self.is_online()

    async def close(self) -> None:
        """By the widget's own button, which a phone has too."""
        await self.button("close").click()
        await expect(self.page.locator("guichet-counter iframe")).to_be_hidden()

    async def is_online(self) -> None:
        """The desk has said hello, and everything it said."""
        await self.messages.first.wait_for()
        await expect(self.widget.locator("widget-header")).not_to_have_attribute("data-speaker", "connecting")
        await self.shows_all()

    async def shows_all(self) -> None:
        """Every line on file is there."""
        if not self.keeps:
            return
        conversation = await self.conversation()
        async with asyncio.timeout(PATIENCE):
            # What is looked at has no event.
            while await self.messages.count() != self.team.on_file(conversation):  # noqa: ASYNC110
                await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def writes(self, text: str) -> None:
        """Type a line and send it."""
        await self.composer.fill(text)
        await expect(self.composer).to_have_value(text)
        await self.composer.press("Enter")

    async def says(self, text: str, answers: int = 1) -> None:
        """Send a line; it is on file, and so many answers are."""
        await self.shows_all()
        before = await self.messages.count()
        await self.writes(text)
        await expect(self.messages).to_have_count(before + 1 + answers)
        await expect(self.widget.locator(".typing")).to_be_hidden()

    async def says_scene(self, name: str, answers: int = 1) -> None:
        """The line of a scene in this language."""
        await self.says(self.lines[name], answers)

    async def conversation(self) -> str:
        """Its id, as the device keeps it."""
        handle = await (await self.frame()).wait_for_function(CONVERSATION, timeout=PATIENCE * 1000)
        return str(await handle.json_value())

    async def kept(self) -> dict[str, Any]:
        """What the device keeps."""
        return dict(await self.run(KEPT) or {})

    async def said(self) -> list[str]:
        """The words of every line on file, in sight or not."""
        return await self.messages.locator(".prose").all_text_contents()

    async def opens_menu(self) -> None:
        await self.button("more").click()
        await self.widget.locator(".menu").wait_for()

    async def chooses(self, name: str) -> None:
        """An item of the menu."""
        await self.opens_menu()
        await self.widget.locator(".menu .item", has_text=self.words.get(name, name)).click()

    async def leaves_and_returns(self) -> None:
        """The next page, or the same one anew."""
        await self.page.reload()
        await self.launcher.wait_for()

    async def opens_tickets(self) -> None:
        """The list, loaded."""
        await self.button("tickets").click()
        await self.widget.locator("widget-tickets :is(.empty, .tickets)").first.wait_for()

    async def opens_ticket(self, number: str) -> None:
        """One of the list."""
        await self.widget.locator(".ticket-row", has_text=number).click()
        await self.widget.locator(".history").wait_for()

    async def opens_new_ticket(self, scene: str) -> str:
        """Say the line of a scene that ends in a ticket; gives its number."""
        await self.says_scene(scene)
        return await self.ticket_number()

    async def attaches(self, content: bytes, name: str, kind: str = "image/png") -> None:
        """Choose a picture; it is with the desk."""
        file = FilePayload(name=name, mimeType=kind, buffer=content)
        await self.widget.locator("chat-composer input[type=file]").set_input_files(file)
        await self.button("removeAttached").wait_for()

    async def scrolled_up(self) -> None:
        """The widget has noticed that its end is out of sight."""
        await self.run("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    async def ticket_number(self) -> str:
        """The number on the last card."""
        return await self.widget.locator(".ticket-card strong").last.inner_text()


def kept_json(text: str | None) -> dict[str, Any]:
    """What the device keeps."""
    return dict(json.loads(text or "{}"))
