"""Serves the counter to the pages that embed it: `/widget/v1/…` and `/chat/{site}`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources

from aiohttp import web

from desk.widget.files import Bundle, File, WidgetFiles
from desk.widget.headers import FOR_ANYBODY, FOR_OURSELVES, IMMUTABLE, SHORT, accepts_gzip, page_headers
from desk.widget.page import ASSETS, ICON, LOGOS, DeskFacts, counter_page, plain_page
from identity.sites.errors import IdentityError
from identity.sites.queries import ShownSite, access_frame, logo_of, shown_site
from storage.database import Database

PREFIX = "/widget/v1"


@dataclass(frozen=True)
class WidgetPages:
    """What the counter's pages and files need of the desk."""

    database: Database
    files: WidgetFiles
    facts: DeskFacts
    own_origins: Sequence[str]

    async def loader(self, request: web.Request) -> web.StreamResponse:
        bundle = self.files.bundle
        return _sent(request, bundle.loader, SHORT, FOR_ANYBODY) if bundle else _not_built()

    async def pinned_loader(self, request: web.Request) -> web.StreamResponse:
        file = self.files.pinned(request.match_info["digest"])
        return _sent(request, file, IMMUTABLE, FOR_ANYBODY) if file else _refused("missing", 404)

    async def asset(self, request: web.Request) -> web.StreamResponse:
        if self.files.bundle is None:
            return _not_built()
        file = self.files.bundle.named.get(request.match_info["name"])
        return _sent(request, file, IMMUTABLE, FOR_OURSELVES) if file else _refused("missing", 404)

    async def frame(self, request: web.Request) -> web.StreamResponse:
        """The page inside the iframe. A site that is not there looks like one that may not be shown here."""
        key, origin = request.query.get("site", ""), request.query.get("origin")
        try:
            site = await self.database.aread(access_frame, key, origin)
        except IdentityError:
            return _refused("refused", 403)
        return self._page(request, site, host=origin)

    async def window(self, request: web.Request) -> web.StreamResponse:
        """The same page in a window of its own."""
        try:
            site = await self.database.aread(shown_site, request.match_info["site"])
        except IdentityError:
            return _refused("missing", 404)
        return self._page(request, site, host=None)

    async def logo(self, request: web.Request) -> web.StreamResponse:
        found = await self.database.aread(logo_of, request.match_info["site"])
        if found is None:
            return _refused("missing", 404)
        png, version = found
        keep = IMMUTABLE if request.query.get("v") == version else SHORT
        headers = {"Cache-Control": keep, "ETag": f'"{version}"', **FOR_OURSELVES}
        if _is_known(request, version):
            return web.Response(status=304, headers=headers)
        return web.Response(body=png, content_type="image/png", headers=headers)

    def _page(self, request: web.Request, site: ShownSite, *, host: str | None) -> web.StreamResponse:
        bundle: Bundle | None = self.files.bundle
        if bundle is None:
            return _not_built()
        text = counter_page(
            site, self.facts, host=host, script=bundle.assets.widget, style=bundle.assets.style
        )
        headers = page_headers(host, self.own_origins)
        tag = sha256((text + headers["Content-Security-Policy"]).encode()).hexdigest()[:16]
        headers["ETag"] = f'"{tag}"'
        if _is_known(request, tag):
            return web.Response(status=304, headers=headers)
        return web.Response(text=text, content_type="text/html", headers=headers)


def routes(pages: WidgetPages) -> list[web.AbstractRouteDef]:
    """The routes, for the application to add."""
    return [
        web.get(f"{PREFIX}/loader.js", pages.loader),
        web.get(PREFIX + "/loader-{digest:[0-9a-f]+}.js", pages.pinned_loader),
        web.get(f"{PREFIX}/frame", pages.frame),
        web.get(ASSETS + "/{name}", pages.asset),
        web.get(LOGOS + "/{site}", pages.logo),
        web.get(ICON, _icon),
        web.get("/chat/{site}", pages.window),
    ]


async def _icon(_: web.Request) -> web.StreamResponse:
    content = resources.files("desk.widget").joinpath("icon.svg").read_bytes()
    headers = {"Cache-Control": SHORT, **FOR_OURSELVES}
    return web.Response(body=content, content_type="image/svg+xml", headers=headers)


def _sent(request: web.Request, file: File, keep: str, headers: Mapping[str, str]) -> web.StreamResponse:
    is_zipped = accepts_gzip(request.headers.get("Accept-Encoding", ""))
    tag = f"{file.tag}-gz" if is_zipped else file.tag
    sent = {"Cache-Control": keep, "ETag": f'"{tag}"', "Vary": "Accept-Encoding", **headers}
    if _is_known(request, tag):
        return web.Response(status=304, headers=sent)
    if is_zipped:
        sent["Content-Encoding"] = "gzip"
    body = file.gzipped if is_zipped else file.body
    return web.Response(body=body, content_type=file.kind, charset="utf-8", headers=sent)


def _is_known(request: web.Request, tag: str) -> bool:
    return any(known.value in (tag, "*") for known in request.if_none_match or ())


def _refused(key: str, status: int) -> web.StreamResponse:
    """Nobody may show it in a frame: the strictest headers are put on it at the end."""
    headers = {"Cache-Control": "no-store"}
    return web.Response(text=plain_page(key), content_type="text/html", status=status, headers=headers)


def _not_built() -> web.StreamResponse:
    return _refused("not_built", 503)
