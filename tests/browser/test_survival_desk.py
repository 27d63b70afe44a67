"""The desk is killed, or comes back without what it knew: no line is lost, and nobody goes round in circles.

TRUST WW-11, WW-13, WW-14. The desk is a process of its own here, with the plain assistant.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Response, WebSocket, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk import secrets as installation_secrets
from desk.preparation import steps
from desk.settings.reading import load
from desk.settings.values import Settings
from desk.supervisor import children
from identity.sites.operations import put_site
from storage.database import Database
from tests.browser.chromium import Watch
from tests.browser.looking import Look, look, until, until_look
from tests.browser.pages import Intranet
from tests.browser.stage import OPEN_SHADOWS, WIDE
from tests.browser.states.conversation import NO_NETWORK
from tests.browser.talk import Assistant
from tests.browser.visit import Visit
from tests.browser.wired import asked
from tests.desk.desks import a_free_port, listening, utc_now
from tests.nemesis.installation import NO_LIMITS
from tests.nemesis.processes import KeptProcess
from ticketing.conversations.models import Conversation, Message
from ticketing.turns.logic import TurnState
from ticketing.turns.models import Turn

pytestmark = [pytest.mark.requires("chromium"), pytest.mark.asyncio(loop_scope="session"), pytest.mark.alone]

RELOAD = re.compile(r'"type": ?"reload"')
STEPS = tuple(step for step in steps.TO_RUN if step[0] in ("secrets", "web", "database", "articles", "demo"))


@dataclass
class Place:
    """A desk process and an intranet page with its widget."""

    settings: Settings
    process: KeptProcess
    host: str

    def on_file(self, conversation: str) -> list[tuple[int, str, str]]:
        """What was said, in order; nothing while the assistant has not answered all of it."""

        def look(session: Session) -> list[tuple[int, str, str]]:
            if session.scalar(select(func.count()).where(Turn.state != TurnState.DONE)):
                return []
            rows = session.scalars(
                select(Message)
                .join(Conversation, Conversation.id == Message.conversation_id)
                .where(Conversation.public_id == conversation)
                .order_by(Message.seq)
            )
            return [(row.seq, row.author.value, row.text) for row in rows]

        with contextlib.closing(Database(self.settings.database_url, threads=1)) as database:
            return database.read(look)

    @property
    def file(self) -> Path:
        return self.settings.var / "guichet.db"

    async def loses_everything(self) -> None:
        """The desk comes back with a new database: another epoch, and nobody is known."""
        await self.process.stop()
        for file in self.settings.var.glob("guichet.db*"):
            file.unlink()
        prepare(self.settings, self.host)
        await self.process.start()

    def backs_up(self) -> Path:
        """A copy of the database as it is now."""
        copy = self.settings.var / "backup.db"
        with (
            contextlib.closing(sqlite3.connect(self.file)) as now,
            contextlib.closing(sqlite3.connect(copy)) as then,
        ):
            now.backup(then)
        return copy

    async def goes_back_to(self, backup: Path) -> None:
        """The desk comes back with a backup: what was said since is not there, and the epoch is another."""
        await self.process.stop()
        for file in self.settings.var.glob("guichet.db*"):
            file.unlink()
        shutil.copy(backup, self.file)
        with contextlib.closing(sqlite3.connect(self.file)) as restored, restored:
            restored.execute("UPDATE ledger_epoch SET epoch = 'of-a-backup'")
        await self.process.start()


def prepare(settings: Settings, host: str) -> None:
    steps.prepare(STEPS, steps.Context(settings, os.environ, lambda line: None))
    with contextlib.closing(Database(settings.database_url, threads=1)) as database:
        database.write(
            put_site,
            "demo",
            name="Meridian IT",
            origins=[host],
            host_keys=[],
            is_identity_required=False,
            now=utc_now(),
        )


@pytest_asyncio.fixture(loop_scope="session")
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """All of it, running."""
    ports = {name: str(a_free_port()) for name in ("PORT", "ACTIONS_PORT", "RASA_PORT", "DEMO_PORT")}
    settings = load(
        NO_LIMITS
        | {f"GUICHET_{name}": port for name, port in ports.items()}
        | {"GUICHET_VAR": str(tmp_path), "GUICHET_ASSISTANT": "none", "GUICHET_ENCODER": "none"}
    )
    intranet = Intranet(desk=settings.local_url)
    async with listening(intranet.application(), grace=0.1) as (port, _):
        host = f"http://localhost:{port}"
        prepare(settings, host)
        held = installation_secrets.read(settings.secrets_folder)
        process = KeptProcess(children(settings, held, os.environ)[0], tmp_path / "desk.log")
        try:
            await process.start()
            yield Place(settings, process, host)
        finally:
            await process.stop()


@contextlib.asynccontextmanager
async def a_visit(browser: Browser, place: Place) -> AsyncIterator[Visit]:
    """Somebody with an open widget."""
    context: BrowserContext = await browser.new_context(viewport=WIDE, locale="en-GB")
    try:
        await context.add_init_script(OPEN_SHADOWS)
        desk = place.settings.local_url
        watch = Watch(frozenset({place.host, desk, desk.replace("http", "ws")}))
        watch.over(context)
        watch.forgive(NO_NETWORK)
        page = await context.new_page()
        # There is nobody of the team here, nor a script for the assistant.
        visit = Visit(page, watch, Assistant(), None)  # type: ignore[arg-type]
        await page.goto(f"{place.host}/?site=demo&language=en")
        await visit.launcher.click()
        await expect(visit.messages).to_have_count(2)
        yield visit
        assert watch.found() == []
    finally:
        await context.close()


async def as_on_file(place: Place, visit: Visit, mine: Sequence[str], *, seconds: float = 45) -> Look:
    """Wait until everything is shown and answered; then it is what is on file, each line once, in order."""

    async def see() -> tuple[Look, list[tuple[int, str, str]]]:
        seen = await look(visit)
        return seen, place.on_file(seen.conversation) if seen.conversation else []

    def is_all(both: tuple[Look, list[tuple[int, str, str]]]) -> bool:
        seen, rows = both
        is_said = [text for _, author, text in rows if author == "person"] == list(mine)
        return is_said and not seen.pending and len(seen.lines) == len(rows)

    seen, rows = await until(see, is_all, seconds=seconds)
    assert [(line.seq, line.author) for line in seen.lines] == [(seq, author) for seq, author, _ in rows]
    assert seen.mine == list(mine)
    return seen


async def test_lines_typed_while_the_desk_is_killed_are_all_there_once_and_in_order(
    browser: Browser, place: Place
) -> None:
    async with a_visit(browser, place) as visit:
        lines: list[str] = []

        async def write(count: int) -> None:
            for _ in range(count):
                lines.append(f"my printer does not print, {len(lines)}")
                await visit.writes(lines[-1])

        for away in (0.0, 1.0, 0.3):
            await write(4)
            assert place.process.kill(away=away)
            await write(3)
            await expect(visit.banner).to_have_text(visit.words["offline"])
            await write(1)
            await place.process.until_up()
            # Until the next kill it works again.
            await until_look(visit, lambda seen: not seen.pending, seconds=45)

        await as_on_file(place, visit, lines)
        await expect(visit.banner).to_be_hidden()


async def test_a_desk_that_lost_everything_is_met_anew_once_and_what_waited_is_sent(
    browser: Browser, place: Place
) -> None:
    async with a_visit(browser, place) as visit:
        before = await look(visit)
        await visit.writes("my printer does not print")
        await as_on_file(place, visit, ["my printer does not print"])
        sockets = sockets_of(visit)
        stopping = asyncio.create_task(place.loses_everything())
        await expect(visit.banner).to_have_text(visit.words["offline"])
        await visit.writes("written meanwhile")
        await stopping
        reached = len(sockets)

        seen = await as_on_file(place, visit, ["written meanwhile"])

        assert seen.conversation != before.conversation
        assert asked(visit, "session") == 2
        # The old session is refused, the new one welcomed; perhaps it was asked just before it listened.
        assert len(sockets) - reached <= 3
        await visit.writes("and it goes on")
        await as_on_file(place, visit, ["written meanwhile", "and it goes on"])


async def test_a_desk_that_went_back_to_a_backup_has_everything_shown_anew_once(
    browser: Browser, place: Place
) -> None:
    async with a_visit(browser, place) as visit:
        await visit.writes("before the backup")
        first = await as_on_file(place, visit, ["before the backup"])
        backup = place.backs_up()
        await visit.writes("after the backup")
        await as_on_file(place, visit, ["before the backup", "after the backup"])
        reloads = reloads_of(visit)

        await place.goes_back_to(backup)

        seen = await as_on_file(place, visit, ["before the backup"])
        assert seen.lines == first.lines
        assert seen.conversation == first.conversation
        await visit.writes("it goes on from there")
        await as_on_file(place, visit, ["before the backup", "it goes on from there"])
        assert len(reloads) == 1


def sockets_of(visit: Visit) -> list[WebSocket]:
    """The sockets that the page opens from now on."""
    found: list[WebSocket] = []
    visit.page.on("websocket", lambda socket: found.append(socket))
    return found


def reloads_of(visit: Visit) -> list[str]:
    """The `reload` frames that the page is sent from now on, by a socket, or by HTTP while sockets fail."""
    found: list[str] = []

    def hear(frame: str | bytes) -> None:
        if RELOAD.search(str(frame)):
            found.append(str(frame))

    async def read(answer: Response) -> None:
        if answer.url.endswith(("/chat/v1/hello", "/chat/v1/poll")) and answer.ok:
            hear(await answer.text())

    visit.page.on("websocket", lambda socket: socket.on("framereceived", hear))
    visit.page.on("response", read)
    return found
