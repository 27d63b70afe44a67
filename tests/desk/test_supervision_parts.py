"""The parts of the supervisor that need no second process."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

from desk.secrets import Secrets
from desk.settings.reading import load
from desk.supervision.backoff import Backoff
from desk.supervision.child import how_it_ended
from desk.supervision.environment import of_rasa, of_the_desk, of_training
from desk.supervision.lock import AlreadyRunning, holder, only_one
from desk.supervision.logs import Loudness, Pump, RotatingLog
from desk.supervision.ports import Listener, PortBusy, listeners, refuse_busy
from desk.supervisor import children, only_loopback, refuse_busy_ports

SECRETS = Secrets("r" * 43, "a" * 43, "v" * 43, "d" * 43)
MACHINE = {
    "PATH": "/usr/bin",
    "LANG": "C.UTF-8",
    "HOME": "/root",
    "AWS_SECRET_ACCESS_KEY": "x",
    "GUICHET_DATABASE_URL": "postgresql+psycopg://me:pw@db/guichet",
    "PYTHONPATH": "/elsewhere",
}


def test_pauses_double_up_to_fifteen_seconds() -> None:
    backoff = Backoff()

    assert [backoff.after_life_of(1) for _ in range(7)] == [0.5, 1, 2, 4, 8, 15, 15]


def test_a_minute_of_life_forgives_the_deaths_before() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.after_life_of(1)

    assert backoff.after_life_of(60) == 0.5


def test_rasa_gets_exactly_its_allow_list() -> None:
    settings = load({"GUICHET_VAR": "/srv/var"})

    assert of_rasa(settings, SECRETS, MACHINE) == {
        "PATH": "/usr/bin",
        "LANG": "C.UTF-8",
        "GUICHET_RASA_SECRET": SECRETS.rasa_secret,
        "GUICHET_ACTIONS_SECRET": SECRETS.actions_secret,
        "GUICHET_ACTIONS_URL": "http://127.0.0.1:5055/webhook",
        "GUICHET_ACTION_SECONDS": "4",
        "GUICHET_RASA_SESSION_MINUTES": "60",
        "GUICHET_ENCODER_FOLDER": "/srv/var/models/encoder",
        "GUICHET_ENCODER_MULTILINGUAL_FOLDER": "/srv/var/models/encoder-multilingual",
        "RASA_TELEMETRY_ENABLED": "false",
        "PYTHONUNBUFFERED": "1",
    }


def test_training_gets_no_secret() -> None:
    values = of_training(load({}), MACHINE).values()

    assert not set(values) & {SECRETS.rasa_secret, SECRETS.actions_secret, "x"}


def test_an_installation_without_encoder_says_so_to_rasa() -> None:
    given = of_rasa(load({"GUICHET_ENCODER": "none"}), SECRETS, MACHINE)

    assert given["GUICHET_ENCODER_FOLDER"] == given["GUICHET_ENCODER_MULTILINGUAL_FOLDER"] == ""


def test_the_desk_gets_the_settings_as_the_supervisor_read_them() -> None:
    settings = load({"GUICHET_PORT": "8301", "GUICHET_VAR": "/srv/var"})

    given = of_the_desk(settings, MACHINE)

    ours = {name: value for name, value in given.items() if name.startswith("GUICHET_")}
    assert load(ours) == settings
    assert set(given) - set(ours) == {"PATH", "LANG", "HOME", "OPENBLAS_NUM_THREADS", "PYTHONUNBUFFERED"}


def test_without_rasa_only_the_desk_is_started() -> None:
    specs = children(load({"GUICHET_ASSISTANT": "none"}), SECRETS, MACHINE)

    assert [spec.name for spec in specs] == ["desk"]


def test_rasa_is_told_to_listen_on_loopback() -> None:
    rasa = children(load({}), SECRETS, MACHINE)[1]

    assert rasa.command[rasa.command.index("--interface") + 1] == "127.0.0.1"


def test_no_secret_is_on_a_command_line() -> None:
    for spec in children(load({}), SECRETS, MACHINE):
        assert not {SECRETS.rasa_secret, SECRETS.actions_secret} & set(spec.command)


@pytest.mark.parametrize(
    ("address", "is_loopback"),
    [
        ("127.0.0.1", True),
        ("127.0.0.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.7", False),
        ("::ffff:10.0.0.7", False),
    ],
)
def test_loopback_is_what_other_machines_cannot_reach(address: str, is_loopback: bool) -> None:
    assert Listener(address, 1).is_loopback is is_loopback


def test_the_public_port_may_be_public_but_not_the_action_listener() -> None:
    check = only_loopback("the action listener", 5055)

    assert check(frozenset({Listener("0.0.0.0", 8080), Listener("127.0.0.1", 5055)})) is None
    assert "the action listener listens on 0.0.0.0:5055" in str(check(frozenset({Listener("0.0.0.0", 5055)})))


def test_a_busy_port_is_named_with_who_holds_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(
            PortBusy, match=rf"Port {port} is taken by .*\(process {os.getpid()}\)"
        ) as refused:
            refuse_busy({"GUICHET_RASA_PORT": ("127.0.0.1", port)})

    assert "choose another port with GUICHET_RASA_PORT" in str(refused.value)


def test_ports_are_looked_at_before_anything_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings = load({"GUICHET_ACTIONS_PORT": str(server.getsockname()[1]), "GUICHET_PORT": "8311"})
        with pytest.raises(PortBusy, match="GUICHET_ACTIONS_PORT"):
            refuse_busy_ports(settings)


def test_the_listeners_of_a_process_are_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert Listener("127.0.0.1", server.getsockname()[1]) in listeners(os.getpid())


def test_one_supervisor_per_var_names_the_other(tmp_path: Path) -> None:
    with only_one(tmp_path):
        assert holder(tmp_path) == os.getpid()
        with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"), only_one(tmp_path):
            pytest.fail("both hold it")

    assert holder(tmp_path) is None
    with only_one(tmp_path):
        pass


def test_a_log_is_rotated_by_size(tmp_path: Path) -> None:
    log = RotatingLog(tmp_path / "desk.log", size=100, files=3)

    for number in range(40):
        log.write(b"%02d %s" % (number, b"x" * 30))
    log.close()

    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["desk.log", "desk.log.1", "desk.log.2"]
    assert all(path.stat().st_size <= 100 for path in tmp_path.iterdir())
    assert b"39" in (tmp_path / "desk.log").read_bytes()


def test_a_log_is_for_its_owner_only(tmp_path: Path) -> None:
    RotatingLog(tmp_path / "desk.log", size=100, files=3).close()

    assert (tmp_path / "desk.log").stat().st_mode & 0o077 == 0


def test_a_warning_is_loud_with_the_lines_that_belong_to_it() -> None:
    loudness = Loudness()
    lines = [
        ("12:00 INFO started", False),
        ("12:01 ERROR it broke", True),
        ("Traceback (most recent call last):", True),
        ("  File x, line 1", True),
        ("ValueError: no", True),
        ("12:02 INFO went on", False),
        ('{"level": "warning", "event": "late"}', True),
        ('{"level": "info", "event": "fine"}', False),
        ("a word without level", False),
    ]

    assert [loudness.is_loud(line) for line, _ in lines] == [loud for _, loud in lines]


async def test_an_endless_line_does_not_fill_the_memory(tmp_path: Path) -> None:
    stream = asyncio.StreamReader()
    log = RotatingLog(tmp_path / "desk.log", size=10**6, files=2)
    pump = Pump("desk", log, say=lambda line: None)
    stream.feed_data(b"x" * 100_000 + b"\nafter\n")
    stream.feed_eof()

    await pump.carry(stream)

    lines = (tmp_path / "desk.log").read_bytes().splitlines()
    assert max(map(len, lines)) <= 8192
    assert lines[-1] == b"after"
    log.close()


@pytest.mark.parametrize(
    ("code", "last", "words"),
    [(-9, "x", "killed by SIGKILL"), (1, "bad port", "exit code 1: bad port"), (0, "bye", "exit code 0")],
)
def test_an_end_is_told_in_words(code: int, last: str, words: str) -> None:
    assert how_it_ended(code, last) == words
