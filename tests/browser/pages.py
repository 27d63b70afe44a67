"""The pages around the widget: an intranet that includes it, and pages that mean harm.

They are served by listeners of their own, under other host names than the desk's, so that what keeps
origins apart in a browser keeps these apart too.
"""

from __future__ import annotations

import functools
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import jwt
import yaml
from aiohttp import web

from tests.desk.desks import HOST_KEY

FOLDER = Path(__file__).parent
ICON = '<link rel="icon" href="data:,">'


@dataclass
class Intranet:
    """The host's web server. `person` is who is signed in there: claims of a JWT, or nobody.

    Args:
        desk: where the desk is; known when both listen.
        served: further pages by path: HTML, and headers of their own.
    """

    desk: str = ""
    person: Mapping[str, Any] | None = None
    signed: int = 0
    served: dict[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/", self._page)
        application.router.add_get("/who", self._who)
        application.router.add_get("/{path:.+}", self._further)
        return application

    def snippet(self, site: str = "demo", **attributes: str) -> str:
        """What a page includes."""
        more = "".join(f' data-{name}="{escape(value)}"' for name, value in attributes.items())
        return f'<script src="{self.desk}/widget/v1/loader.js" data-site="{site}"{more} async></script>'

    def put(self, path: str, html: str, headers: Mapping[str, str] | None = None) -> None:
        """Serve a page of a test's own."""
        self.served[path.lstrip("/")] = (html, headers or {})

    async def _page(self, request: web.Request) -> web.Response:
        wished = {name: value for name, value in request.query.items() if name != "site"}
        snippet = self.snippet(request.query.get("site", "demo"), **wished)
        return _html(intranet_page(wished.get("language", "en"), snippet))

    async def _further(self, request: web.Request) -> web.Response:
        found = self.served.get(request.match_info["path"])
        if found is None:
            raise web.HTTPNotFound
        return _html(found[0], found[1])

    async def _who(self, _: web.Request) -> web.Response:
        """A fresh JWT of whoever is signed in, as docs/embed.md has it."""
        if self.person is None:
            return web.Response(status=204)
        self.signed += 1
        now = int(time.time())
        claims = {"iss": "intranet", "aud": "demo", "iat": now, "exp": now + 120, "jti": secrets.token_hex(8)}
        token = jwt.encode(claims | dict(self.person), HOST_KEY, algorithm="HS256", headers={"kid": "host"})
        return web.Response(text=token)


@dataclass
class Stranger:
    """A web server that no site lists."""

    served: dict[str, Callable[[], str]] = field(default_factory=dict)

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/{path:.*}", self._page)
        return application

    def put(self, path: str, html: str) -> None:
        self.served[path.lstrip("/")] = lambda: html

    async def _page(self, request: web.Request) -> web.Response:
        page = self.served.get(request.match_info["path"])
        if page is None:
            raise web.HTTPNotFound
        return _html(page())


def bare_page(body: str, *, head: str = "", language: str = "en") -> str:
    """A page with a title and no favicon to ask for."""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>Intranet</title>{ICON}'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{head}</head>'
        f"<body>{body}</body></html>"
    )


def _html(text: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(text=text, content_type="text/html", headers=headers)


def intranet_page(language: str, snippet: str) -> str:
    """A page as an organisation has one."""
    words = _words()[language]
    nav = "".join(f'<a href="#">{escape(name)}</a>' for name in words["nav"])
    news = "".join(
        f'<li class="card"><small>{escape(kind)}</small><h2>{escape(title)}</h2><p>{escape(text)}</p></li>'
        for kind, title, text in words["news"]
    )
    dates = "".join(f"<li>{escape(date)}</li>" for date in words["dates"])
    body = (
        f"<header><div><strong>MERIDIAN</strong><nav>{nav}</nav></div></header>"
        f"<main><h1>{words['hello']}</h1><p>{words['lead']}</p>"
        f'<div class="two"><ul class="news">{news}</ul>'
        f'<aside class="card"><h2>{words["soon"]}</h2><ul>{dates}</ul></aside></div></main>{snippet}'
    )
    return bare_page(body, head=f"<style>{_style()}</style>", language=language)


def as_script(value: Any) -> str:
    """A value inside a script of a page."""
    return json.dumps(value).replace("<", "\\u003c")


@functools.cache
def _words() -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load((FOLDER / "intranet.yml").read_text("utf-8")))


@functools.cache
def _style() -> str:
    return (FOLDER / "intranet.css").read_text("utf-8")
