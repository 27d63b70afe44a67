"""Tickets of before have everything that tickets have now, and nothing of theirs is lost."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from storage import schema
from storage.database import Database
from tests.databases import BACKENDS, an_empty_postgres, import_every_model
from ticketing.groups.logic import SHIPPED
from ticketing.groups.models import AssignmentGroup
from ticketing.tickets.handling import move_ticket
from ticketing.tickets.logic import Status
from ticketing.tickets.models import Ticket
from ticketing.tickets.priority import Priority
from ticketing.tickets.verifying import verify_journal

import_every_model()  # a ticket refers to conversations, which this file does not name

AT = "2026-03-02 09:00:00.123456"
BEFORE = (
    "INSERT INTO person (id, language, is_verified, created_at) VALUES (1, 'fr', false, :at)",
    "INSERT INTO conversation (id, public_id, person_id, site_key, channel, language, speaker, last_seq,"
    " last_turn, version, opened_at, changed_at, language_source)"
    " VALUES (1, 'c', 1, 'demo', 'web', 'fr', 'assistant', 2, 1, 1, :at, :at, 'default')",
    "INSERT INTO ticket (id, type, status, tier, requester_id, summary, description, language, channel,"
    " conversation_id, first_seq, last_seq, opened_at)"
    " VALUES (7, 'incident', 'new', 'L1', 1, 'l’imprimante', 'l’imprimante\nbrûle', 'fr', 'web',"
    " 1, 1, 2, :at)",
    "INSERT INTO speaker_change (conversation_id, after_seq, before, after, actor, at)"
    " VALUES (1, 2, 'assistant', 'agent', 'Bea', :at)",
)


@pytest.fixture(params=BACKENDS)
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of the schema before, with a ticket, brought to the present one."""
    sqlite = contextlib.nullcontext(f"sqlite:///{tmp_path / 'guichet.db'}")
    with an_empty_postgres() if request.param == "postgresql" else sqlite as url:
        engine = schema._upgrading_engine(url)
        with engine.begin() as connection:
            config = schema._config()
            config.attributes["connection"] = connection
            command.upgrade(config, "0003")
            for statement in BEFORE:
                connection.execute(text(statement), {"at": AT})
        engine.dispose()
        schema.upgrade(url)
        database = Database(url)
        yield database
        database.close()


def ticket(db: Database) -> Ticket:
    return db.read(lambda session: session.get_one(Ticket, 7))


def test_a_ticket_of_before_is_an_incident_of_one_person_with_the_service_desk(upgraded: Database) -> None:
    kept = ticket(upgraded)

    assert (kept.summary, kept.description, kept.details) == ("l’imprimante", "l’imprimante\nbrûle", None)
    assert (kept.status, kept.priority, kept.assignment_group) == (Status.NEW, Priority.P4, "service-desk")
    assert kept.articles_tried == []
    assert kept.changed_at == kept.opened_at


def test_a_ticket_of_before_has_a_journal_that_goes_on(upgraded: Database) -> None:
    assert upgraded.read(verify_journal, 7) is None

    upgraded.write(
        move_ticket, 7, Status.ASSIGNED, assignee="agent:1", actor="agent:1", now=ticket(upgraded).opened_at
    )

    assert upgraded.read(verify_journal, 7) is None
    assert ticket(upgraded).journal_length == 2


def test_the_migration_ships_the_groups_that_the_code_knows(upgraded: Database) -> None:
    groups = upgraded.read(
        lambda session: {group.key: group.names for group in session.query(AssignmentGroup)}
    )

    assert groups == {key: dict(names) for key, names in SHIPPED.items()}


def test_what_the_log_of_speakers_held_is_still_there(upgraded: Database) -> None:
    rows = upgraded.read(
        lambda session: session.execute(text("SELECT actor, turn_id FROM speaker_change")).all()
    )

    assert [tuple(row) for row in rows] == [("Bea", None)]
