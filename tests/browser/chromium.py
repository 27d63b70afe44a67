"""The system's Chromium, and what must not happen in it while a page is used."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Request, WebError, async_playwright

from tests.requirements import require

NAMES = ("chromium", "chromium-browser", "google-chrome")
# What Playwright switches off, but for one: a frame of another site stores apart, as in everybody's browser.
DISABLED = (
    "AimEnabled",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
)
# That one. Without it, a frame of another site can store nothing at all in these windows.
PARTITIONING = "ThirdPartyStoragePartitioning"
# It asks nobody for anything of its own.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
OWN_SCHEMES = frozenset({"data", "blob", "about"})


@contextlib.asynccontextmanager
async def a_chromium(*, keeps_pages: bool = False, frames_may_store: bool = True) -> AsyncIterator[Browser]:
    """A browser without a window.

    Args:
        keeps_pages: pages that were left wait in memory for the way back, which Playwright switches off.
        frames_may_store: whether frames of another site than their page's have a storage.
    """
    require("chromium")
    path = next(filter(None, map(shutil.which, NAMES)))
    disabled = DISABLED if frames_may_store else (*DISABLED, PARTITIONING)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path,
            args=[*ARGUMENTS, f"--disable-features={','.join(disabled)}"],
            ignore_default_args=["--disable-back-forward-cache"] if keeps_pages else None,
        )
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Watch:
    """Listens to everything that goes wrong or goes out in a context.

    Args:
        origins: where requests may go.
    """

    origins: frozenset[str]
    complaints: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    forgiven: list[re.Pattern[str]] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        """Begin to listen."""
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)

    def forgive(self, pattern: str) -> None:
        """Something is done on purpose that a browser complains about."""
        self.forgiven.append(re.compile(pattern))

    def found(self) -> list[str]:
        """What went wrong: errors, violations of a policy, requests to somebody else."""
        return [
            text for text in self.complaints if not any(pattern.search(text) for pattern in self.forgiven)
        ]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _error(self, error: WebError) -> None:
        self.complaints.append(f"exception: {error.error}")

    def _request(self, request: Request) -> None:
        self.addresses.append(request.url)
        parts = urlsplit(request.url)
        if parts.scheme not in OWN_SCHEMES and f"{parts.scheme}://{parts.netloc}" not in self.origins:
            self.complaints.append(f"request to {request.url}")
