"""How soon the widget answers on a page that was never opened before, and what has to travel for it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web
from playwright.async_api import (
    Browser,
    BrowserContext,
    Error,
    Frame,
    Page,
    Request,
    WebSocket,
    async_playwright,
)

from benchmarks.figures import percentile
from benchmarks.training import BenchmarkFailed
from desk.settings.values import Settings
from identity.sites.operations import put_site
from storage.database import Database

SITE, NAME = "benchmark", "Benchmark"
QUESTION = "how do I connect to the VPN"
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PATIENCE_MS = 20_000
MARKED = ("load", "launcher", "click", "message", "line", "answer")

# In every frame: at the first picture that has it, each thing gets its moment, in milliseconds of 1970.
MARK = """
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (options) {
  return attach.call(this, { ...options, mode: 'open' });
};
window.marks = { load: performance.timeOrigin };
const at = (name, when) => { window.marks[name] ??= performance.timeOrigin + when };
addEventListener('click', (event) => at('click', event.timeStamp), true);
addEventListener('keydown', (event) => { if (event.key === 'Enter') at('line', event.timeStamp) }, true);
const wanted = {
  launcher: () =>
    document.querySelector('guichet-counter')?.shadowRoot?.querySelector('button:not([hidden])'),
  message: () => document.querySelector('article.line'),
  answer: () => document.querySelector('article.line.assistant'),
};
const look = () => {
  for (const [name, find] of Object.entries(wanted))
    if (!window.marks[name] && find()) at(name, performance.now());
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


@dataclass(frozen=True)
class Opening:
    """One cold page: moments in milliseconds of 1970, and what travelled until the first message."""

    marks: Mapping[str, float]
    requests: int
    received: int
    sent: int

    def steps(self) -> dict[str, float]:
        """Milliseconds of each step that somebody waits for."""
        marks = self.marks
        return {
            "page load → button": marks["launcher"] - marks["load"],
            "click → first message": marks["message"] - marks["click"],
            "line → answer": marks["answer"] - marks["line"],
        }


def medians(openings: list[Opening]) -> dict[str, float]:
    """Of each step."""
    steps = [opening.steps() for opening in openings]
    return {name: percentile([each[name] for each in steps], 50) for name in steps[0]}


async def measure(settings: Settings, times: int) -> list[Opening]:
    """A fresh browser context each time: nothing is cached, nothing is kept.

    Raises:
        BenchmarkFailed: there is no Chromium, or the widget does not answer.
    """
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        raise BenchmarkFailed("no Chromium is on the PATH")
    runner, address = await _host_page(settings.local_url)
    try:
        _add_site(settings, address)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
            try:
                # The first one warms the desk and the browser.
                return [await _open(browser, address) for _ in range(times + 1)][1:]
            finally:
                await browser.close()
    except Error as error:
        raise BenchmarkFailed(f"the widget did not answer: {error.message}") from error
    finally:
        await runner.cleanup()


async def _open(browser: Browser, address: str) -> Opening:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    try:
        return await _watched(context, address)
    finally:
        await context.close()


async def _watched(context: BrowserContext, address: str) -> Opening:
    context.set_default_timeout(PATIENCE_MS)
    await context.add_init_script(MARK)
    page = await context.new_page()
    requests: list[Request] = []
    frames: list[int] = []
    page.on("request", lambda request: requests.append(request))
    page.on("websocket", lambda socket: _count(socket, frames))
    await page.goto(address)
    await page.locator("guichet-counter button").click()
    frame = await _frame(page)
    await frame.locator("article.line").first.wait_for()
    ours = [request for request in requests if not request.url.startswith(address)]
    sizes = [await request.sizes() for request in ours]
    box = frame.locator("#guichet-line")
    await box.fill(QUESTION)
    await box.press("Enter")
    await frame.locator("article.line.assistant").first.wait_for()
    marks = {**await frame.evaluate("window.marks"), **await page.evaluate("window.marks")}
    if missing := [name for name in MARKED if name not in marks]:
        raise BenchmarkFailed(f"not seen: {', '.join(missing)}")
    return Opening(
        marks,
        # The socket's upgrade is one as well.
        len(ours) + 1,
        sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes) + sum(frames),
        sum(size["requestBodySize"] + size["requestHeadersSize"] for size in sizes),
    )


def _count(socket: WebSocket, frames: list[int]) -> None:
    socket.on(
        "framereceived", lambda text: frames.append(len(text.encode() if isinstance(text, str) else text))
    )


async def _frame(page: Page) -> Frame:
    handle = await page.locator("guichet-counter iframe").element_handle()
    frame = await handle.content_frame()
    if frame is None:
        raise BenchmarkFailed("the page has no frame")
    return frame


async def _host_page(desk: str) -> tuple[web.AppRunner, str]:
    """An intranet with nothing on it but the snippet, under another name and port than the desk's."""
    snippet = f'<script src="{desk}/widget/v1/loader.js" data-site="{SITE}" async></script>'
    head = '<!doctype html><html lang="en"><title>Intranet</title><link rel="icon" href="data:,">'

    async def show(_: web.Request) -> web.Response:
        return web.Response(text=head + snippet, content_type="text/html")

    application = web.Application()
    application.router.add_get("/", show)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://localhost:{runner.addresses[0][1]}"


def _add_site(settings: Settings, origin: str) -> None:
    database = Database(settings.database_url, threads=1)
    try:
        database.write(
            put_site,
            SITE,
            name=NAME,
            origins=[origin],
            host_keys=[],
            is_identity_required=False,
            now=datetime.now(UTC),
        )
    finally:
        database.close()
