"""The demo's intranet as a web application of its own: pages, signing in, and a signed identity."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from aiohttp import web
from aiohttp.typedefs import Middleware

from desk.demo.letters import LETTER, LETTER_POLICY
from desk.demo.pages import (
    ICON,
    IDENTITY,
    LANGUAGES,
    PAGES,
    PATHS,
    SIGN_IN,
    STYLE,
    View,
    mail_page,
    missing_page,
)
from desk.demo.people import DemoPerson, person_called, vouch_for
from desk.gateway.middleware import add_security_headers
from desk.settings.values import Settings
from identity.sites.origins import origin_of
from notices.mail.port import SentMail

WHO, SPOKEN = "guichet_demo_person", "guichet_demo_language"
MOST_LETTERS = 50
MAX_BODY_BYTES = 4_096

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Intranet:
    """What the demo needs: its settings, the key its host signs with, and the mail that was sent."""

    settings: Settings
    host_key: str
    mail: SentMail
    now: Callable[[], datetime]

    @property
    def desk(self) -> str:
        """Whoever sees the demo sits at this machine, whatever the desk's public address is."""
        return origin_of(self.settings.local_url)

    async def page(self, request: web.Request) -> web.StreamResponse:
        name = next(name for name, path in PATHS.items() if path == request.path)
        return self._answer(request, PAGES[name](self._view(request, name)))

    async def sent_mail(self, request: web.Request) -> web.StreamResponse:
        letters = await asyncio.to_thread(self.mail.newest, MOST_LETTERS)
        by_server = bool(self.settings.smtp_host)
        page = mail_page(self._view(request, "mail"), letters, MOST_LETTERS, by_server=by_server)
        return self._answer(request, page, frames=" 'self'")

    async def letter(self, request: web.Request) -> web.StreamResponse:
        """A letter's own HTML, for the frame on the page of mail."""
        letters = await asyncio.to_thread(self.mail.newest, MOST_LETTERS)
        wanted = request.query.get("id")
        html = next((each.html for each in letters if each.id == wanted and each.html), None)
        if html is None:
            return await self.missing(request)
        headers = {"Content-Security-Policy": LETTER_POLICY, "Cache-Control": "no-store"}
        return web.Response(text=html, content_type="text/html", headers=headers)

    async def identity(self, request: web.Request) -> web.StreamResponse:
        """A fresh JWT for whoever is signed in; 204 for nobody."""
        headers = {"Cache-Control": "no-store"}
        person = person_called(request.cookies.get(WHO))
        if person is None:
            return web.Response(status=204, headers=headers)
        return web.Response(text=vouch_for(person, self.host_key, self.now()), headers=headers)

    async def sign_in(self, request: web.Request) -> web.StreamResponse:
        """Be another of the three, or nobody; asked for by a page of this intranet only."""
        if request.headers.get("Origin") != self.settings.demo_url:
            raise web.HTTPForbidden(text="only the demo's own pages may sign people in")
        form = await request.post()
        person = person_called(str(form.get("person", "")))
        answer = web.Response(status=303, headers={"Location": PATHS.get(str(form.get("back", "")), "/")})
        # Whoever signs in reads in their own language, until they choose another.
        answer.del_cookie(SPOKEN)
        if person is None:
            answer.del_cookie(WHO)
        else:
            answer.set_cookie(WHO, person.id, httponly=True, samesite="Lax")
        return answer

    async def missing(self, request: web.Request) -> web.StreamResponse:
        return self._answer(request, missing_page(self._view(request, "")), status=404)

    def _view(self, request: web.Request, page: str) -> View:
        person = person_called(request.cookies.get(WHO))
        today = self.now().astimezone().date()
        language = self._language(request, person)
        return View(page, language, person, self.settings.organisation, self.desk, today)

    def _language(self, request: web.Request, person: DemoPerson | None) -> str:
        """What was chosen, else the person's own, else what the browser prefers, else the desk's."""
        preferred = [
            part.strip()[:2].lower() for part in request.headers.get("Accept-Language", "").split(",")
        ]
        wishes = [request.query.get("lang"), request.cookies.get(SPOKEN), person.language if person else None]
        return next(
            (each for each in [*wishes, *preferred] if each in LANGUAGES), self.settings.default_language
        )

    def _answer(
        self, request: web.Request, text: str, *, status: int = 200, frames: str = ""
    ) -> web.StreamResponse:
        headers = {
            "Content-Security-Policy": policy(self.desk, frames),
            "Cache-Control": "no-store",
            # With no referrer at all a browser names no origin either when the form signs somebody in.
            "Referrer-Policy": "same-origin",
        }
        answer = web.Response(text=text, content_type="text/html", status=status, headers=headers)
        if (chosen := request.query.get("lang")) in LANGUAGES:
            answer.set_cookie(SPOKEN, str(chosen), httponly=True, samesite="Lax")
        return answer


def demo_application(intranet: Intranet) -> web.Application:
    """The whole intranet."""
    middlewares = [only_by_its_own_name(intranet.settings.demo_port)]
    application = web.Application(middlewares=middlewares, client_max_size=MAX_BODY_BYTES)
    application.on_response_prepare.append(add_security_headers)
    pages = [web.get(PATHS[name], intranet.page) for name in PAGES]
    application.router.add_routes(
        [
            *pages,
            web.get(PATHS["mail"], intranet.sent_mail),
            web.get(LETTER, intranet.letter),
            web.get(IDENTITY, intranet.identity),
            web.post(SIGN_IN, intranet.sign_in),
            web.get(STYLE, _file("demo.css", "text/css")),
            web.get(ICON, _file("icon.svg", "image/svg+xml")),
            web.get("/{anything:.*}", intranet.missing),
        ]
    )
    return application


def policy(desk: str, frames: str = "") -> str:
    """A strict host page: of the desk it takes the loader and the frame, and nothing else.

    The page of mail shows letters in `frames` of its own.
    """
    return (
        f"default-src 'none'; script-src {desk}; frame-src {desk}{frames}; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def only_by_its_own_name(port: int) -> Middleware:
    """A middleware: only pages that know the demo as `localhost` get anything of it.

    A name of somebody else's that resolves to this machine (DNS rebinding) would make the demo's answers that
    page's own.
    """
    own, others = f"localhost:{port}", (f"127.0.0.1:{port}", f"[::1]:{port}")

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        host = request.headers.get("Host", "").lower()
        if host == own:
            return await handler(request)
        if host in others and request.method == "GET":
            # The site lists one origin, and the counter would not be shown under another.
            return web.Response(
                status=302, headers={"Location": f"http://{own}{request.rel_url.raw_path_qs}"}
            )
        return web.Response(status=421, text=f"The demo is at http://{own} and nowhere else.\n")

    return guard


def _file(name: str, kind: str) -> Handler:
    content = files("desk.demo").joinpath(name).read_bytes()

    async def send(_: web.Request) -> web.StreamResponse:
        return web.Response(body=content, content_type=kind, headers={"Cache-Control": "no-cache"})

    return send
