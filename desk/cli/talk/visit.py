"""One run of `guichet chat`: who visits which desk, in which mode."""

from __future__ import annotations

import contextlib
import os
import sys
import termios
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from desk import secrets as installation_secrets
from desk.cli import clock
from desk.cli.console import CommandFailed
from desk.cli.talk.lines import Lines, from_descriptor
from desk.cli.talk.memory import Memory, Remembered
from desk.cli.talk.script import ScriptListener, run_script, to_stream
from desk.cli.talk.viewer import Viewer
from desk.client import DeskClient, Refused
from desk.client.identity import host_identity
from desk.client.visit import origin_of
from desk.settings import reading

PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Wishes:
    """What the person asked for on the command line."""

    person: str | None
    language: str | None
    url: str | None
    site: str
    is_script: bool
    is_resumed: bool
    patience: float | None


@dataclass(frozen=True)
class Way:
    """What follows from it: where to, and what is remembered."""

    wishes: Wishes
    url: str
    language: str
    identity: Callable[[], str] | None
    memory: Memory

    def client(self, viewer: Viewer, token: str | None) -> DeskClient:
        wishes = self.wishes
        return DeskClient(
            self.url,
            wishes.site,
            identity=self.identity,
            language=wishes.language,
            token=token,
            patience=PATIENCE_SECONDS if wishes.patience is None else wishes.patience,
            waits_for_start=wishes.patience is not None,
            listener=viewer,
        )


async def talk(wishes: Wishes) -> None:
    """Talk until the input ends or the person leaves.

    Raises:
        ClientError: the desk is away, or refuses.
        CommandFailed: something on this side is missing.
    """
    way = _way(wishes)
    if wishes.is_script:
        await _script(way)
    else:
        await _screen(way)


async def _script(way: Way) -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    out = to_stream(sys.stdout)
    client, _ = await _open(way, ScriptListener(way.url, out))
    async with _kept(way, client):
        lines = Lines(from_descriptor(sys.stdin.fileno()))
        await run_script(client, lines, out, lambda: way.memory.keep(client))


async def _screen(way: Way) -> None:
    from rich.console import Console

    from desk.cli.talk.screen import Screen
    from desk.cli.talk.texts import BY_LANGUAGE

    texts = BY_LANGUAGE[way.language]
    screen = Screen(Console(highlight=False), texts, way.url)
    client, is_resumed = await _open(way, screen)
    async with _kept(way, client):
        who = (client.person or {}).get("name") or way.wishes.person or texts["anonymous"]
        screen.notice("greeting", site=way.wishes.site, url=way.url, who=str(who))
        screen.notice("hint")
        if way.wishes.is_resumed:
            screen.notice("resumed" if is_resumed else "nothing_to_resume")
        with _terminal_as_it_was():
            try:
                await screen.run(Lines(screen.prompt.reader()))
            finally:
                screen.notice("goodbye")


async def _open(way: Way, viewer: Viewer) -> tuple[DeskClient, bool]:
    """Come in where the last run left off, if that is wished and possible, or with a new conversation."""
    remembered = way.memory.recall() if way.wishes.is_resumed else None
    if remembered is not None and (client := await _go_on(way, viewer, remembered)):
        return client, True
    client = viewer.client = way.client(viewer, None)
    await client.open(new=True)
    return client, False


async def _go_on(way: Way, viewer: Viewer, remembered: Remembered) -> DeskClient | None:
    """The earlier conversation, or None when the desk does not have it any more."""
    client = viewer.client = way.client(viewer, remembered.token)
    client.offers.extend(remembered.offers)
    try:
        await client.open(position=remembered.position)
    except Refused as error:
        if error.code != "conversation_not_found":
            raise
        return None
    return client


@contextlib.asynccontextmanager
async def _kept(way: Way, client: DeskClient) -> AsyncIterator[None]:
    """Whatever ends the visit, the place is remembered."""
    try:
        yield
    finally:
        way.memory.keep(client)
        await client.close()


@contextlib.contextmanager
def _terminal_as_it_was() -> Iterator[None]:
    """The input thread may be left in the middle of a line: the terminal must echo again."""
    descriptor = sys.stdin.fileno()
    if not os.isatty(descriptor):
        yield
        return
    before = termios.tcgetattr(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _way(wishes: Wishes) -> Way:
    loaded = reading.load()
    url = (wishes.url or loaded.public_url).rstrip("/")
    try:
        origin_of(url)
    except ValueError as error:
        raise CommandFailed(f"{error}") from error
    return Way(
        wishes,
        url,
        wishes.language or loaded.default_language,
        _identity(wishes, loaded.secrets_folder / "demo_host_key"),
        Memory(loaded.var / "chat", url=url, site=wishes.site, person=wishes.person),
    )


def _identity(wishes: Wishes, key_file: Path) -> Callable[[], str] | None:
    """What vouches for the person: a fresh JWT for each session, since each is used once."""
    email = wishes.person
    if email is None:
        return None
    if why := installation_secrets.problem(key_file):
        raise CommandFailed(f"nobody can vouch for {email}: {why}")
    key = key_file.read_text(encoding="ascii").strip()
    return lambda: host_identity(key, site=wishes.site, email=email, now=clock.now())
