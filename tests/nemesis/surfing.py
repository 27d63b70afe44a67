"""What browsers need around them: a page that includes the widget, a Chromium, and a wire to the desk."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Route

from identity.sites.operations import put_site
from storage.database import Database
from tests.browser.chromium import a_chromium
from tests.browser.pages import Intranet
from tests.browser.wire import Wire, a_wire
from tests.desk.desks import listening, utc_now
from tests.nemesis.bundles import a_bundle_without

SITE = "intranet"


@dataclass(eq=False)
class Surfing:
    """`bundle` is a folder with the scripts that browsers get instead of the desk's own; None for those."""

    browser: Browser
    wire: Wire
    host: str
    bundle: Path | None

    def address(self, language: str) -> str:
        """A page of the intranet with the widget on it."""
        return f"{self.host}/?site={SITE}&language={language}"

    async def new_context(self, **options: Any) -> BrowserContext:
        """A browser of somebody's own."""
        context = await self.browser.new_context(**options)
        if self.bundle is not None:
            await context.route("**/widget/v1/assets/*.js", self._replace)
        return context

    async def _replace(self, route: Route) -> None:
        assert self.bundle is not None
        name = route.request.url.rsplit("/", 1)[1]
        found = self.bundle / ("widget.js" if name.startswith("widget-") else name)
        await (
            route.fulfill(path=found, content_type="text/javascript") if found.exists() else route.continue_()
        )


@contextlib.asynccontextmanager
async def surfing(
    database: Database, *, desk: int, wire: int, folder: Path, mutation: str | None
) -> AsyncIterator[Surfing]:
    """All of it; `desk` and `wire` are ports."""
    intranet = Intranet(desk=f"http://127.0.0.1:{wire}")
    bundle = a_bundle_without(mutation, folder) if mutation is not None else None
    async with (
        a_wire(desk, port=wire) as way,
        listening(intranet.application(), grace=0.1) as (port, _),
        a_chromium() as browser,
    ):
        host = f"http://localhost:{port}"
        await database.awrite(
            put_site,
            SITE,
            name="Intranet",
            origins=[host],
            host_keys=[],
            is_identity_required=False,
            now=utc_now(),
        )
        yield Surfing(browser, way, host, bundle)
