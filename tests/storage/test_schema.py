"""Migrations: what they make is what the models say, forward only."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import String, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from storage import schema
from storage.base import Base
from storage.schema import SchemaStatus, SchemaTooNew, status, upgrade
from tests.databases import BACKENDS, an_empty_postgres, import_every_model
from tests.requirements import ROOT

BROKEN = """
revision = "zzzz_broken"
down_revision = "{head}"
branch_labels = depends_on = None

def upgrade():
    from alembic import op
    op.execute("CREATE TABLE half_done (id INTEGER)")
    op.execute("CREATE TABLE half_done (id INTEGER)")
"""

MOVING_WORDS = """
revision = "zzzz_broken"
down_revision = "{head}"
branch_labels = depends_on = None

def upgrade():
    from alembic import op
    from sqlalchemy import text
    op.get_bind().execute(text("INSERT INTO nowhere VALUES (:words)"), {{"words": "marker-words"}})
"""


@pytest.fixture(params=BACKENDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table, on each back end in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'var' / 'guichet.db'}"
        return
    with an_empty_postgres() as url:
        yield url


def tables_of(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def differences(url: str) -> list[Any]:
    import_every_model()
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            return list(compare_metadata(context, Base.metadata))
    finally:
        engine.dispose()


def execute(url: str, statement: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_an_upgrade_from_nothing_makes_what_the_models_say(empty_url: str) -> None:
    upgrade(empty_url)

    assert differences(empty_url) == []


def test_an_upgrade_from_nothing_makes_the_same_partial_indices_and_keys(empty_url: str) -> None:
    upgrade(empty_url)

    engine = create_engine(empty_url)
    keys = {index["name"]: index for index in inspect(engine).get_indexes("turn")}
    unique = {key["name"] for key in inspect(engine).get_unique_constraints("message")}
    effect = {key["name"] for key in inspect(engine).get_unique_constraints("effect")}
    engine.dispose()
    assert keys["uq_turn_running"]["unique"]
    dialect_options = keys["uq_turn_running"]["dialect_options"]
    assert any("running" in str(where) for where in dialect_options.values())
    assert "uq_message_channel_external_id" in unique
    assert "uq_effect_key" in effect


def test_a_second_upgrade_changes_nothing(empty_url: str) -> None:
    first = upgrade(empty_url)

    assert upgrade(empty_url) == first
    assert first.is_current
    assert status(empty_url) == first


def test_a_database_without_tables_has_no_schema_yet(empty_url: str) -> None:
    assert status(empty_url).current is None
    assert not status(empty_url).is_current


def test_asking_for_the_status_does_not_make_the_file(tmp_path: Path) -> None:
    path = tmp_path / "absent" / "guichet.db"

    assert status(f"sqlite:///{path}").current is None
    assert not path.parent.exists()


def test_a_newer_schema_is_refused_and_left_alone(empty_url: str) -> None:
    upgrade(empty_url)
    execute(empty_url, "UPDATE alembic_version SET version_num = '9999_from_the_future'")

    with pytest.raises(SchemaTooNew, match="9999_from_the_future"):
        upgrade(empty_url)

    assert status(empty_url) == SchemaStatus("9999_from_the_future", status(empty_url).head)
    assert not status(empty_url).is_current


def test_a_migration_that_fails_leaves_nothing_behind(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = upgrade(empty_url)
    folder = tmp_path / "migrations"
    shutil.copytree(schema._MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "zzzz_broken.py").write_text(BROKEN.format(head=before.head))
    monkeypatch.setattr(schema, "_MIGRATIONS", folder)

    with pytest.raises(Exception, match="half_done"):
        upgrade(empty_url)

    assert "half_done" not in tables_of(empty_url)
    assert status(empty_url).current == before.head


def test_a_migration_that_fails_does_not_say_what_it_was_moving(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = upgrade(empty_url).head
    folder = tmp_path / "migrations"
    shutil.copytree(schema._MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "zzzz_broken.py").write_text(MOVING_WORDS.format(head=head))
    monkeypatch.setattr(schema, "_MIGRATIONS", folder)

    with pytest.raises(DBAPIError) as failed:
        upgrade(empty_url)

    assert "nowhere" in str(failed.value)
    assert "marker-words" not in str(failed.value)


def test_keys_of_the_outbox_are_ordered_byte_by_byte(empty_url: str) -> None:
    upgrade(empty_url)

    engine = create_engine(empty_url)
    [key] = [each for each in inspect(engine).get_columns("outbox_item") if each["name"] == "key"]
    engine.dispose()
    assert isinstance(key["type"], String)
    # SQLite has no other order unless one is named.
    assert key["type"].collation == ("C" if empty_url.startswith("postgresql") else None)


def test_two_upgrades_at_once_are_as_good_as_one(empty_url: str) -> None:
    command = [
        sys.executable,
        "-c",
        "import storage.schema, sys; storage.schema.upgrade(sys.argv[1])",
        empty_url,
    ]

    both = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]

    assert [(process.communicate(timeout=60)[1], process.returncode) for process in both] == [
        ("", 0),
        ("", 0),
    ]
    assert status(empty_url).is_current
