"""How soon a page that nobody has seen before has its button, its first message, its first answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from playwright.async_api import Browser, Page, Response

from tests.browser.chromium import a_chromium
from tests.browser.stage import OPEN_SHADOWS

QUESTION = "how do I connect to the VPN?"
STEPS = ("button", "first message", "answer")


@dataclass(frozen=True)
class Cold:
    """One visit: milliseconds of each step after the one before, and what the counter fetched for it."""

    steps: tuple[float, ...]
    requests: int
    bytes: int


async def visits(page: str, desk: str, count: int) -> list[Cold]:
    """As many first visits to a page, each with a browser profile of its own; a first one is not counted."""
    async with a_chromium() as browser:
        return [await _visit(browser, page, desk) for _ in range(count + 1)][1:]


def medians(found: Sequence[Cold]) -> dict[str, float]:
    """By step, in milliseconds."""
    return {name: median(cold.steps[at] for cold in found) for at, name in enumerate(STEPS)}


async def _visit(browser: Browser, address: str, desk: str) -> Cold:
    context = await browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    await context.add_init_script(OPEN_SHADOWS)
    answers: list[Response] = []
    context.on("response", lambda answer: answers.append(answer) if _is_file(answer, desk) else None)
    page = await context.new_page()
    steps = await _timed(page, address)
    sizes = [await answer.request.sizes() for answer in answers]
    await context.close()
    return Cold(tuple(steps), len(sizes), sum(size["responseBodySize"] for size in sizes))


def _is_file(answer: Response, desk: str) -> bool:
    return answer.url.startswith(f"{desk}/widget/")


async def _timed(page: Page, address: str) -> list[float]:
    moments = [time.perf_counter()]
    await page.goto(address, wait_until="commit")
    button = page.locator("guichet-counter button")
    await button.wait_for()
    moments.append(time.perf_counter())
    await button.click()
    frame = page.frame_locator("guichet-counter iframe")
    await frame.locator("article.line").first.wait_for()
    moments.append(time.perf_counter())
    await frame.locator("#guichet-line").fill(QUESTION)
    await frame.locator("#guichet-line").press("Enter")
    await frame.locator("article.line.assistant").first.wait_for()
    moments.append(time.perf_counter())
    return [(after - before) * 1e3 for before, after in pairwise(moments)]
