"""The demo's intranet on a free port, without a desk behind it or with one."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from desk.demo.routes import Intranet, demo_application
from desk.settings.values import Settings
from notices.mail.maildir import MaildirMail
from tests.desk.desks import SECRETS, a_free_port, listening, settings_in

TUESDAY = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


@dataclass
class Page:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str
    set_cookies: list[str]


@dataclass
class RunningDemo:
    """A demo that listens, and one browser with its cookies."""

    settings: Settings
    http: aiohttp.ClientSession
    mail: MaildirMail

    @property
    def url(self) -> str:
        return self.settings.demo_url

    async def get(self, path: str, **headers: str) -> Page:
        """One page, redirects not followed."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.get(f"{self.url}{path}", headers=named, allow_redirects=False) as answer:
            cookies = answer.headers.getall("Set-Cookie", [])
            return Page(answer.status, answer.headers, await answer.text(), cookies)

    async def sign_in(self, person: str, *, origin: str | None = "", back: str = "home") -> Page:
        """Be somebody; an empty `origin` is the demo's own."""
        headers = {} if origin is None else {"Origin": origin or self.url}
        form = {"person": person, "back": back}
        async with self.http.post(
            f"{self.url}/sign-in", data=form, headers=headers, allow_redirects=False
        ) as answer:
            cookies = answer.headers.getall("Set-Cookie", [])
            return Page(answer.status, answer.headers, await answer.text(), cookies)


@contextlib.asynccontextmanager
async def a_demo(folder: Path, *, now: datetime = TUESDAY, **changes: Any) -> AsyncIterator[RunningDemo]:
    """A demo that listens on 127.0.0.1 under its own name."""
    settings = settings_in(folder, **{"demo_port": a_free_port(), **changes})
    mail = MaildirMail(settings.var / "mail")
    intranet = Intranet(settings, SECRETS.demo_host_key, mail, lambda: now)
    async with (
        listening(demo_application(intranet), port=settings.demo_port),
        aiohttp.ClientSession() as http,
    ):
        yield RunningDemo(settings, http, mail)
