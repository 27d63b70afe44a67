"""Serves the article pages: `/kb/`, `/kb/<slug>` and their stylesheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from aiohttp import web

from desk.pages.templates import article_page, listing_page, missing_page
from knowledge.articles.errors import ArticleNotFound
from knowledge.articles.queries import article_for, published_articles
from storage.database import Database

HEADERS = {
    # Nothing but our own stylesheet and pictures: even a hole in the rendering could not run a script.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
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

    async def listing(self, request: web.Request) -> web.Response:
        language = self._language(request)
        articles = await self.database.aread(published_articles, language)
        return _html(listing_page(articles, self.organisation, language, self.languages))

    async def article(self, request: web.Request) -> web.Response:
        language = self._language(request)
        try:
            reading = await self.database.aread(article_for, request.match_info["slug"], language)
        except ArticleNotFound:
            return _html(missing_page(self.organisation, language), status=404)
        return _html(article_page(reading, self.organisation, self.languages))

    async def redirect(self, _request: web.Request) -> web.StreamResponse:
        raise web.HTTPMovedPermanently("/kb/")

    async def style(self, _request: web.Request) -> web.Response:
        text = resources.files("desk.pages").joinpath("article.css").read_text("utf-8")
        return web.Response(text=text, content_type="text/css", headers=STYLE_HEADERS)

    def _language(self, request: web.Request) -> str:
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
        web.get("/kb", pages.redirect),
        web.get("/kb/", pages.listing),
        web.get("/kb/static/article.css", pages.style),
        web.get("/kb/{slug}", pages.article),
    ]


def _html(text: str, *, status: int = 200) -> web.Response:
    return web.Response(text=text, content_type="text/html", status=status, headers=HEADERS)
