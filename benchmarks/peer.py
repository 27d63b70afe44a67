"""The peer as its users run it: stock `rasa run`, its REST channel, and turns that run no custom action."""

from __future__ import annotations

import random
import re
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import aiohttp
import yaml

from benchmarks.systems import Processes, Turn
from benchmarks.training import BenchmarkFailed, Peer, peer_environment
from desk.settings.values import Settings
from desk.supervision.child import ChildSpec
from desk.supervision.health import answers_ok

TURN_SECONDS = 30.0
# What the peer answers by itself, with a text of its domain.
BARE = ("greet", "bot_challenge", "help", "thank", "out_of_scope", "goodbye")
TRACKER = "tracker.db"


class StockRasa:
    """The other side of the comparison."""

    name = "peer"

    def __init__(
        self, peer: Peer, settings: Settings, environ: Mapping[str, str], *, port: int, turns: int, seed: int
    ) -> None:
        self._url, self._turns = f"http://127.0.0.1:{port}", turns
        self.processes = Processes([_process(peer, settings, environ, port)], peer.folder / "logs")
        self._drawn = _drawn(peer.data, seed)
        self._http: aiohttp.ClientSession | None = None

    def lines(self) -> list[str]:
        return [next(self._drawn) for _ in range(self._turns)]

    async def talk(self, lines: Sequence[str]) -> list[Turn]:
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TURN_SECONDS))
        sender = uuid.uuid4().hex
        return [await self._say(self._http, sender, number, text) for number, text in enumerate(lines, 1)]

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def _say(self, http: aiohttp.ClientSession, sender: str, number: int, text: str) -> Turn:
        started = time.perf_counter()
        body = {"sender": sender, "message": text}
        try:
            async with http.post(f"{self._url}/webhooks/rest/webhook", json=body) as answer:
                said = await answer.json()
        except TimeoutError:
            return Turn(number, (time.perf_counter() - started) * 1e3, text, "no answer in time")
        took = (time.perf_counter() - started) * 1e3
        is_answer = bool(said) and all(message.get("text") for message in said)
        return Turn(number, took, text, None if is_answer else "an empty answer")


def _process(peer: Peer, settings: Settings, environ: Mapping[str, str], port: int) -> ChildSpec:
    for old in peer.folder.glob(f"{TRACKER}*"):
        old.unlink()
    store = {"type": "SQL", "dialect": "sqlite", "db": str(peer.folder / TRACKER)}
    endpoints, credentials = peer.folder / "endpoints.yml", peer.folder / "credentials.yml"
    endpoints.write_text(yaml.safe_dump({"tracker_store": store}), encoding="utf-8")
    credentials.write_text("rest:\n", encoding="utf-8")
    return ChildSpec(
        name="peer",
        command=(
            *(str(settings.rasa_interpreter), "-m", "rasa", "run", "--model", str(peer.model)),
            *("--endpoints", str(endpoints), "--credentials", str(credentials)),
            *("--interface", "127.0.0.1", "--port", str(port)),
        ),
        environment=peer_environment(environ),
        folder=peer.folder,
        is_healthy=answers_ok(f"http://127.0.0.1:{port}/webhooks/rest/"),
    )


def _drawn(data: Path, seed: int) -> Iterator[str]:
    """The peer's own example sentences, an intent at random each time; no end."""
    examples = _examples(data)
    if not examples:
        raise BenchmarkFailed(f"{data} has no sentences of {', '.join(BARE)}")
    chance = random.Random(seed)  # noqa: S311 - an order, not a secret
    while True:
        yield chance.choice(examples[chance.choice(sorted(examples))])


def _examples(data: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(data.rglob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")).get("nlu", []):
            if entry.get("intent") in BARE:
                lines = re.findall(r"^\s*-\s+(.+?)\s*$", entry["examples"], re.MULTILINE)
                # An example with marked entities is not what a person types.
                found[entry["intent"]] = [line for line in lines if "](" not in line and "]{" not in line]
    return found
