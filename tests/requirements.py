"""What some tests need and not every machine has: servers, the Rasa environment, trained artefacts.

A test or a whole module says so with a marker:

    pytestmark = pytest.mark.requires("postgres")

    @pytest.mark.requires("rasa")
    def test_...

a fixture, or code inside a test, with `require("postgres")`. What is missing skips the test, with the reason.
`GUICHET_REQUIRE=postgres,redis` (or `all`) turns those skips into failures: continuous integration sets it,
so that nothing is left out unseen.

Names: postgres (a server on 127.0.0.1:5432 that lets `postgres` or `root` in and make databases), redis (on
127.0.0.1:6379), encoder and rasa (what `make test` prepares in build/test: both encoders, and the Rasa
environment with a trained model), chromium.

Fixtures: `redis_url` (a database that is emptied before and after; mark such tests `alone`),
`encoder_folder`, `multilingual_encoder_folder`, `rasa_model`. Databases are made by tests/databases.py.

A test marked `alone` runs by itself after the others, not beside them in the parallel run.

Shared by both environments: Python 3.10, third-party imports inside functions.
"""

import functools
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ARTEFACTS = ROOT / "build" / "test"
ENCODER = ARTEFACTS / "models" / "encoder"
MULTILINGUAL_ENCODER = ARTEFACTS / "models" / "encoder-multilingual"
RASA_MODEL = ARTEFACTS / "models" / "rasa" / "model.tar.gz"
RASA_PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
PREPARE = "`make test` prepares it"


def require(name: str) -> None:
    """Skip the running test when this is missing, or fail it when it was required."""
    why = missing(name)
    if why is None:
        return
    if name in required():
        pytest.fail(f"GUICHET_REQUIRE names {name}, but {why}", pytrace=False)
    pytest.skip(f"needs {name}: {why}")


@functools.cache
def missing(name: str) -> str | None:
    """Why this cannot be used here, or None when it can."""
    return CHECKS[name]()


@functools.cache
def required() -> frozenset[str]:
    names = frozenset(filter(None, os.environ.get("GUICHET_REQUIRE", "").replace(" ", "").split(",")))
    return frozenset(CHECKS) if "all" in names else names


def postgres_server() -> str | None:
    """The URL of a server that lets us make databases (no database named), or None."""
    import psycopg

    for user in ("postgres", "root"):
        try:
            psycopg.connect(
                host="127.0.0.1", port=5432, user=user, dbname="postgres", connect_timeout=3
            ).close()
        except psycopg.OperationalError:
            continue
        return f"postgresql+psycopg://{user}@127.0.0.1:5432"
    return None


def _postgres() -> str | None:
    try:
        return None if postgres_server() else "no PostgreSQL on 127.0.0.1:5432 lets `postgres` or `root` in"
    except ImportError:
        return "its driver psycopg is not in this environment"


def _redis() -> str | None:
    with socket.socket() as client:
        client.settimeout(3)
        try:
            client.connect(("127.0.0.1", 6379))
            client.sendall(b"PING\r\n")
            if client.recv(16).startswith(b"+PONG"):
                return None
        except OSError:
            pass
    return "no Redis answers on 127.0.0.1:6379"


def _encoder() -> str | None:
    for folder in (ENCODER, MULTILINGUAL_ENCODER):
        if not (folder / "manifest.json").is_file():
            return f"{folder} is not there; {PREPARE}"
    return None


def _rasa() -> str | None:
    for path in (RASA_PYTHON, RASA_MODEL):
        if not path.is_file():
            return f"{path} is not there; {PREPARE}"
    return None


def _chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return None if any(map(shutil.which, names)) else "no Chromium is on the PATH"


CHECKS = {"postgres": _postgres, "redis": _redis, "encoder": _encoder, "rasa": _rasa, "chromium": _chromium}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "requires(*names): what the test needs; see tests/requirements.py")
    config.addinivalue_line("markers", "alone: runs by itself, not beside other tests")
    if unknown := sorted(required() - set(CHECKS)):
        raise pytest.UsageError(f"GUICHET_REQUIRE: {unknown[0]} is not one of {', '.join(CHECKS)}, all")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("requires"):
        for name in marker.args:
            require(name)


@pytest.fixture
def redis_url() -> Iterator[str]:
    """The URL of an empty Redis database; the last one, which nobody uses by accident."""
    require("redis")
    import redis

    url = "redis://127.0.0.1:6379/15"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        yield url
        client.flushdb()


@pytest.fixture(scope="session")
def encoder_folder() -> Path:
    """The encoder's ONNX export."""
    require("encoder")
    return ENCODER


@pytest.fixture(scope="session")
def multilingual_encoder_folder() -> Path:
    """The second encoder's ONNX model."""
    require("encoder")
    return MULTILINGUAL_ENCODER


@pytest.fixture(scope="session")
def rasa_model() -> Path:
    """The product's own trained model; its environment is there too."""
    require("rasa")
    return RASA_MODEL
