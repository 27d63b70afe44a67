"""Trains the peer once as its authors meant it, and beside it our pipeline on the same data.

Both times belong to one state of the machine, so they are measured together and kept together, under the
digest of the peer's data: a later run takes them from there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from desk.preparation.stamps import fingerprint
from desk.preparation.training import learns_from
from desk.settings.values import PROJECT, Settings
from desk.supervision.environment import EVERYWHERE, of_training
from desk.supervision.launch import dies_with_parent

# Needs a server of its own, and no turn that is measured here says a mail address.
LEFT_OUT = "DucklingEntityExtractor"
MODEL = "model.tar.gz"


class BenchmarkFailed(Exception):
    """There is nothing to measure; the text says why."""


@dataclass(frozen=True)
class Trained:
    """What one training of the peer, and ours right before and after it, took."""

    peer_seconds: float
    our_seconds: tuple[float, ...]
    at: str
    load: float
    ours: str

    @property
    def ratio(self) -> float:
        return sum(self.our_seconds) / len(self.our_seconds) / self.peer_seconds


@dataclass(frozen=True)
class Peer:
    """A trained peer: where its model and its data lie."""

    folder: Path
    trained: Trained

    @property
    def model(self) -> Path:
        return self.folder / "models" / MODEL

    @property
    def data(self) -> Path:
        return self.folder / "data"


def prepare_peer(source: Path, work: Path, settings: Settings, environ: Mapping[str, str]) -> Peer:
    """The trained peer, from an earlier run where there is one; otherwise this takes minutes.

    Raises:
        BenchmarkFailed: it cannot be trained.
    """
    wanted = [source / name for name in ("config.yml", "domain.yml", "data")]
    if missing := [str(path) for path in wanted if not path.exists()]:
        raise BenchmarkFailed(f"{', '.join(missing)}: not there, so this is no Rasa project to compare with")
    folder = work / "peer" / fingerprint(LEFT_OUT, files=wanted, below=source)[:16]
    record = folder / "trained.json"
    if record.is_file():
        kept = json.loads(record.read_text(encoding="utf-8"))
        return Peer(folder, Trained(**kept | {"our_seconds": tuple(kept["our_seconds"])}))
    shutil.rmtree(folder, ignore_errors=True)
    _copy(source, folder)
    trained = _train_both(folder, settings, environ)
    record.write_text(json.dumps(asdict(trained), indent=2) + "\n", encoding="utf-8")
    return Peer(folder, trained)


def has_changed_since(trained: Trained, settings: Settings) -> bool:
    """Whether our pipeline is another one than the one that was timed."""
    return trained.ours != learns_from(settings)


def _copy(source: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    shutil.copytree(source / "data", folder / "data")
    shutil.copy(source / "domain.yml", folder / "domain.yml")
    config = _read(source / "config.yml")
    config["pipeline"] = [part for part in config["pipeline"] if part["name"] != LEFT_OUT]
    _write(folder / "config.yml", config)
    ours = _read(PROJECT / "config.yml")
    # The peer's dialogue stands in stories, which our configuration has nothing for: they must be learnt too.
    ours["policies"].insert(0, {"name": "MemoizationPolicy", "max_history": 4})
    _write(folder / "ours.yml", ours)
    fallback = [part.get("core_fallback_action_name") for part in ours["policies"]]
    _write(folder / "ours-domain.yml", {"version": "3.1", "actions": [name for name in fallback if name]})


def _train_both(folder: Path, settings: Settings, environ: Mapping[str, str]) -> Trained:
    before = _train_ours(folder, settings, environ)
    peer = _train_peer(folder, settings, environ)
    after = _train_ours(folder, settings, environ)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return Trained(peer, (before, after), at, os.getloadavg()[1], learns_from(settings))


def _train_peer(folder: Path, settings: Settings, environ: Mapping[str, str]) -> float:
    command = [
        *(str(settings.rasa_interpreter), "-m", "rasa", "train", "--config", "config.yml"),
        *("--domain", "domain.yml", "--data", "data", "--out", "models", "--fixed-model-name", MODEL),
    ]
    return _timed(command, folder, peer_environment(environ), folder / "peer.log")


def _train_ours(folder: Path, settings: Settings, environ: Mapping[str, str]) -> float:
    shutil.rmtree(folder / "ours", ignore_errors=True)  # with what Rasa caches, or the second costs nothing
    command = [
        *(
            str(settings.rasa_interpreter),
            "-m",
            "bot.rasa_extensions.training",
            "--out",
            str(folder / "ours"),
        ),
        *("--config", str(folder / "ours.yml"), "--data", str(folder / "data")),
        *("--domain", str(folder / "domain.yml"), str(folder / "ours-domain.yml")),
    ]
    return _timed(command, PROJECT, of_training(settings, environ), folder / "ours.log")


def peer_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """As a user would run it, but telling nobody, and without looking for a graphics card."""
    picked = {name: environ[name] for name in (*EVERYWHERE, "HOME", "TMPDIR") if name in environ}
    return picked | {
        "RASA_TELEMETRY_ENABLED": "false",
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    }


def _timed(command: list[str], folder: Path, environment: Mapping[str, str], log: Path) -> float:
    """Seconds from the start of the command to its end: what a person waits."""
    started = time.monotonic()
    with log.open("ab") as output:
        done = subprocess.run(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            preexec_fn=dies_with_parent(),
        )
    if done.returncode != 0:
        raise BenchmarkFailed(f"the training ended with {done.returncode}; {log} says why")
    return time.monotonic() - started


def _read(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise BenchmarkFailed(f"{path} is not what Rasa reads")
    return content


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True), encoding="utf-8")
