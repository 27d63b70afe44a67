"""Launches the real Rasa process and speaks to it as the gateway does."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[2]
RASA_SECRET = "rasa-" + "r" * 40
START_SECONDS = 60.0


@dataclass
class RasaProcess:
    """One launcher process on its own tracker database and log."""

    model: Path
    port: int
    actions_url: str
    actions_secret: str
    folder: Path
    tracker_db: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.tracker_db = self.tracker_db or str(self.folder / "tracker.db")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "rasa.log").read_text(errors="replace")

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> RasaProcess:
        with (self.folder / "rasa.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), cwd=ROOT, env=self.environment(), stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"rasa did not start:\n{self.log}")
            if self._is_healthy():
                return self
            time.sleep(0.05)
        raise AssertionError(f"rasa was not ready in time:\n{self.log}")

    def command(self) -> list[str]:
        arguments = ["--model", str(self.model), "--port", str(self.port), "--tracker-db", self.tracker_db]
        return [sys.executable, "-m", "bot.rasa_extensions.launcher", *arguments]

    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "LOG_LEVEL": "DEBUG",  # what Rasa itself would look at
            "GUICHET_RASA_SECRET": RASA_SECRET,
            "GUICHET_ACTIONS_SECRET": self.actions_secret,
            "GUICHET_ACTIONS_URL": self.actions_url,
            "GUICHET_ACTION_SECONDS": "1.5",
            **self.settings,
        }

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)

    def say(
        self,
        text: str,
        *,
        sender: str,
        turn_id: str | None = None,
        language: str = "en",
        timeout: float = 30,
    ) -> requests.Response:
        body = {"turn_id": turn_id or new_id(), "sender": sender, "text": text, "language": language}
        return self.post(body, timeout=timeout)

    def post(self, body: Any, *, secret: str | None = RASA_SECRET, timeout: float = 30) -> requests.Response:
        headers = {} if secret is None else {"X-Guichet-Secret": secret}
        if isinstance(body, bytes):
            return requests.post(
                f"{self.url}/webhooks/desk/webhook", data=body, headers=headers, timeout=timeout
            )
        return requests.post(f"{self.url}/webhooks/desk/webhook", json=body, headers=headers, timeout=timeout)

    def turns_of(self, sender: str) -> list[str]:
        """The events of the stored turns of a conversation, as text, oldest first."""
        with sqlite3.connect(self.tracker_db) as database:
            rows = database.execute(
                "SELECT events FROM rasa_turn WHERE sender_id = ? ORDER BY position", (sender,)
            )
            return [events for (events,) in rows]

    def _is_healthy(self) -> bool:
        try:
            answer = requests.get(
                f"{self.url}/webhooks/desk/health", headers={"X-Guichet-Secret": RASA_SECRET}, timeout=5
            )
        except requests.ConnectionError:
            return False
        return answer.status_code == 200


def texts(answer: requests.Response) -> list[str | None]:
    """What the assistant said."""
    assert answer.status_code == 200, answer.text
    return [reply["text"] for reply in answer.json()["replies"]]


def new_id() -> str:
    return uuid.uuid4().hex


def listening_addresses(pid: int) -> set[str]:
    """The local addresses on which a process listens, as the kernel tells them."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if found := re.fullmatch(r"socket:\[(\d+)\]", os.readlink(link)):
                inodes.add(found[1])
        except FileNotFoundError:
            continue
    addresses = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                addresses.add(fields[1].split(":")[0])
    return addresses
