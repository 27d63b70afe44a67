"""Builds the desk out of its parts: the one place that knows them all."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets as randomness
import socket
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aiohttp
from rasa_sdk import Action

from actions.registry import all_actions
from actions.services import Services
from actions.turns import TurnsInFlight
from bot.assistant.breaker import Breaker
from bot.assistant.plain import PlainAssistant
from bot.assistant.port import Assistant
from bot.assistant.rasa import RasaAssistant
from bot.channels.web.limits import WebLimits
from desk.gateway.answering import Answering
from desk.gateway.dispatcher import Dispatcher
from desk.gateway.doorbells import Doorbells, open_doorbells
from desk.gateway.letter_links import LetterLinks
from desk.gateway.requesters import RequesterDesk
from desk.gateway.sweeper import PromiseSweeper
from desk.gateway.switchboard import Switchboard
from desk.gateway.timekeeper import Timekeeper
from desk.gateway.turns import RunnerOptions, TurnRunner
from desk.gateway.visits import GatewayOptions
from desk.gateway.watcher import Watcher
from desk.introduction import first_contact
from desk.pictures.opening import open_pictures
from desk.pictures.room import PictureRoom
from desk.post_office import post_office
from desk.secrets import Secrets
from desk.settings.values import Settings
from identity.visitors.operations import SessionLife
from knowledge.articles.factfiles import load_facts
from knowledge.encoder.runtime import EncoderMissing, OnnxEncoder
from knowledge.search.dense import ENGLISH
from knowledge.search.findings import Findings
from knowledge.search.loading import SearchLoader
from knowledge.search.port import KnowledgeSearch
from storage.database import Database, DatabaseUnavailable
from storage.ledger_epoch import ledger_epoch
from ticketing.first_contact.logic import FirstContact
from ticketing.languages.detector import Detector
from ticketing.tickets.files import Files
from ticketing.tickets.operations import Opened, Team, open_ticket_for_turn

log = logging.getLogger(__name__)

ARTICLES_REFRESH_SECONDS = 5.0
# With the sockets' goodbye and the listeners' shutdown this stays below what the supervisor waits.
STOP_SECONDS = 2.0


def utc_now() -> datetime:
    """The desk's clock; everything below is given it."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Desk:
    """The running parts that the web application needs."""

    settings: Settings
    database: Database
    switchboard: Switchboard
    tickets: RequesterDesk
    pictures: PictureRoom
    services: Services
    knowledge: KnowledgeSearch
    turns_in_flight: TurnsInFlight
    limits: WebLimits
    links: LetterLinks

    def actions(self) -> list[Action]:
        """Every action the assistant may ask for."""
        return all_actions(self.services)


@asynccontextmanager
async def run_desk(
    settings: Settings,
    secrets: Secrets,
    *,
    introduces: bool = True,
    now: Callable[[], datetime] = utc_now,
) -> AsyncIterator[Desk]:
    """Everything but the listeners, running; stopped in the reverse order at the end.

    Args:
        now: the desk's clock; a story may have one that it moves.
        introduces: whether people are told at first contact that this is a machine, and the privacy notice;
            only tests that count messages go without.
    """
    async with contextlib.AsyncExitStack() as stack:
        database = Database(settings.database_url, threads=settings.database_threads)
        stack.callback(database.close)
        epoch = await database.awrite(ledger_epoch)
        doorbells = open_doorbells(settings.redis_url)
        stack.push_async_callback(doorbells.close)
        find, knowledge = await _open_knowledge(stack, settings, database)
        team = Team(settings.team_email, settings.default_language)
        said_first = first_contact(settings) if introduces else None
        services = Services(
            database,
            find,
            team,
            now,
            knowledge.opening,
            knowledge.opening_about,
            said_first,
            reopen_window=timedelta(days=settings.reopen_days),
        )
        in_flight = TurnsInFlight()
        assistant = await _open_assistant(stack, settings, secrets, services)
        runner = _runner(settings, database, doorbells, in_flight, assistant, services)
        options = _gateway_options(settings, secrets, said_first)
        links = LetterLinks(settings.letters_url, secrets.visitor_key)
        pictures, sweeper = open_pictures(stack, settings, database, options, now=now)
        for work in (
            runner.run(),
            Watcher(database, doorbells, now).run(),
            sweeper.run(),
            Timekeeper(now).run(),
            PromiseSweeper(database, now, close_after_days=settings.close_after_days).run(),
            Dispatcher(
                database,
                post_office(settings),
                now,
                links=links,
                public_url=settings.public_url,
                ring=doorbells.ring,
            ).run(),
        ):
            stack.push_async_callback(_cancel, asyncio.create_task(_surviving(work)))
        stack.push_async_callback(runner.stop, STOP_SECONDS)
        switchboard = Switchboard(
            database,
            doorbells,
            epoch=epoch,
            runner=runner,
            options=options,
            now=now,
        )
        yield Desk(
            settings=settings,
            database=database,
            switchboard=switchboard,
            tickets=RequesterDesk(database, options, team, Files(settings.attachments_folder), now),
            pictures=pictures,
            services=services,
            knowledge=knowledge,
            turns_in_flight=in_flight,
            limits=_limits(settings),
            links=links,
        )


def _runner(
    settings: Settings,
    database: Database,
    doorbells: Doorbells,
    in_flight: TurnsInFlight,
    assistant: Assistant,
    services: Services,
) -> TurnRunner:
    plain = PlainAssistant(
        services.find,
        _opening_tickets(services),
        services.opening,
        is_fallback=settings.assistant != "none",
    )
    return TurnRunner(
        database,
        doorbells,
        in_flight,
        Answering(assistant, plain, settings.turn_seconds),
        options=RunnerOptions(
            # Unique per process: a claim must never be taken for that of the process before.
            owner=f"{socket.gethostname()[:32]}:{os.getpid()}:{randomness.token_hex(4)}",
            at_once=settings.turns_at_once,
            still_working=timedelta(seconds=settings.still_working_seconds),
            settle=timedelta(seconds=settings.settle_seconds),
            team=services.team,
        ),
        now=services.now,
    )


async def _open_assistant(
    stack: contextlib.AsyncExitStack, settings: Settings, secrets: Secrets, services: Services
) -> Assistant:
    if settings.assistant == "none":
        return PlainAssistant(services.find, _opening_tickets(services), services.opening, is_fallback=False)
    session = await stack.enter_async_context(
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=settings.turns_at_once + 2))
    )
    rasa = RasaAssistant(session, url=settings.rasa_url, secret=secrets.rasa_secret)
    breaker = Breaker(rasa, rasa.is_healthy)
    stack.push_async_callback(breaker.close)
    return breaker


def _opening_tickets(services: Services) -> Callable[[str], asyncio.Future[Opened]]:
    def open_ticket(turn_id: str) -> asyncio.Future[Opened]:
        return asyncio.ensure_future(
            services.database.awrite(open_ticket_for_turn, turn_id, team=services.team, now=services.now())
        )

    return open_ticket


async def _open_knowledge(
    stack: contextlib.AsyncExitStack, settings: Settings, database: Database
) -> tuple[Callable[[str, str], asyncio.Future[Findings]], KnowledgeSearch]:
    threads = ThreadPoolExecutor(settings.encoder_threads, thread_name_prefix="knowledge")
    stack.callback(threads.shutdown, wait=False, cancel_futures=True)
    loop = asyncio.get_running_loop()
    loader, search = await loop.run_in_executor(threads, _load_search, settings, database)

    async def refresh() -> None:
        while True:
            await asyncio.sleep(ARTICLES_REFRESH_SECONDS)
            try:
                await loop.run_in_executor(threads, loader.refresh, search)
            except DatabaseUnavailable:
                log.warning("articles_could_not_be_refreshed")

    stack.push_async_callback(_cancel, asyncio.create_task(_surviving(refresh())))

    def find(question: str, language: str) -> asyncio.Future[Findings]:
        return loop.run_in_executor(threads, search.find, question, language)

    return find, search


def _load_search(settings: Settings, database: Database) -> tuple[SearchLoader, KnowledgeSearch]:
    loader = SearchLoader(
        database,
        OnnxEncoder(settings.encoder_folder) if settings.has_encoder else None,
        multilingual=_multilingual(settings),
        languages=settings.languages,
        threshold=settings.search_threshold,
        facts=load_facts(settings.site_facts, organisation=settings.organisation),
    )
    return loader, loader.load()


def _multilingual(settings: Settings) -> OnnxEncoder | None:
    """The second encoder, or None without one: the first one knows other languages too, if less well."""
    if not settings.has_multilingual_encoder or set(settings.languages) == {ENGLISH}:
        return None
    try:
        return OnnxEncoder(settings.encoder_multilingual_folder)
    except EncoderMissing as error:
        log.warning("no_multilingual_encoder", extra={"why": str(error)})
        return None


async def _surviving(work: object) -> None:
    """A background task that ends by an error takes the desk down: the supervisor starts a whole one."""
    try:
        await work  # type: ignore[misc]
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        log.critical("background_task_died", extra={"error": type(error).__name__})
        os.kill(os.getpid(), 15)
        raise


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _gateway_options(settings: Settings, secrets: Secrets, said_first: FirstContact | None) -> GatewayOptions:
    return GatewayOptions(
        visitor_key=secrets.visitor_key,
        session_life=SessionLife(
            timedelta(hours=settings.visitor_idle_hours), timedelta(days=settings.visitor_days)
        ),
        default_language=settings.default_language,
        characters=settings.message_characters,
        first_contact=said_first,
        sight=Detector().sight if len(settings.languages) > 1 else None,
        window=timedelta(seconds=settings.gather_seconds),
        own_origins=settings.own_origins,
        reopen_window=timedelta(days=settings.reopen_days),
    )


def _limits(settings: Settings) -> WebLimits:
    return WebLimits(
        messages_per_minute=settings.messages_per_minute,
        message_burst=settings.message_burst,
        reads_per_minute=settings.reads_per_minute,
        read_burst=settings.read_burst,
        calls_per_minute=settings.calls_per_minute,
        call_burst=settings.call_burst,
        sessions_per_minute=settings.sessions_per_minute,
        handshakes_per_minute=settings.handshakes_per_minute,
        uploads_per_minute=settings.uploads_per_minute,
        ratings_per_minute=settings.ratings_per_minute,
        ticket_pages_per_minute=settings.ticket_pages_per_minute,
        sockets_per_visitor=settings.sockets_per_visitor,
        sockets_per_address=settings.sockets_per_address,
        sockets_total=settings.sockets_total,
        characters=settings.message_characters,
        heartbeat_seconds=settings.heartbeat_seconds,
    )
