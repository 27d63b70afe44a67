"""What the launched process is, where it listens, and when it refuses to be one."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from bot.rasa_extensions import versions
from bot.rasa_extensions.launcher import Refused, loopback, loopback_url, read
from bot.rasa_extensions.model_file import ModelRefused, check_digest, digest_path, write_digest
from bot.rasa_extensions.versions import WrongVersion
from tests.rasa_extensions.fake_actions import FakeActions, hanging
from tests.rasa_extensions.rasa_process import ROOT, RasaProcess, listening_addresses, texts

ARGUMENTS = ["--model", "m.tar.gz", "--tracker-db", "t.db"]
ENVIRONMENT = {"GUICHET_RASA_SECRET": "r" * 43, "GUICHET_ACTIONS_SECRET": "a" * 43}

IMPORTED = "import time:"  # how Python begins each line of `-X importtime`
LOOPBACK_IN_PROC = {"0100007F"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/model"),
        ("GET", "/version"),
        ("GET", "/status"),
        ("GET", "/domain"),
        ("GET", "/"),
        ("GET", "/conversations/x/tracker"),
        ("POST", "/conversations/x/trigger_intent"),
        ("POST", "/model/parse"),
        ("POST", "/webhooks/rest/webhook"),
        ("GET", "/webhooks/desk/"),
    ],
)
def test_there_is_no_way_in_but_the_channel(rasa: RasaProcess, method: str, path: str) -> None:
    answer = requests.request(method, f"{rasa.url}{path}", timeout=5)

    assert (answer.status_code, answer.json()) == (404, {"error": "refused"})


def test_it_listens_on_loopback_only(rasa: RasaProcess) -> None:
    assert listening_addresses(rasa.pid) == LOOPBACK_IN_PROC


def test_tensorflow_is_not_in_the_process(rasa: RasaProcess) -> None:
    maps = Path(f"/proc/{rasa.pid}/maps").read_text()

    assert "tensorflow" not in maps
    assert "libtorch" not in maps


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "localhost", "example.org", ""])
def test_another_interface_is_refused(host: str) -> None:
    with pytest.raises(Refused, match="loopback"):
        read([*ARGUMENTS, "--interface", host], ENVIRONMENT)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1"])
def test_loopback_addresses_are_taken(host: str) -> None:
    assert loopback(host) == host


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/webhook", "https://127.0.0.1/webhook", "ftp://x", "127.0.0.1"]
)
def test_the_actions_are_on_this_machine(url: str) -> None:
    with pytest.raises(Refused):
        loopback_url(url)


@pytest.mark.parametrize("missing", sorted(ENVIRONMENT))
def test_a_missing_or_short_secret_is_refused_by_name(missing: str) -> None:
    with pytest.raises(Refused, match=missing):
        read(ARGUMENTS, {**ENVIRONMENT, missing: "short"})


@pytest.mark.parametrize("minutes", ["0", "-1", "x", "inf", "nan"])
def test_a_session_without_end_is_refused(minutes: str) -> None:
    with pytest.raises(Refused, match="GUICHET_RASA_SESSION_MINUTES"):
        read(ARGUMENTS, {**ENVIRONMENT, "GUICHET_RASA_SESSION_MINUTES": minutes})


def test_another_rasa_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "3.6.22")

    with pytest.raises(WrongVersion, match=r"3\.6\.22"):
        versions.require_pinned_rasa()


def test_another_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 11, 0))

    with pytest.raises(WrongVersion, match=r"3\.10"):
        versions.require_pinned_versions()


def test_a_changed_model_is_refused(tmp_path: Path, model: Path) -> None:
    copy = tmp_path / model.name
    shutil.copy(model, copy)
    write_digest(copy)
    check_digest(copy)

    content = bytearray(copy.read_bytes())
    content[len(content) // 2] ^= 1
    copy.write_bytes(content)

    with pytest.raises(ModelRefused, match="differs"):
        check_digest(copy)


def test_a_model_without_digest_is_refused(tmp_path: Path) -> None:
    lone = tmp_path / "model.tar.gz"
    lone.write_bytes(b"x")

    with pytest.raises(ModelRefused, match="missing"):
        check_digest(lone)
    digest_path(lone).write_text("")
    with pytest.raises(ModelRefused, match="missing"):
        check_digest(lone)


def test_refusals_are_one_sentence_and_come_before_rasa_is_imported(
    rasa: RasaProcess, tmp_path: Path
) -> None:
    command = [sys.executable, "-X", "importtime", *rasa.command()[1:]]
    command[command.index("--model") + 1] = str(tmp_path / "none.tar.gz")

    done = subprocess.run(
        command, cwd=ROOT, env=rasa.environment(), capture_output=True, text=True, timeout=30, check=False
    )

    assert done.returncode == 1
    imported = [line.split("|")[-1].strip() for line in done.stderr.splitlines() if IMPORTED in line]
    told = [line for line in done.stderr.splitlines() if IMPORTED not in line]
    assert told == [f"rasa does not start: no model at {tmp_path / 'none.tar.gz'}: train one first"]
    assert "bot.rasa_extensions" in imported
    assert "rasa" not in imported


def test_a_taken_port_is_refused(rasa: RasaProcess) -> None:
    done = subprocess.run(
        rasa.command(),
        cwd=ROOT,
        env=rasa.environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr == f"rasa does not start: 127.0.0.1 port {rasa.port}: Address already in use\n"


def test_a_stop_lets_the_turn_end_first(
    launch: Callable[..., RasaProcess], actions: FakeActions, sender: str, turn_id: str
) -> None:
    rasa = launch()
    actions.behave(sender, hanging(0.7))
    with ThreadPoolExecutor(1) as pool:
        turn = pool.submit(rasa.say, "the wifi does not work", sender=sender, turn_id=turn_id)
        while not actions.calls_of(sender):
            time.sleep(0.01)
        assert rasa.stop() == 0
    assert len(rasa.turns_of(sender)) == 1
    if turn.exception() is None:
        assert texts(turn.result()) == ["An answer."]
    assert rasa.log == ""


STARTS = """
from bot.rasa_extensions.launcher import prepare_environment
{prepare}
import sys
from pathlib import Path
from rasa.engine import loader
from rasa.engine.storage.local_model_storage import LocalModelStorage
from bot.rasa_extensions.processor import DirectGraphRunner
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.trackers import DialogueStateTracker
import json, tempfile
metadata, runner = loader.load_predict_graph_runner(
    Path(tempfile.mkdtemp()), Path({model!r}), LocalModelStorage, {runner}
)
said = []
for text in ["hello", "my printer is broken", "comment faire", "/report", "zzz", "?"]:
    inputs = {{PLACEHOLDER_MESSAGE: [UserMessage(text)], PLACEHOLDER_TRACKER: DialogueStateTracker("s", [])}}
    (message,) = runner.run(inputs, [metadata.nlu_target])[metadata.nlu_target]
    said.append(message.as_dict(only_output_properties=True))
real = "tensorflow" in sys.modules and hasattr(sys.modules["tensorflow"], "__version__")
print(json.dumps([real, said]))
"""


def test_without_tensorflow_and_dask_the_same_is_understood(model: Path) -> None:
    def understood(prepare: str, runner: str) -> tuple[bool, str]:
        script = STARTS.format(prepare=prepare, model=str(model), runner=runner)
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        real, _, said = done.stdout.strip().rpartition("\n")[2].partition(", ")
        return real == "[true", said

    lean = understood("prepare_environment()", "DirectGraphRunner")
    stock = understood("", "DaskGraphRunner")

    assert (lean[0], stock[0]) == (False, True)
    assert lean[1] == stock[1]
