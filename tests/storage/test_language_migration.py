"""Conversations and turns of before the language's source, first contact and gathering go on as they were."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from storage import schema
from storage.database import Database
from tests.databases import BACKENDS, NOW, an_empty_postgres, import_every_model, later
from ticketing.conversations.operations import Hearing, Inbound, receive_message
from ticketing.languages.logic import Sighting
from ticketing.turns.queue import claim_turns, next_ready_at

BEFORE = (
    "INSERT INTO person (id, language, is_verified, created_at) VALUES (1, 'en', false, :at)",
    "INSERT INTO conversation (id, public_id, person_id, site_key, channel, language, speaker, last_seq,"
    " last_turn, version, opened_at, changed_at)"
    " VALUES (1, 'c', 1, 'demo', 'web', 'en', 'assistant', 1, 1, 1, :at, :at)",
    "INSERT INTO turn (id, conversation_id, number, state, attempts, received_at)"
    " VALUES ('t', 1, 1, 'pending', 0, :at)",
    "INSERT INTO message (conversation_id, seq, author, text, extras, channel, turn_id, at)"
    " VALUES (1, 1, 'person', 'hello', '{}', 'web', 't', :at)",
)


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_waited_before_the_upgrade_is_answered_after_it(backend: str, tmp_path: Path) -> None:
    sqlite = contextlib.nullcontext(f"sqlite:///{tmp_path / 'guichet.db'}")
    with an_empty_postgres() if backend == "postgresql" else sqlite as url:
        engine = schema._upgrading_engine(url)
        with engine.begin() as connection:
            config = schema._config()
            config.attributes["connection"] = connection
            command.upgrade(config, "0002")
            for statement in BEFORE:
                connection.execute(text(statement), {"at": "2026-03-02 09:00:00.000000"})
        engine.dispose()
        schema.upgrade(url)
        import_every_model()
        database = Database(url)
        try:
            hearing = Hearing(Sighting("fr", is_sentence=False))
            database.write(
                receive_message, "c", Inbound("x", "bonjour"), person_id=1, now=later(1), hearing=hearing
            )
            assert database.read(next_ready_at, NOW) is None
            [turn] = database.write(claim_turns, owner="desk-1", limit=8, now=later(1))
        finally:
            database.close()

    assert (turn.text, turn.language) == ("hello\nbonjour", "fr")
