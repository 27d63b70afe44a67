"""Pages whose address is a secret, as it stands in a letter: kept nowhere, told nowhere, in no frame."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

from aiohttp import web

from bot.channels.web.edge import AddressBook
from bot.channels.web.limits import TokenBuckets
from desk.pages.routes import HEADERS, ArticlePages
from desk.pages.templates import page
from desk.pages.texts import Texts, texts

SECRET_HEADERS = {
    **HEADERS,
    # HEADERS has no-referrer.
    "Content-Security-Policy": HEADERS["Content-Security-Policy"].replace(
        "frame-ancestors 'self'", "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}


@dataclass(frozen=True)
class Turnstile:
    """How often one address may come to such a page: whoever guesses links is put off, and nobody else."""

    addresses: AddressBook
    tries: TokenBuckets

    def wait(self, request: web.Request) -> float:
        """0.0 when who asks may go on now, else how many seconds it has to wait first."""
        return self.tries.take(self.addresses.address_of(request))


@dataclass(frozen=True)
class SecretPages:
    """How such a page is made."""

    pages: ArticlePages

    def said(self, request: web.Request, of_ticket: str | None = None) -> Texts:
        """In what the address asks for, else the ticket's language, else what other pages would have."""
        if of_ticket is None or of_ticket not in self.pages.languages or "lang" in request.query:
            return texts(self.pages.language(request))
        return texts(of_ticket)

    def shown(
        self, request: web.Request, title: str, main: str, said: Texts, *, status: int = 200
    ) -> web.Response:
        """A page, which can be read in the other languages at the same address."""
        others = (texts(each) for each in self.pages.languages if each != said.language)
        links = "".join(
            f'<a href="{escape(request.path)}?lang={other.language}" lang="{other.language}" '
            f'hreflang="{other.language}">{escape(other["name"])}</a>'
            for other in others
        )
        text = page(title, main, self.pages.look, said, links)
        return web.Response(text=text, content_type="text/html", status=status, headers=SECRET_HEADERS)

    def plain(self, request: web.Request, title: str, text: str, *, status: int) -> web.Response:
        """A page that says one thing; both are keys of texts."""
        said = self.said(request)
        main = f"<h1>{escape(said[title])}</h1><p>{escape(said[text])}</p>"
        return self.shown(request, said[title], main, said, status=status)

    def put_off(
        self, request: web.Request, turnstile: Turnstile, title: str, text: str
    ) -> web.Response | None:
        """A page that asks for patience, if the address came too often; to be asked before all else."""
        wait = turnstile.wait(request)
        if not wait:
            return None
        answer = self.plain(request, title, text, status=429)
        answer.headers["Retry-After"] = str(math.ceil(wait))
        return answer


def ticket_box(number: str, summary: str | None, language: str) -> str:
    """Which ticket a page is about; the title is in its requester's language."""
    return (
        f'<p class="rated" lang="{escape(language)}">'
        f'<span class="number">{escape(number)}</span> {escape(summary or "")}</p>'
    )
