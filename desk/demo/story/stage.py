"""Where a story happens: a whole desk with its Rasa, in a folder of its own; nothing leaves this machine."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy.orm import Session

from desk import secrets as installation_secrets
from desk.demo.story.clock import StoryClock
from desk.preparation.steps import (
    Context,
    import_articles,
    make_secrets,
    migrate_database,
    prepare,
    seed_demo,
    write_responses,
)
from desk.serve import serving
from desk.settings.reading import load
from desk.settings.values import Settings
from desk.supervision.child import Child
from desk.supervision.logs import RotatingLog
from desk.supervisor import rasa_child
from notices.mail.maildir import MaildirMail
from storage.database import Database

T = TypeVar("T")

PATIENCE_SECONDS = 60.0
RASA_SECONDS = 120.0
LOOKS_EVERY = 0.1
LOG_BYTES = 10_000_000


class StoryStuck(Exception):
    """Something did not happen that the story needs; the text says what."""


@dataclass(frozen=True)
class Stage:
    """A desk that runs at the time of the story."""

    settings: Settings
    host_key: str
    database: Database
    clock: StoryClock
    mail: MaildirMail

    async def until(self, look: Callable[[Session], T], what: str) -> T:
        """What a look into the database finds, as soon as it is true.

        Raises:
            StoryStuck: it did not become true; `what` says what did not happen.
        """
        async with _patiently(what, PATIENCE_SECONDS):
            while not (found := await self.database.aread(look)):  # noqa: ASYNC110 - a row has no event
                await asyncio.sleep(LOOKS_EVERY)
            return found


def environment_of(base: Settings, folder: Path, **changes: str) -> dict[str, str]:
    """The settings of a story's desk: of the installation's own it has the encoders alone.

    So it has no mail server, no database and no address of the installation's.
    """
    chosen = {
        "var": str(folder),
        "demo": "true",
        "team_email": "it-desk@example.org",
        "encoder": base.encoder,
        "encoder_multilingual": base.encoder_multilingual,
        "log_level": "ERROR",
        **{f"{name}port": str(port) for name, port in zip(PORTS, _free_ports(len(PORTS)), strict=True)},
        **changes,
    }
    return {f"GUICHET_{name.upper()}": value for name, value in chosen.items()}


PORTS = ("", "rasa_", "actions_", "demo_")


@contextlib.asynccontextmanager
async def a_stage(
    base: Settings, ours: Mapping[str, str], environ: Mapping[str, str], clock: StoryClock
) -> AsyncIterator[Stage]:
    """Build the stage and run it.

    Args:
        base: the installation whose encoders and trained model serve here too.
        ours: the environment of this process; Rasa is given its path and language.
        environ: as `environment_of` has it.
    """
    settings = load(environ)
    settings.var.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (models := settings.var / "models").exists():
        models.symlink_to((base.var / "models").resolve())
    await asyncio.to_thread(_prepare, settings)
    secrets = installation_secrets.read(settings.secrets_folder)
    log = RotatingLog(settings.var / "logs" / "rasa.log", LOG_BYTES, 1)
    rasa = await Child.start(rasa_child(settings, secrets, ours), log, lambda line: None)
    try:
        async with serving(settings, secrets, now=clock) as desk:
            await _until_healthy(rasa)
            mail = MaildirMail(settings.var / "mail")
            yield Stage(settings, secrets.demo_host_key, desk.database, clock, mail)
    finally:
        await rasa.stop()
        log.close()


def _prepare(settings: Settings) -> None:
    steps = (
        ("secrets", make_secrets),
        ("database", migrate_database),
        ("articles", import_articles),
        ("responses", write_responses),
        ("demo", seed_demo),
    )
    prepare(steps, Context(settings, {}, lambda line: None))


async def _until_healthy(rasa: Child) -> None:
    ended = asyncio.create_task(rasa.ended())
    try:
        async with _patiently("Rasa did not get ready", RASA_SECONDS):
            while not await rasa.spec.is_healthy():
                if ended.done():
                    raise StoryStuck(f"Rasa ended: {ended.result()}")
                await asyncio.sleep(LOOKS_EVERY)
    finally:
        ended.cancel()


@contextlib.asynccontextmanager
async def _patiently(what: str, seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise StoryStuck(f"{what} within {seconds:.0f} s") from None


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
