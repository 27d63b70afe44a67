"""Scripted people in browsers: pages with the real widget, and everything that happens to pages."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import BrowserContext

from desk.client import Ack
from tests.browser.stage import OPEN_SHADOWS
from tests.nemesis.checks import Shown
from tests.nemesis.surfing import Surfing
from tests.nemesis.tabs import SIZE, Tab
from tests.nemesis.talker import Line, Talker, Viewer
from tests.nemesis.words import PERSON_BUTTONS

PATIENCE_SECONDS = 120.0
ANSWER_SECONDS = 20.0
LOST = 0.15
# Two tabs mend for each other what one must do by itself: every other person has one only.
TABS = (2, 1)
LOCALES = {"en": "en-GB", "fr": "fr-FR"}


@dataclass
class Surfer(Talker):
    """Writes with one pair of hands: one page at a time."""

    surfing: Surfing | None = None
    tabs: list[Tab] = field(default_factory=list)
    _context: BrowserContext | None = None
    _hands: asyncio.Lock = field(default_factory=asyncio.Lock)
    _typed: list[str] = field(default_factory=list)
    _is_calm: bool = False

    @property
    def conversation(self) -> str:
        return self.tabs[0].conversation or ""

    @property
    def viewers(self) -> Sequence[Viewer]:
        return self.tabs

    async def come_in(self, url: str) -> None:
        """In a browser of their own; what the site is called there is not what other clients are told."""
        assert self.surfing is not None
        self._context = context = await self.surfing.new_context(viewport=SIZE, locale=LOCALES[self.language])
        await context.add_init_script(OPEN_SHADOWS)
        for _ in range(TABS[self.number % len(TABS)]):
            page = await context.new_page()
            address = self.surfing.address(self.language)
            self.tabs.append(Tab(page, address, heard=self._heard, told=self._told))
            await self.tabs[-1].open()

    async def leave(self) -> None:
        await asyncio.gather(*(tab.close() for tab in self.tabs))
        if self._context is not None:
            await self._context.close()

    async def calm(self) -> None:
        async with self._hands:
            self._is_calm = True

    async def say(self, kind: str) -> None:
        """One thing, and perhaps something happens to the page, to its browser or on the way to the desk."""
        tab = self.rng.choice(self.tabs)
        # A form is gone on with by whatever button is pressed next.
        kind = "form" if kind == "whole form" else kind
        async with self._hands:
            if not await self._press(tab, kind):
                is_lost = not self._is_calm and self.rng.random() < LOST
                write = self._write_into_the_void if is_lost else self._write
                await write(tab, self._line(kind))
            if not self._is_calm:
                await self._happen(tab)
        if self._is_calm or self.rng.random() < 0.6:
            await self._hear(tab)

    async def once(self, kind: str) -> None:
        line = self._line(kind)
        async with self._hands:
            await self._write(self.rng.choice(self.tabs), line)
        with contextlib.suppress(TimeoutError):
            await self.tabs[0].until(lambda: bool(line.acks), seconds=PATIENCE_SECONDS)

    async def double(self, kind: str) -> None:
        """Sent into a connection that is dead and does not say so yet: nobody knows whether it arrived."""
        self.counts["duplicates sent"] += 1
        async with self._hands:
            await self._write_into_the_void(self.rng.choice(self.tabs), self._line(kind))

    async def leave_with_a_line_on_its_way(self, kind: str) -> None:
        """What was typed is only on the device when the page is opened again."""
        assert self.surfing is not None
        tab = self.rng.choice(self.tabs)
        async with self._hands:
            self.surfing.wire.go_dead()
            await self._write(tab, self._line(kind))
            await tab.reload()
            self.surfing.wire.cut()

    async def _write_into_the_void(self, tab: Tab, line: Line) -> None:
        assert self.surfing is not None
        self.surfing.wire.go_dead()
        await self._write(tab, line)
        self.surfing.wire.cut()

    def pages(self) -> list[list[Shown]]:
        return [tab.lines for tab in self.tabs]

    def typed(self) -> list[str]:
        return self._typed

    def _tickets(self) -> list[str]:
        return [line.ticket for line in self.tabs[0].lines if line.ticket]

    async def _write(self, tab: Tab, line: Line) -> None:
        assert line.text is not None
        await tab.write(line.text)
        self._typed.append(line.text)

    async def _press(self, tab: Tab, kind: str) -> bool:
        if kind not in ("button", "person"):
            return False
        title = PERSON_BUTTONS[self.language != "en"] if kind == "person" else None
        is_pressed = await tab.press(title, self.rng.randrange)
        self.counts["buttons pressed"] += is_pressed
        return is_pressed

    async def _happen(self, tab: Tab) -> None:
        assert self.surfing is not None
        assert self._context is not None
        wire = self.surfing.wire
        what = self.rng.choices(
            ("nothing", "cut", "reload", "leave", "offline", "no sockets"), (55, 15, 12, 6, 6, 6)
        )[0]
        match what:
            case "cut":
                self.counts["browsers' connections cut"] += wire.cut()
            case "reload":
                self.counts["pages opened again"] += 1
                await tab.reload()
            case "leave":
                self.counts["pages left and come back to"] += 1
                await tab.leave_and_return()
            case "offline":
                self.counts["browsers taken off the network"] += 1
                await self._context.set_offline(True)
                await asyncio.sleep(self.rng.uniform(0.1, 1.5))
                await self._context.set_offline(False)
            case "no sockets":
                wire.refuses_sockets = not wire.refuses_sockets
                self.counts["ways that let no sockets through"] += wire.refuses_sockets
                wire.cut()

    async def _hear(self, tab: Tab) -> None:
        """Look at the answer, unless it does not come: the checkers say whether that was too long."""

        def is_answered() -> bool:
            return tab.last_seq > 0 and tab.lines[-1].author != "person"

        try:
            await tab.until(is_answered, seconds=ANSWER_SECONDS)
        except TimeoutError:
            self.counts["answers that nobody waited for"] += 1

    # What goes over the wire says which id a line has, and that the desk has it.

    def _told(self, frame: dict[str, Any]) -> None:
        if frame.get("type") != "send" or self._of(frame["client_id"]) is not None:
            return
        text = frame.get("text")
        line = next((each for each in self.lines if each.text == text and not each.client_id), None)
        if line is None:
            line = Line(frame["client_id"], text, frame.get("button"))
            self.lines.append(line)
        line.client_id = frame["client_id"]

    def _heard(self, frame: dict[str, Any]) -> None:
        line = self._of(str(frame.get("client_id")))
        if line is None:
            return
        if frame["type"] == "ack":
            self._note_ack(line, Ack(line.client_id, frame["seq"], frame["turn"], frame["duplicate"]))
        elif frame["type"] == "error" and frame.get("code") == "button_refused":
            line.is_refused = True
            self.counts["buttons refused"] += 1

    def _of(self, client_id: str) -> Line | None:
        return next((line for line in self.lines if line.client_id == client_id), None)
