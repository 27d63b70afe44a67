"""Everything a browser test stands on: a desk, the pages around it, and a person's visit to one of them."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize

from identity.sites.administration import SiteChanges, change_site
from identity.sites.operations import put_site
from tests.browser.chromium import Watch
from tests.browser.pages import Intranet, Stranger
from tests.browser.talk import Assistant
from tests.browser.team import Team
from tests.browser.visit import Visit
from tests.desk.desks import (
    HOST_KEY,
    ORIGIN,
    PATIENCE,
    RunningDesk,
    a_desk,
    a_free_port,
    a_rasa,
    listening,
    utc_now,
)

PHONE = ViewportSize(width=360, height=740)
WIDE = ViewportSize(width=1440, height=900)
SIZES = {"phone": PHONE, "wide": WIDE}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LANGUAGES = ("en", "fr")
HOST_KEYS = [{"kid": "host", "alg": "HS256", "key": HOST_KEY}]
PATIENCE_MS = PATIENCE * 1000

# Playwright reaches what is in an open shadow root; the widget's own is closed to the page's scripts.
OPEN_SHADOWS = """
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (options) {
  return attach.call(this, { ...options, mode: 'open' });
};
"""


@dataclass
class Stage:
    """A desk with its sites, an intranet under another host name, a stranger under a third."""

    browser: Browser
    desk: RunningDesk
    assistant: Assistant
    team: Team
    intranet: Intranet
    stranger: Stranger
    host: str
    evil: str

    @contextlib.asynccontextmanager
    async def context(
        self,
        *,
        size: ViewportSize = WIDE,
        language: str = "en",
        opens_shadows: bool = True,
        **options: Any,
    ) -> AsyncIterator[BrowserContext]:
        """A browser of somebody's own: nothing is stored in it, nothing of it stays."""
        context = await self.browser.new_context(
            viewport=size, locale={"en": "en-GB", "fr": "fr-FR"}[language], **options
        )
        context.set_default_timeout(PATIENCE_MS)
        try:
            if opens_shadows:
                await context.add_init_script(OPEN_SHADOWS)
            yield context
        finally:
            await context.close()

    def watch(self, context: BrowserContext) -> Watch:
        """Listen to a context in which only the desk and the intranet are asked for anything."""
        desk = self.intranet.desk
        watch = Watch(frozenset({self.host, desk, desk.replace("http", "ws")}))
        watch.over(context)
        return watch

    @contextlib.asynccontextmanager
    async def visit(
        self, *, path: str | None = None, site: str = "demo", language: str = "en", **options: Any
    ) -> AsyncIterator[Visit]:
        """A person on the intranet; the widget's button is there. Anything that goes wrong fails the test."""
        async with self.context(language=language, **options) as context:
            visit = await self.visit_in(context, path=path, site=site, language=language)
            await visit.launcher.wait_for()
            yield visit
            found = visit.watch.found()
            assert not found, "\n".join(found)

    async def visit_in(
        self, context: BrowserContext, *, path: str | None = None, site: str = "demo", language: str = "en"
    ) -> Visit:
        """A page of the intranet in a context that is there."""
        watch = self.watch(context)
        page: Page = await context.new_page()
        visit = Visit(page, watch, self.assistant, self.team, language)
        await page.goto(f"{self.host}{path or f'/?site={site}&language={language}'}")
        return visit

    async def change_site(self, key: str = "demo", **changes: Any) -> None:
        """Look and words of a site."""
        await self.desk.database.awrite(change_site, key, cast(SiteChanges, changes))

    async def clear(self) -> None:
        """After a test: nobody waits, nothing is held, everybody says what they always say."""
        self.assistant.held.set()
        self.assistant.held = asyncio.Event()
        self.assistant.says = None
        self.intranet.person = None
        await self.team.empties_queue()


@contextlib.asynccontextmanager
async def a_stage(
    browser: Browser, folder: Path, *, names: tuple[str, str] = ("localhost", "127.0.0.1"), **settings: Any
) -> AsyncIterator[Stage]:
    """All of it, listening. `settings` are the desk's; pictures are taken unless they say otherwise.

    Args:
        names: the intranet's host name, and the desk's.
    """
    assistant = Assistant()
    intranet, stranger = Intranet(), Stranger()
    port = a_free_port()
    address = f"http://{names[1]}:{port}"
    chosen: dict[str, Any] = {
        "organisation": "Meridian",
        "pictures": "true",
        "introduces": True,
        "public_url": address,
    } | settings
    async with contextlib.AsyncExitStack() as stack:
        rasa = await stack.enter_async_context(a_rasa(assistant.answer))
        desk = await stack.enter_async_context(a_desk(folder, rasa, port=port, grace=0.1, **chosen))
        host = await _served(stack, intranet.application(), names[0])
        evil = await _served(stack, stranger.application(), "evil.localhost")
        intranet.desk = address
        team = Team(desk)
        assistant.open_ticket = team.opens_ticket
        await _put_sites(desk, host)
        yield Stage(browser, desk, assistant, team, intranet, stranger, host, evil)


async def _served(stack: contextlib.AsyncExitStack, application: web.Application, name: str) -> str:
    port, _ = await stack.enter_async_context(listening(application, grace=0.1))
    return f"http://{name}:{port}"


async def _put_sites(desk: RunningDesk, host: str) -> None:
    for key, is_required in (("demo", False), ("strict", True)):
        await desk.database.awrite(
            put_site,
            key,
            name="Meridian IT",
            origins=[host, ORIGIN],
            host_keys=HOST_KEYS,
            is_identity_required=is_required,
            now=utc_now(),
        )


def exactly(text: str) -> re.Pattern[str]:
    """A pattern for one name and no longer one."""
    return re.compile(f"^{re.escape(text)}$")
