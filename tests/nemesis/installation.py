"""A desk of its own for one run: folder, database, secrets, articles, ports, and the two processes' specs."""

from __future__ import annotations

import contextlib
import os
import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from psycopg import sql

from desk import secrets as installation_secrets
from desk.preparation import steps
from desk.secrets import Secrets
from desk.settings.reading import load
from desk.settings.values import Settings
from desk.supervision.child import ChildSpec
from desk.supervisor import children
from tests.nemesis.mutant import IN_THE_CODE, IN_THE_DATABASE
from tests.requirements import postgres_server

BACKENDS = ("sqlite", "postgresql")

# Everything but what needs a training: that is brought along.
STEPS = (
    ("secrets", steps.make_secrets),
    ("database", steps.migrate_database),
    ("articles", steps.import_articles),
    ("responses", steps.write_responses),
    ("demo", steps.seed_demo),
)

# Scripted people type faster than the limits let anybody: those have tests of their own.
NO_LIMITS = {
    "GUICHET_MESSAGES_PER_MINUTE": "100000",
    "GUICHET_MESSAGE_BURST": "1000",
    "GUICHET_CALLS_PER_MINUTE": "100000",
    "GUICHET_CALL_BURST": "1000",
    "GUICHET_SESSIONS_PER_MINUTE": "1000",
    "GUICHET_HANDSHAKES_PER_MINUTE": "100000",
    "GUICHET_SOCKETS_PER_VISITOR": "30",
    "GUICHET_SOCKETS_PER_ADDRESS": "1000",
}


@dataclass(frozen=True)
class Ports:
    """Those of the product, of the two proxies that stand between, and of the wire to browsers."""

    web: int
    actions: int
    rasa: int
    rasa_proxy: int
    actions_proxy: int
    demo: int
    wire: int


@dataclass(frozen=True)
class Installation:
    """One desk, ready to be started; its two processes reach each other through the proxies only."""

    desk: Settings
    rasa: Settings
    secrets: Secrets
    ports: Ports
    mutation: str | None = None

    @property
    def url(self) -> str:
        return self.desk.local_url

    def desk_process(self) -> ChildSpec:
        spec = children(self.desk, self.secrets, os.environ)[0]
        if self.mutation not in IN_THE_CODE:
            return spec
        mutant = (spec.command[0], "-m", "tests.nemesis.mutant", str(self.mutation))
        return replace(spec, command=mutant)

    def rasa_process(self) -> ChildSpec:
        return children(self.rasa, self.secrets, os.environ)[1]


def install(
    folder: Path, artefacts: Path, database_url: str, ports: Ports, *, mutation: str | None = None
) -> Installation:
    """Prepare everything in `folder`, with the trained models of `artefacts` (a `var` folder)."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "models").symlink_to(artefacts.absolute() / "models")
    common = NO_LIMITS | {"GUICHET_VAR": str(folder), "GUICHET_DATABASE_URL": database_url}
    common |= {"GUICHET_PORT": str(ports.web), "GUICHET_DEMO_PORT": str(ports.demo)}
    # Browsers know the desk by the wire's address, other clients by its own.
    common["GUICHET_PUBLIC_URL"] = f"http://127.0.0.1:{ports.wire}"
    desk = load(
        common | {"GUICHET_RASA_PORT": str(ports.rasa_proxy), "GUICHET_ACTIONS_PORT": str(ports.actions)}
    )
    rasa = load(
        common | {"GUICHET_RASA_PORT": str(ports.rasa), "GUICHET_ACTIONS_PORT": str(ports.actions_proxy)}
    )
    steps.prepare(STEPS, steps.Context(desk, os.environ, lambda line: None))
    if mutation in IN_THE_DATABASE:
        IN_THE_DATABASE[mutation](desk.database_url)
    return Installation(desk, rasa, installation_secrets.read(desk.secrets_folder), ports, mutation)


@contextlib.contextmanager
def a_database(backend: str, folder: Path) -> Iterator[str]:
    """The URL of a database of this run's own; a PostgreSQL one is dropped at the end."""
    if backend == "sqlite":
        yield f"sqlite:///{folder}/guichet.db"
        return
    server = postgres_server()
    if server is None:
        raise RuntimeError("no PostgreSQL on 127.0.0.1:5432 lets `postgres` or `root` in")
    name = sql.Identifier(database := f"guichet_nemesis_{uuid.uuid4().hex[:8]}")
    administrator = f"{server}/postgres".replace("+psycopg", "")
    with psycopg.connect(administrator, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    try:
        yield f"{server}/{database}"
    finally:
        with psycopg.connect(administrator, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def free_ports(first: int | None = None) -> Ports:
    """Seven ports in a row from `first`, or any that are free."""
    if first is not None:
        return Ports(*range(first, first + 7))
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(socket.socket()) for _ in range(7)]
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        return Ports(*(listener.getsockname()[1] for listener in listeners))
