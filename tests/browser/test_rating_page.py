"""The page where a resolution is rated, in a browser: readable, usable by keyboard, clean for axe."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Page, expect

from bot.channels.web.edge import AddressBook
from bot.channels.web.limits import TokenBuckets
from desk.pages import rating, routes
from desk.pages.secret import Turnstile
from desk.pages.texts import texts
from storage.base import Base
from storage.database import Database
from tests.browser.axe import violations
from tests.browser.stage import LANGUAGES, PATIENCE_MS, SIZES, THEMES
from tests.browser.test_fitting import MISFITS, NARROW, WIDE_TEXT
from tests.databases import NOW, import_every_model, later
from tests.desk.desks import listening
from tests.ticketing.builders import a_conversation
from tests.ticketing.ratings import a_token
from ticketing.ratings.queries import AskedRating, asked_rating

pytestmark = [pytest.mark.requires("chromium"), pytest.mark.asyncio(loop_scope="session")]

ASKED = {
    "en": "The printer on floor 2 prints only blank pages since this morning",
    "fr": "L’imprimante du 2e étage n’imprime que des pages blanches depuis ce matin",
}


@dataclass(frozen=True)
class Counter:
    """The desk's pages, listening."""

    browser: Browser
    database: Database
    url: str

    def token(self, language: str = "en") -> str:
        """The secret of a ticket that was just resolved."""
        return a_token(self.database, a_conversation(self.database, language=language), ASKED[language])[1]

    def kept(self, token: str) -> AskedRating:
        return self.database.read(asked_rating, token, now=NOW)

    @contextlib.asynccontextmanager
    async def opened(
        self, token: str, size: str = "phone", theme: str = "light", *, has_scripts: bool = True
    ) -> AsyncIterator[Page]:
        """The page of a rating, in a browser that runs no script of it anyway."""
        context = await self.browser.new_context(
            viewport=SIZES[size],
            color_scheme="dark" if theme == "dark" else "light",
            java_script_enabled=has_scripts,
        )
        context.set_default_timeout(PATIENCE_MS)
        try:
            page = await context.new_page()
            await page.goto(f"{self.url}/rate/{token}")
            yield page
        finally:
            await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def counter(browser: Browser, tmp_path: Path) -> AsyncIterator[Counter]:
    import_every_model()
    database = Database(f"sqlite:///{tmp_path / 'pages.db'}")
    Base.metadata.create_all(database.engine)
    pages = routes.ArticlePages(database, "Meridian")
    tries = TokenBuckets(per_minute=60_000, burst=1_000, clock=time.monotonic)
    application = web.Application()
    application.add_routes(routes.routes(pages))
    application.add_routes(
        rating.routes(rating.RatingPage(pages, (), lambda: later(60), Turnstile(AddressBook(()), tries)))
    )
    async with listening(application, grace=0.1) as (port, _):
        yield Counter(browser, database, f"http://127.0.0.1:{port}")
    database.close()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
async def test_form_problem_and_thanks_are_clean_and_fit(
    counter: Counter, size: str, language: str, theme: str
) -> None:
    token, said = counter.token(language), texts(language)
    found: list[str] = []

    async def look(page: Page, what: str) -> None:
        found.extend(f"{what}: {each}" for each in await violations(page))
        found.extend(f"{what}: {each}" for each in await page.evaluate(MISFITS))

    async with counter.opened(token, size, theme) as page:
        await look(page, "form")
        await page.locator("form").evaluate("form => form.noValidate = true")
        await page.get_by_role("button").click()
        await expect(page.get_by_role("alert")).to_contain_text(said["rating_choose"])
        await look(page, "problem")
        await page.get_by_role("radio").nth(3).check()
        await page.get_by_label(said["rating_comment"]).fill("Quick and kind.")
        await page.get_by_role("button").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(said["rating_thanks"])
        await look(page, "thanks")
    assert not found, "\n".join(found)


async def test_it_fits_the_narrowest_window_with_wide_text(counter: Counter) -> None:
    async with counter.opened(counter.token("fr")) as page:
        await page.set_viewport_size(NARROW)
        await page.evaluate(WIDE_TEXT)

        assert await page.evaluate(MISFITS) == []


async def test_a_rating_is_given_by_keyboard_alone_where_no_script_runs(counter: Counter) -> None:
    token = counter.token()
    async with counter.opened(token, has_scripts=False) as page:
        await page.get_by_label("very dissatisfied").focus()
        for _ in range(3):
            await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Tab")
        await page.keyboard.type("Quick and kind.")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
        # What "reload" shows is what the answer led to; nothing is sent again.
        await page.reload()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")

    assert (counter.kept(token).score, counter.kept(token).comment) == (4, "Quick and kind.")


async def test_a_page_of_somebody_else_cannot_send_the_form_with_a_link_it_knows(counter: Counter) -> None:
    token = counter.token()
    form = f'<form method="post" action="{counter.url}/rate/{token}"><input name="score" value="1">'

    async def evil(_: web.Request) -> web.Response:
        return web.Response(text=f"{form}<button>win</button></form>", content_type="text/html")

    application = web.Application()
    application.router.add_get("/", evil)
    async with listening(application, grace=0.1) as (port, _), counter.opened(token) as page:
        await page.goto(f"http://localhost:{port}/")
        async with page.expect_navigation() as sent:
            await page.get_by_role("button").click()

        assert (await sent.value).status == 403
    assert counter.kept(token).score is None
