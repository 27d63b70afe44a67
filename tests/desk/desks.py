"""A whole desk in this process: real listeners on free ports, a database file of its own, a scripted Rasa."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import json
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from aiohttp import web
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from actions.listener import build_listener
from desk.secrets import Secrets
from desk.serve import public_application
from desk.settings.reading import load
from desk.settings.values import PROJECT, Settings
from desk.web_assets import BUILD
from desk.wiring import Desk, run_desk
from identity.sites.operations import put_site
from knowledge.articles.importing import import_library, read_library
from storage.database import Database
from tests.databases import make_tables
from tests.ports import a_free_port as a_free_port
from ticketing.conversations.logic import Author
from ticketing.conversations.models import Conversation, Message
from ticketing.turns.logic import TurnOutcome, TurnState
from ticketing.turns.models import Turn

T = TypeVar("T")
Frame = dict[str, Any]
Answer = web.StreamResponse | list[Frame]
Script = Callable[[Frame], Awaitable[Answer]]

ORIGIN = "https://intranet.example"
HOST_KEY = "the-host-signs-with-this-key-of-256-bits-or-more"
ARTICLES = ("connect-to-the-vpn", "fix-wi-fi")
PATIENCE = 15.0
"""The bound of every wait; what is waited for is there much sooner."""

SECRETS = Secrets(
    rasa_secret="rasa-secret-" + "r" * 40,
    actions_secret="actions-secret-" + "a" * 40,
    visitor_key="visitor-key-" + "v" * 40,
    demo_host_key="demo-host-key-" + "d" * 40,
)


def utc_now() -> datetime:
    return datetime.now(UTC)


async def eventually(look: Callable[[], T], *, seconds: float = PATIENCE) -> T:
    """What a look gives as soon as it is true."""
    async with asyncio.timeout(seconds):
        while not (seen := look()):  # noqa: ASYNC110 - what is looked at has no event
            await asyncio.sleep(0.01)
        return seen


@contextlib.asynccontextmanager
async def listening(
    application: web.Application, *, port: int = 0, grace: float = 1.0
) -> AsyncIterator[tuple[int, web.AppRunner]]:
    """Serve an application on loopback; gives its port and what serves it."""
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=grace)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        yield int(runner.addresses[0][1]), runner
    finally:
        await runner.cleanup()


async def echo(turn: Frame) -> Answer:
    """What the scripted Rasa says unless a test says otherwise."""
    return [{"text": f"echo: {turn['text']}"}]


@dataclass
class ScriptedRasa:
    """Stands in for Rasa at its channel; `script` decides what the next turns meet."""

    script: Script = echo
    is_healthy: bool = True
    turns: list[Frame] = field(default_factory=list)
    probes: int = 0
    flying: int = 0
    most_flying: int = 0
    cancelled: int = 0
    port: int = 0
    request: web.Request | None = None

    async def turn(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["X-Guichet-Secret"] == SECRETS.rasa_secret
        body: Frame = await request.json()
        self.turns.append(body)
        self.request = request
        self.flying += 1
        self.most_flying = max(self.most_flying, self.flying)
        try:
            answer = await self.script(body)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.flying -= 1
        return answer if isinstance(answer, web.StreamResponse) else rasa_says(body, answer)

    async def health(self, _: web.Request) -> web.Response:
        self.probes += 1
        return web.json_response({"rasa": "3.6.21"}, status=200 if self.is_healthy else 503)

    def texts(self) -> list[str]:
        """What was asked, in order."""
        return [turn["text"] for turn in self.turns]


def rasa_says(turn: Frame, replies: list[Frame], **changes: Any) -> web.Response:
    """An answer to a turn in the form of Rasa's channel."""
    whole = [
        {"recipient_id": turn["sender"], "text": None, "buttons": [], "custom": None, "response": None}
        | reply
        for reply in replies
    ]
    body = {"turn_id": turn["turn_id"], "sender": turn["sender"], "replayed": False, "replies": whole}
    return web.json_response(body | changes)


@contextlib.asynccontextmanager
async def a_rasa(script: Script = echo, *, port: int = 0) -> AsyncIterator[ScriptedRasa]:
    """A scripted Rasa that listens."""
    rasa = ScriptedRasa(script)
    application = web.Application(handler_args={"handler_cancellation": True})
    application.router.add_post("/webhooks/desk/webhook", rasa.turn)
    application.router.add_get("/webhooks/desk/health", rasa.health)
    async with listening(application, port=port, grace=0.1) as (rasa.port, _):
        yield rasa


@dataclass(frozen=True)
class Row:
    """One message as it is on file."""

    seq: int
    author: Author
    text: str
    extras: dict[str, Any]


@dataclass(frozen=True)
class TurnRow:
    """One turn as it is on file."""

    id: str
    number: int
    state: TurnState
    outcome: TurnOutcome | None
    attempts: int
    owner: str | None


@dataclass
class RunningDesk:
    """A desk and how to reach it."""

    desk: Desk
    url: str
    actions_url: str
    http: aiohttp.ClientSession
    public: web.AppRunner

    @property
    def database(self) -> Database:
        return self.desk.database

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    async def post(
        self,
        path: str,
        body: Any,
        *,
        token: str | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> tuple[int, Any]:
        """Status and body of a POST to the chat's paths, with the site's own origin."""
        sent = {"Origin": ORIGIN, "Content-Type": "application/json"} | dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.http.post(
            f"{self.url}/chat/v1/{path}",
            data=data,
            headers={name: value for name, value in sent.items() if value is not None},
        ) as response:
            return response.status, await response.json()

    async def visitor(self, *, site: str = "demo", **fields: Any) -> str:
        """The token of a new session."""
        status, body = await self.post("session", {"site": site} | fields)
        assert status == 201, body
        return str(body["token"])

    def transcript(self, conversation: str) -> list[Row]:
        """Everything on file of a conversation, in order."""

        def look(session: Session) -> list[Row]:
            rows = session.scalars(
                select(Message)
                .join(Conversation, Conversation.id == Message.conversation_id)
                .where(Conversation.public_id == conversation)
                .order_by(Message.seq)
            )
            return [Row(row.seq, row.author, row.text, row.extras) for row in rows]

        return self.database.read(look)

    def turns(self, conversation: str) -> list[TurnRow]:
        """Every turn of a conversation, in order."""

        def look(session: Session) -> list[TurnRow]:
            rows = session.scalars(
                select(Turn)
                .join(Conversation, Conversation.id == Turn.conversation_id)
                .where(Conversation.public_id == conversation)
                .order_by(Turn.number)
            )
            return [TurnRow(r.id, r.number, r.state, r.outcome, r.attempts, r.owner) for r in rows]

        return self.database.read(look)

    def outcome(self, conversation: str, number: int = 1) -> TurnOutcome | None:
        """How a turn ended, if it did."""
        return next((turn.outcome for turn in self.turns(conversation) if turn.number == number), None)

    def count(self, model: type[Any]) -> int:
        """How many rows a table has."""
        return self.database.read(
            lambda session: session.scalar(select(func.count()).select_from(model)) or 0
        )

    async def settled(self, conversation: str, number: int = 1) -> list[Row]:
        """The transcript, once a turn has ended."""
        await eventually(lambda: self.outcome(conversation, number))
        return self.transcript(conversation)

    def said(self, conversation: str, author: Author) -> list[str]:
        """What one author has said."""
        return [row.text for row in self.transcript(conversation) if row.author is author]


def settings_in(folder: Path, **changes: Any) -> Settings:
    """Settings of a desk in a folder: no encoder, and limits that tests do not meet by accident."""
    chosen = {
        "var": folder / "var",
        "encoder": "none",
        "gather_seconds": 0,
        "messages_per_minute": 60_000,
        "message_burst": 1_000,
        "sessions_per_minute": 10_000,
        "sockets_per_visitor": 20,
        "sockets_per_address": 200,
        "reads_per_minute": 60_000,
        "read_burst": 1_000,
        "calls_per_minute": 60_000,
        "call_burst": 1_000,
        "handshakes_per_minute": 60_000,
        "uploads_per_minute": 60_000,
        "ratings_per_minute": 60_000,
        "ticket_pages_per_minute": 60_000,
        "rasa_port": changes.get("rasa_port") or a_free_port(),
    } | changes
    return load({f"GUICHET_{name.upper()}": str(value) for name, value in chosen.items()})


@functools.cache
def _prepared_file() -> bytes:
    """A database file with every table, the sites and the shipped articles."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.db"
        make_tables(f"sqlite:///{path}")
        prepare(f"sqlite:///{path}")
        return path.read_bytes()


def prepare(url: str) -> None:
    """The sites and the articles of a desk."""
    keys = [{"kid": "host", "alg": "HS256", "key": HOST_KEY}]
    database = Database(url, threads=1)
    try:
        for key, is_required in (("demo", False), ("other", False), ("strict", True)):
            database.write(
                put_site,
                key,
                name=key,
                origins=[ORIGIN],
                host_keys=keys,
                is_identity_required=is_required,
                now=utc_now(),
            )
        library = read_library(PROJECT / "knowledge" / "library")
        few = tuple(draft for draft in library.drafts if draft.slug in ARTICLES)
        database.write(import_library, dataclasses.replace(library, drafts=few), now=utc_now())
        with database.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        database.close()


def _put_database(url: str) -> None:
    path = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite") and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_prepared_file())


@contextlib.asynccontextmanager
async def a_desk(
    folder: Path,
    rasa: ScriptedRasa | None = None,
    *,
    grace: float = 0.5,
    introduces: bool = False,
    build: Path = BUILD,
    **changes: Any,
) -> AsyncIterator[RunningDesk]:
    """A desk that listens; with the database that is in the folder, or a new one.

    It waits for no further lines and says nothing by itself, unless a test asks for it. `build` is where the
    browser side is. With a `port` of its own it knows its address, as pages in a browser need it.
    """
    if rasa is not None:
        changes.setdefault("rasa_port", rasa.port)
    settings = settings_in(folder, **changes)
    _put_database(settings.database_url)
    async with contextlib.AsyncExitStack() as stack:
        desk = await stack.enter_async_context(run_desk(settings, SECRETS, introduces=introduces))
        listener = build_listener(
            desk.actions(),
            desk.turns_in_flight,
            secret=SECRETS.actions_secret,
            seconds=settings.action_seconds,
        )
        actions_port, _ = await stack.enter_async_context(listening(listener, grace=grace))
        application = public_application(desk, build)
        port, public = await stack.enter_async_context(
            listening(application, port=changes.get("port", 0), grace=grace)
        )
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield RunningDesk(
            desk, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{actions_port}/webhook", http, public
        )
