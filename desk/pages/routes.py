"""Serves the article pages: `/kb/`, `/kb/<slug>`, their stylesheet and icon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import resources

from aiohttp import web

from desk.pages.templates import LONGEST_SEARCH, Look, Search, article_page, listing_page, missing_page
from knowledge.articles.errors import ArticleNotFound
from knowledge.articles.factfiles import shipped_facts
from knowledge.articles.facts import Facts
from knowledge.articles.queries import article_for, published_articles
from knowledge.search.findings import Findings
from storage.database import Database

Browse = Callable[[str, str], Findings]
"""Looks for words in the articles of a language; without an encoding, as anybody may search all day."""

HEADERS = {
    # Nothing but our own stylesheet and pictures: even a hole in the rendering could not run a script.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
    "Vary": "Accept-Language",
}
STYLE_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "public, max-age=3600"}


@dataclass(frozen=True)
class ArticlePages:
    """What the pages need of the desk."""

    database: Database
    organisation: str
    languages: Sequence[str] = ("en", "fr")
    default_language: str = "en"
    facts: Facts = field(default_factory=shipped_facts)
    browse: Browse | None = None

    async def listing(self, request: web.Request) -> web.Response:
        language = self.language(request)
        articles = await self.database.aread(published_articles, language)
        search = await self._search(request.query.get("q", ""), language)
        return html(listing_page(articles, self.look, language, search))

    async def article(self, request: web.Request) -> web.Response:
        language = self.language(request)
        try:
            reading = await self.database.aread(article_for, request.match_info["slug"], language)
        except ArticleNotFound:
            return html(missing_page(self.look, language), status=404)
        return html(article_page(reading, self.look))

    async def redirect(self, _request: web.Request) -> web.StreamResponse:
        raise web.HTTPMovedPermanently("/kb/")

    async def style(self, _request: web.Request) -> web.Response:
        text = resources.files("desk.pages").joinpath("article.css").read_text("utf-8")
        return web.Response(text=text, content_type="text/css", headers=STYLE_HEADERS)

    async def icon(self, _request: web.Request) -> web.Response:
        """What every browser asks for, whether a page names it or not."""
        text = resources.files("desk.pages").joinpath("icon.svg").read_text("utf-8")
        return web.Response(text=text, content_type="image/svg+xml", headers=STYLE_HEADERS)

    @property
    def look(self) -> Look:
        return Look(self.organisation, self.languages, self.facts, may_search=self.browse is not None)

    async def _search(self, typed: str, language: str) -> Search | None:
        words = " ".join(typed[:LONGEST_SEARCH].split())
        if not words or self.browse is None:
            return None
        return Search(words, await asyncio.to_thread(self.browse, words, language))

    def language(self, request: web.Request) -> str:
        """What the address asks for, else what the browser prefers, else the desk's."""
        if (asked := request.query.get("lang", "")[:2].lower()) in self.languages:
            return asked
        for part in request.headers.get("Accept-Language", "").split(","):
            if (preferred := part.strip()[:2].lower()) in self.languages:
                return preferred
        return self.default_language


def routes(pages: ArticlePages) -> list[web.AbstractRouteDef]:
    """The routes, for the application to add."""
    return [
        web.get("/favicon.ico", pages.icon),
        web.get("/kb", pages.redirect),
        web.get("/kb/", pages.listing),
        web.get("/kb/static/article.css", pages.style),
        web.get("/kb/{slug}", pages.article),
    ]


def html(text: str, *, status: int = 200) -> web.Response:
    return web.Response(text=text, content_type="text/html", status=status, headers=HEADERS)
