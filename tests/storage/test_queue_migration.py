"""Who waited before there were places keeps the one that the log of speakers tells."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, text

from storage import schema
from storage.database import Database
from tests.databases import BACKENDS, an_empty_postgres
from ticketing.conversations.queries import queue_position

PERSON = "INSERT INTO person (id, language, is_verified, created_at) VALUES (1, 'en', false, :at)"
CONVERSATION = (
    "INSERT INTO conversation (id, public_id, person_id, site_key, channel, language, speaker, last_seq,"
    " last_turn, version, opened_at, changed_at, language_source)"
    " VALUES (:id, :public, 1, 'demo', 'web', 'en', :speaker, 0, 0, 1, :at, :at, 'default')"
)
HANDOFF = (
    "INSERT INTO speaker_change (conversation_id, after_seq, before, after, actor, at)"
    " VALUES (:id, 0, 'assistant', 'waiting', 'person', :at)"
)


def _at(minute: int) -> str:
    return f"2026-03-02 09:{minute:02d}:00.000000"


# The first asked twice; the third has no log of it; the fourth does not wait any more.
CONVERSATIONS = ((1, "waiting", 30), (2, "waiting", 40), (3, "waiting", 15), (4, "agent", 5))
HANDOFFS = ((1, 2), (1, 20), (2, 10), (4, 1))


def _fill(connection: Connection) -> None:
    connection.execute(text(PERSON), {"at": _at(0)})
    for number, speaker, minute in CONVERSATIONS:
        values = {"id": number, "public": f"c{number}", "speaker": speaker, "at": _at(minute)}
        connection.execute(text(CONVERSATION), values)
    for number, minute in HANDOFFS:
        connection.execute(text(HANDOFF), {"id": number, "at": _at(minute)})


@pytest.fixture(params=BACKENDS)
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of the schema before, with people who wait, brought to the present one."""
    sqlite = contextlib.nullcontext(f"sqlite:///{tmp_path / 'guichet.db'}")
    with an_empty_postgres() if request.param == "postgresql" else sqlite as url:
        engine = schema._upgrading_engine(url)
        with engine.begin() as connection:
            config = schema._config()
            config.attributes["connection"] = connection
            command.upgrade(config, "0005")
            _fill(connection)
        engine.dispose()
        schema.upgrade(url)
        database = Database(url)
        yield database
        database.close()


def test_who_waits_already_has_the_place_of_when_it_began(upgraded: Database) -> None:
    assert [upgraded.read(queue_position, number) for number in (1, 2, 3, 4)] == [3, 1, 2, None]
