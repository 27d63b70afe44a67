"""The desk process: the public listener, the loopback one for actions, and everything behind them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import web

from actions.listener import build_listener
from bot.channels.web.edge import AddressBook
from bot.channels.web.limits import TokenBuckets
from bot.channels.web.routes import add_web_channel
from desk import secrets as installation_secrets
from desk.demo import listener as demo_listener
from desk.demo.routes import Intranet
from desk.gateway.middleware import add_security_headers, hide_errors, insist_on_encryption
from desk.introduction import notice_values
from desk.log_lines import start_logging
from desk.pages.privacy import PATH, PrivacyPage
from desk.pages.rating import RatingPage
from desk.pages.rating import routes as rating_routes
from desk.pages.routes import ArticlePages, routes
from desk.pages.secret import Turnstile
from desk.pages.ticket import TicketPage
from desk.pages.ticket import routes as ticket_routes
from desk.secrets import Secrets, SecretsError
from desk.settings.reading import load
from desk.settings.texts import SettingsError
from desk.settings.values import Settings
from desk.web_assets import BUILD
from desk.widget.files import open_files
from desk.widget.page import DeskFacts
from desk.widget.routes import WidgetPages
from desk.widget.routes import routes as widget_routes
from desk.wiring import Desk, run_desk, utc_now
from knowledge.articles.factfiles import load_facts
from notices.mail.maildir import MaildirMail
from notices.privacy.notice import read_notice
from storage import schema

log = logging.getLogger("desk")

LOOPBACK = "127.0.0.1"
SHUTDOWN_SECONDS = 0.5
MAX_BODY_BYTES = 64 * 1024


def public_application(desk: Desk, build: Path = BUILD) -> web.Application:
    """Everything that people and pages may reach; `build` is where the browser side was built."""
    application = web.Application(middlewares=[hide_errors], client_max_size=MAX_BODY_BYTES)
    application.on_response_prepare.append(add_security_headers)
    if desk.settings.is_encrypted:
        application.on_response_prepare.append(insist_on_encryption)
    application.router.add_get("/healthz", _healthy)
    application.router.add_get("/", _to_articles)
    settings = desk.settings
    pages = ArticlePages(
        desk.database,
        settings.organisation,
        settings.languages,
        settings.default_language,
        load_facts(settings.site_facts, organisation=settings.organisation),
        desk.knowledge.browse,
    )
    application.router.add_routes(routes(pages))
    privacy = PrivacyPage(
        pages, read_notice(settings.privacy_notice), lambda language: notice_values(settings, language)
    )
    application.router.add_get(PATH, privacy.show)
    application.router.add_routes(rating_routes(_rating_page(desk, pages)))
    application.router.add_routes(ticket_routes(_ticket_page(desk, pages)))
    application.router.add_routes(widget_routes(_widget_pages(desk, build)))
    add_web_channel(
        application,
        desk.switchboard,
        desk.tickets,
        desk.pictures,
        limits=desk.limits,
        trusted_proxies=settings.trusted_proxies,
    )
    return application


def _rating_page(desk: Desk, pages: ArticlePages) -> RatingPage:
    return RatingPage(
        pages, desk.settings.own_origins, desk.services.now, _turnstile(desk, desk.limits.ratings_per_minute)
    )


def _ticket_page(desk: Desk, pages: ArticlePages) -> TicketPage:
    return TicketPage(
        pages,
        desk.links.key,
        desk.services.now,
        timedelta(days=desk.settings.reopen_days),
        _turnstile(desk, desk.limits.ticket_pages_per_minute),
    )


def _turnstile(desk: Desk, per_minute: int) -> Turnstile:
    tries = TokenBuckets(per_minute=per_minute, burst=per_minute, clock=time.monotonic)
    return Turnstile(AddressBook(desk.settings.trusted_proxies), tries)


def _widget_pages(desk: Desk, build: Path) -> WidgetPages:
    settings = desk.settings
    facts = DeskFacts(
        settings.languages,
        settings.default_language,
        settings.message_characters,
        settings.picture_bytes if settings.pictures else None,
        read_notice(settings.privacy_notice).link or PATH,
    )
    return WidgetPages(desk.database, open_files(build, settings.var), facts, settings.own_origins)


@contextlib.asynccontextmanager
async def serving(
    settings: Settings, secrets: Secrets, *, now: Callable[[], datetime] = utc_now
) -> AsyncIterator[Desk]:
    """A desk that listens where its settings say; stopped at the end."""
    async with contextlib.AsyncExitStack() as stack:
        desk = await stack.enter_async_context(run_desk(settings, secrets, now=now))
        actions = build_listener(
            desk.actions(),
            desk.turns_in_flight,
            secret=secrets.actions_secret,
            seconds=settings.action_seconds,
        )
        await _listen(stack, actions, LOOPBACK, settings.actions_port)
        if settings.demo:
            await _show_demo(stack, settings, secrets, now)
        await _listen(stack, public_application(desk), settings.host, settings.port)
        yield desk


async def serve(settings: Settings, secrets: Secrets) -> None:
    """Until SIGTERM or SIGINT; then stop accepting, finish or hand back what runs, and go."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with serving(settings, secrets):
        log.info("desk_ready", extra={"port": settings.port})
        await stop.wait()
        log.info("desk_stopping")


async def _show_demo(
    stack: contextlib.AsyncExitStack, settings: Settings, secrets: Secrets, now: Callable[[], datetime]
) -> None:
    mail = MaildirMail(settings.var / "mail")
    intranet = Intranet(settings, secrets.demo_host_key, mail, now)
    await demo_listener.listen(stack, intranet, shutdown_seconds=SHUTDOWN_SECONDS)


async def _listen(
    stack: contextlib.AsyncExitStack, application: web.Application, host: str, port: int
) -> None:
    # No access log: addresses and ids of people do not belong in it.
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    stack.push_async_callback(runner.cleanup)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()


async def _healthy(_: web.Request) -> web.Response:
    return web.json_response({"ok": True})


async def _to_articles(_: web.Request) -> web.Response:
    raise web.HTTPFound("/kb/")


def main() -> None:
    """The entry of the supervised process."""
    try:
        settings = load()
        secrets = installation_secrets.read(settings.secrets_folder)
        status = schema.status(settings.database_url)
        if not status.is_current:
            message = (
                f"the database has schema {status.current}, {status.head} is needed: run `guichet db upgrade`"
            )
            raise SettingsError(message)
    except (SettingsError, SecretsError) as error:
        sys.exit(f"desk: {error}")
    start_logging(settings.log_level)
    asyncio.run(serve(settings, secrets))


if __name__ == "__main__":
    main()
