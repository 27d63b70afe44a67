"""A page with the real widget: what is typed into it, what it shows, and what it says to the desk."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

from playwright.async_api import Error, Frame, Page, Request, Response, WebSocket, expect
from playwright.async_api import TimeoutError as NotInTime

from tests.browser.visit import KEPT
from tests.nemesis.checks import Shown

Frames = Callable[[dict[str, Any]], None]

LOOK_SECONDS = 0.25
# The desk may be killed again and again while a page is being opened.
READY_SECONDS = 120.0
AGAIN_SECONDS = 15.0
KEY_MS = 1_000
SIZE = {"width": 1200, "height": 900}

# Of every line its place, who said it, what was said and the ticket it tells of; then what is on its way.
LOOK = """() => {
  const all = (path, root = document) => [...root.querySelectorAll(path)];
  const authors = ['person', 'assistant', 'agent', 'desk'];
  const words = (line) => all('.prose', line).map((prose) => prose.textContent).join('');
  const ticket = (line) => line.querySelector('.ticket-card strong')?.textContent ?? null;
  return {
    lines: all('article.line').map((line) => [
      Number(line.dataset.seq),
      authors.find((name) => line.classList.contains(name)),
      words(line),
      ticket(line),
    ]),
    sending: all('.pending .sending').length,
    conversation: kept()?.conversation ?? null,
  };
}""".replace("kept()", f"({KEPT})()")


class Tab:
    """One of a person's pages; looked at all the time by the run, which asks without waiting."""

    def __init__(self, page: Page, address: str, *, heard: Frames, told: Frames) -> None:
        self._page, self._address = page, address
        self._heard, self._told = heard, told
        self.lines: list[Shown] = []
        self.is_settled = False
        self.conversation: str | None = None
        self._looking: asyncio.Task[None] | None = None
        self._answers: set[asyncio.Task[None]] = set()
        page.on("websocket", self._listen)
        page.on("request", self._request)
        page.on("response", self._response)

    @property
    def last_seq(self) -> int:
        """The last line on file that is shown; -1 while something is on its way, or nothing can be seen."""
        return self.lines[-1].seq if self.is_settled and self.lines else -1

    async def open(self) -> None:
        """The page, with the conversation on it."""
        await self._page.goto(self._address)
        self._looking = asyncio.create_task(self._follow())
        await self._ready()
        await self.until(lambda: self.conversation is not None and self.last_seq > 0)

    async def close(self) -> None:
        """Take a last look."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await self.look()
        await asyncio.gather(*self._answers, return_exceptions=True)

    async def reload(self) -> None:
        """The same page again."""
        self.is_settled = False
        await self._page.reload(wait_until="domcontentloaded")

    async def leave_and_return(self) -> None:
        """The next page, and the way back."""
        self.is_settled = False
        await self._page.goto(f"{self._address}&page=2", wait_until="domcontentloaded")
        await self._page.go_back(wait_until="domcontentloaded")

    async def write(self, text: str) -> None:
        """Type a line and send it: the widget has taken it when the box is empty again."""
        frame = await self._ready()
        box = frame.locator("#guichet-line")
        # A key goes where the focus is, and with several pages in a browser that is a matter of chance.
        while await box.input_value() != text:
            await self._page.bring_to_front()
            await box.fill(text)
        self.is_settled = False
        while True:
            await box.press("Enter")
            try:
                await expect(box).to_have_value("", timeout=KEY_MS)
            except AssertionError:
                await self._page.bring_to_front()
            else:
                return

    async def press(self, title: str | None, choose: Callable[[int], int]) -> bool:
        """Press a button that is offered, any or the one with this title; False when there is none."""
        frame = await self._ready()
        buttons = frame.locator(".choices:not([hidden]) button")
        if title is not None:
            buttons = buttons.filter(has_text=title)
        try:
            count = await buttons.count()
            if not count:
                return False
            await buttons.nth(choose(count)).click(timeout=KEY_MS)
        except NotInTime:
            # It went while the hand was on its way.
            return False
        self.is_settled = False
        return True

    async def until(self, is_so: Callable[[], bool], *, seconds: float = READY_SECONDS) -> None:
        """Wait until something is true of what is seen.

        Raises:
            TimeoutError
        """
        async with asyncio.timeout(seconds):
            while not is_so():  # noqa: ASYNC110 - a page is looked at
                await asyncio.sleep(LOOK_SECONDS / 2)

    async def look(self) -> None:
        """See what is there now; nothing while the page is being left."""
        try:
            found = await (await self._frame()).evaluate(LOOK)
        except (Error, LookupError):
            self.is_settled = False
            return
        self.lines = [Shown(*line) for line in found["lines"]]
        self.is_settled = not found["sending"]
        self.conversation = found["conversation"] or self.conversation

    async def _follow(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def _ready(self) -> Frame:
        """The widget's frame, with a box to write in; a page on which nothing comes is opened again."""
        async with asyncio.timeout(READY_SECONDS):
            while True:
                try:
                    async with asyncio.timeout(AGAIN_SECONDS):
                        return await self._writable()
                except (TimeoutError, Error):
                    await self.reload()

    async def _writable(self) -> Frame:
        launcher = self._page.locator("guichet-counter button")
        frame_box = self._page.locator("guichet-counter iframe")
        while True:
            with contextlib.suppress(Error, LookupError):
                await launcher.wait_for(timeout=AGAIN_SECONDS * 1000)
                frame = await self._frame()
                if await frame.locator("#guichet-line").is_visible():
                    return frame
                if not await frame_box.is_visible():
                    await launcher.click(timeout=KEY_MS)
            await asyncio.sleep(LOOK_SECONDS)

    async def _frame(self) -> Frame:
        handle = await self._page.query_selector("guichet-counter iframe")
        frame = await handle.content_frame() if handle is not None else None
        if frame is None:
            raise LookupError("no widget is on the page")
        return frame

    # What goes over the wire

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda text: self._told(json.loads(text)))
        socket.on("framereceived", lambda text: self._heard(json.loads(text)))

    def _request(self, request: Request) -> None:
        if request.url.endswith("/chat/v1/send") and request.post_data:
            self._told(json.loads(request.post_data))

    def _response(self, response: Response) -> None:
        if response.url.endswith("/chat/v1/send"):
            answer = asyncio.create_task(self._take(response))
            self._answers.add(answer)
            answer.add_done_callback(self._answers.discard)

    async def _take(self, response: Response) -> None:
        # An answer that broke off did not reach the page either.
        with contextlib.suppress(Error, json.JSONDecodeError):
            for frame in (await response.json())["frames"]:
                self._heard(frame)
