"""The page a letter about a ticket leads to, in a browser: readable at every size, clean for axe."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Browser, expect

from bot.channels.web.edge import AddressBook
from bot.channels.web.limits import TokenBuckets
from desk.pages.routes import ArticlePages
from desk.pages.routes import routes as article_routes
from desk.pages.secret import Turnstile
from desk.pages.texts import texts
from desk.pages.ticket import TicketPage, routes
from storage.base import Base
from storage.database import Database
from tests.browser.axe import violations
from tests.browser.stage import LANGUAGES, SIZES, THEMES
from tests.browser.test_fitting import MISFITS, NARROW, WIDE_TEXT
from tests.databases import NOW, import_every_model
from tests.desk.desks import listening
from tests.ticketing.builders import ANA, a_conversation
from tests.ticketing.tickets import a_ticket
from ticketing.tickets.logic import Status
from ticketing.tickets.places import Place, path_to

pytestmark = [pytest.mark.requires("chromium"), pytest.mark.asyncio(loop_scope="session")]

KEY = "k" * 43
TITLE = "L’imprimante du 2e étage n’imprime que des pages blanches, " + "x" * 120


@pytest.mark.parametrize("language", LANGUAGES)
async def test_it_is_clean_and_fits(browser: Browser, tmp_path: Path, language: str) -> None:
    import_every_model()
    database = Database(f"sqlite:///{tmp_path / 'pages.db'}")
    Base.metadata.create_all(database.engine)
    talk = a_conversation(database, language=language, identity=ANA)
    ticket_id = a_ticket(database, talk, TITLE, status=Status.RESOLVED)
    pages = ArticlePages(database, "Meridian")
    application = web.Application()
    application.add_routes(article_routes(pages))
    tries = TokenBuckets(per_minute=60_000, burst=1_000, clock=time.monotonic)
    turnstile = Turnstile(AddressBook(()), tries)
    application.add_routes(routes(TicketPage(pages, KEY, lambda: NOW, timedelta(days=14), turnstile)))
    path = path_to(Place(ticket_id, talk.person_id), "ana@example.org", key=KEY)
    found: list[str] = []
    async with listening(application, grace=0.1) as (port, _):
        for theme in THEMES:
            page = await browser.new_page(color_scheme=theme)
            await page.goto(f"http://127.0.0.1:{port}{path}")
            await expect(page.get_by_role("heading", level=1)).to_have_text(
                texts(language)["ticket_resolved"]
            )
            for size in SIZES.values():
                await page.set_viewport_size(size)
                found += [*await violations(page), *await page.evaluate(MISFITS)]
            await page.set_viewport_size(NARROW)
            await page.evaluate(WIDE_TEXT)
            found += await page.evaluate(MISFITS)
            await page.close()
    database.close()

    assert not found, "\n".join(found)
