"""What the widget shows, taken at one moment, and waiting until it shows something."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from playwright.async_api import Browser, Error, Frame

from tests.browser.visit import KEPT, LOOK_EVERY_SECONDS, Visit
from tests.desk.desks import PATIENCE

T = TypeVar("T")

# Of a line everything that was said, in sight or not.
LOOK = """() => {
  const all = (path, root = document) => [...root.querySelectorAll(path)];
  const authors = ['person', 'assistant', 'agent', 'desk'];
  const author = (line) => authors.find((name) => line.classList.contains(name));
  const words = (line) => all('.bubble', line).map((bubble) => bubble.textContent).join('');
  let kept = null;
  try { kept = (KEPT)(); } catch { /* forbidden */ }
  const shown = (path) => all(path).filter((box) => !box.hidden).map((box) => box.textContent).join('');
  return {
    lines: all('article.line').map((line) => [Number(line.dataset.seq), author(line), words(line)]),
    pending: all('.pending .line').map((line) =>
      [line.dataset.clientId, line.classList.contains('failed') ? 'failed' : 'sending', words(line)]),
    draft: document.getElementById('guichet-line')?.value ?? '',
    speaker: document.querySelector('widget-header')?.dataset.speaker ?? '',
    banner: shown('.banner'),
    conversation: kept?.conversation ?? null,
  };
}""".replace("KEPT", KEPT)


@dataclass(frozen=True)
class Line:
    """A line on file, as it is shown."""

    seq: int
    author: str
    text: str


@dataclass(frozen=True)
class Waiting:
    """A line that is not on file yet."""

    client_id: str
    fate: str
    text: str


@dataclass(frozen=True)
class Look:
    """What there was to see."""

    lines: tuple[Line, ...]
    pending: tuple[Waiting, ...]
    draft: str
    speaker: str
    banner: str
    conversation: str | None

    @property
    def mine(self) -> list[str]:
        """What the person wrote, on file or on its way there."""
        return [line.text for line in self.lines if line.author == "person"] + [
            line.text for line in self.pending
        ]

    @property
    def seqs(self) -> list[int]:
        return [line.seq for line in self.lines]


async def look(visit: Visit) -> Look:
    """Now."""
    return look_of(await visit.run(LOOK))


async def look_in(frame: Frame) -> Look:
    """The same in a window of the widget's own."""
    return look_of(await frame.evaluate(LOOK))


def look_of(found: dict[str, Any]) -> Look:
    """What the script found."""
    return Look(
        tuple(Line(*line) for line in found["lines"]),
        tuple(Waiting(*line) for line in found["pending"]),
        found["draft"],
        found["speaker"],
        found["banner"],
        found["conversation"],
    )


async def until(
    see: Callable[[], Awaitable[T]], wanted: Callable[[T], bool], *, seconds: float = PATIENCE
) -> T:
    """What is seen as soon as it is what is wanted; the last that was seen stands in the failure."""
    deadline = asyncio.get_running_loop().time() + seconds
    seen: T | None = None
    while asyncio.get_running_loop().time() < deadline:
        try:
            seen = await see()
        except Error:
            # A page that is being left has no frame to look into.
            seen = None
        if seen is not None and wanted(seen):
            return seen
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    raise AssertionError(f"not seen within {seconds:g} s; last seen: {seen}")


async def until_look(visit: Visit, wanted: Callable[[Look], bool], *, seconds: float = PATIENCE) -> Look:
    """The first look that is what is wanted."""
    return await until(lambda: look(visit), wanted, seconds=seconds)


async def look_past_playwright(browser: Browser) -> Look | None:
    """What the only frame of the browser shows: after a way back through memory Playwright knows of none."""
    session = await browser.new_browser_cdp_session()
    try:
        targets = await session.send("Target.getTargets")
        frames = [each for each in targets["targetInfos"] if each["type"] == "iframe"]
        if len(frames) != 1:
            return None
        heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        session.on("Target.receivedMessageFromTarget", heard.put_nowait)
        attached = await session.send(
            "Target.attachToTarget", {"targetId": frames[0]["targetId"], "flatten": False}
        )
        asked = {
            "id": 1,
            "method": "Runtime.evaluate",
            "params": {"expression": f"({LOOK})()", "returnByValue": True},
        }
        await session.send(
            "Target.sendMessageToTarget", {"sessionId": attached["sessionId"], "message": json.dumps(asked)}
        )
        async with asyncio.timeout(PATIENCE):
            answer = json.loads((await heard.get())["message"])
        value = answer["result"]["result"].get("value")
        return look_of(value) if value else None
    finally:
        await session.detach()
