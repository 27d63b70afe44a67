"""The desk as people meet it: its own process and Rasa's, talked to over the public protocol."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.questions import LANGUAGES, drawn
from benchmarks.systems import Processes, Turn
from benchmarks.training import BenchmarkFailed
from desk import secrets, supervisor
from desk.client import Ack, ClientError, DeskClient
from desk.demo import SITE_KEY
from desk.preparation.steps import TO_RUN, Context, prepare
from desk.settings.reading import load
from desk.settings.values import Settings
from knowledge.encoder.runtime import OnnxEncoder
from knowledge.search.findings import Band
from knowledge.search.loading import SearchLoader
from storage.database import Database

TURN_SECONDS = 30.0
# What the desk says around an article that answers.
ANSWERS = ("utter_answer", "utter_reset_explained", "utter_unlock_explained")
# Limits keep one person from taking the desk for himself; here one program is everybody.
NO_LIMITS = {
    "GUICHET_MESSAGES_PER_MINUTE": "100000",
    "GUICHET_MESSAGE_BURST": "100000",
    "GUICHET_CALLS_PER_MINUTE": "100000",
    "GUICHET_CALL_BURST": "100000",
    "GUICHET_SESSIONS_PER_MINUTE": "100000",
    "GUICHET_HANDSHAKES_PER_MINUTE": "100000",
    "GUICHET_SOCKETS_PER_ADDRESS": "1000",
}


def own_settings(work: Path, first_port: int, installed: Settings) -> Settings:
    """A desk of the benchmark's own: everything as installed, but its folder, its ports and no limits."""
    return load(
        {
            **installed.environment(),
            **NO_LIMITS,
            "GUICHET_VAR": str(work / "desk"),
            "GUICHET_DATABASE_URL": "",
            "GUICHET_PUBLIC_URL": "",
            "GUICHET_REDIS_URL": "",
            "GUICHET_HOST": "127.0.0.1",
            "GUICHET_DEMO": "true",
            "GUICHET_ASSISTANT": "rasa",
            # Waiting for further lines is patience, not processing.
            "GUICHET_GATHER_SECONDS": "0",
            "GUICHET_PORT": str(first_port),
            "GUICHET_RASA_PORT": str(first_port + 1),
            "GUICHET_ACTIONS_PORT": str(first_port + 2),
            "GUICHET_DEMO_PORT": str(first_port + 3),
        }
    )


def prepare_desk(
    settings: Settings, installed: Settings, environ: Mapping[str, str], say: Callable[[str], None]
) -> None:
    """A fresh database and tracker; encoder and model come from the installation where it has them.

    Raises:
        PortBusy, PreparationFailed
    """
    supervisor.refuse_busy_ports(settings)
    for part in ("models", "responses", "stamps"):
        if (installed.var / part).is_dir() and not (settings.var / part).exists():
            shutil.copytree(installed.var / part, settings.var / part)
    for old in (*settings.var.glob("guichet.db*"), *settings.tracker_file.parent.glob("tracker.db*")):
        old.unlink()
    prepare(TO_RUN, Context(settings, environ, say))


class Desk:
    """Our side of the comparison."""

    name = "guichet"

    def __init__(self, settings: Settings, environ: Mapping[str, str], *, turns: int, seed: int) -> None:
        self._url, self._turns = settings.local_url, turns
        held = secrets.read(settings.secrets_folder)
        self.processes = Processes(supervisor.children(settings, held, environ), settings.var / "logs")
        self._search = _Search(settings)
        self._languages = itertools.cycle(LANGUAGES)
        self._questions = {
            language: drawn(language, self._search.article_of, seed=seed) for language in LANGUAGES
        }

    def lines(self) -> list[str]:
        """Questions of one language; the first word says which, for `talk`."""
        language = next(self._languages)
        return [language, *itertools.islice(self._questions[language], self._turns)]

    async def talk(self, lines: Sequence[str]) -> list[Turn]:
        language, *questions = lines
        client = DeskClient(self._url, SITE_KEY, language=language, transport="socket")
        try:
            await client.open(new=True)
            return [await _ask(client, number, text) for number, text in enumerate(questions, 1)]
        except ClientError as error:
            raise BenchmarkFailed(f"the desk ended a conversation: {error}") from error
        finally:
            await client.close()

    def close(self) -> None:
        self._search.close()


async def _ask(client: DeskClient, number: int, text: str) -> Turn:
    started = time.perf_counter()
    flaw: str | None = "no answer in time"
    with contextlib.suppress(TimeoutError):
        ack = await client.send(text)
        await client.turn_done(ack.turn or 0, TURN_SECONDS)
        flaw = None
    took = (time.perf_counter() - started) * 1e3
    return Turn(number, took, text, flaw or _flaw(client, ack))


def _flaw(client: DeskClient, ack: Ack) -> str | None:
    said = [m for seq, m in client.messages.items() if seq > ack.seq and m.author != "person"]
    if len(said) != 1 or said[0].author != "assistant":
        return f"{len(said)} messages instead of one answer"
    if said[0].says not in ANSWERS:
        return f"{said[0].says} instead of an answer"
    return None if said[0].sources else "an answer without a source"


class _Search:
    """The desk's own search in this process: tells beforehand what has an answer."""

    def __init__(self, settings: Settings) -> None:
        self._database = Database(settings.database_url, threads=1)
        encoder = OnnxEncoder(settings.encoder_folder) if settings.encoder != "none" else None
        loader = SearchLoader(
            self._database,
            encoder,
            multilingual=OnnxEncoder(settings.encoder_multilingual_folder),
            languages=settings.languages,
            threshold=settings.search_threshold,
        )
        self._find = loader.load().find

    def article_of(self, text: str, language: str) -> str | None:
        found = self._find(text, language)
        return found.hits[0].slug if found.band is Band.ANSWER else None

    def close(self) -> None:
        self._database.close()
