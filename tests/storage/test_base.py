"""Column types: times are aware and UTC, enums are stored by value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from storage.database import Database
from tests.databases import NOW
from tests.storage.notes import Kind, Note, count_notes, write_note


def test_a_naive_time_is_refused_and_nothing_is_saved(notes: Database) -> None:
    with pytest.raises(StatementError, match="naive datetime"):
        notes.write(write_note, "x", at=datetime(2026, 3, 2, 9, 0))  # noqa: DTZ001 - the point of it

    assert notes.read(count_notes) == 0


@pytest.mark.parametrize("offset", [-11.5, 0, 1, 5.75, 14])
def test_a_time_comes_back_aware_in_utc_and_the_same_instant(notes: Database, offset: float) -> None:
    at = NOW.astimezone(timezone(timedelta(hours=offset))) + timedelta(microseconds=123_456)

    notes.write(write_note, "x", at=at)

    [back] = notes.read(lambda session: session.scalars(select(Note.at)).all())
    assert back == at
    assert back is not None
    assert back.tzinfo is UTC or back.utcoffset() == timedelta(0)


def test_a_time_may_be_absent(notes: Database) -> None:
    notes.write(write_note, "x")

    assert notes.read(lambda session: session.scalars(select(Note.at)).all()) == [None]


def test_times_compare_in_the_database_whatever_their_offset(notes: Database) -> None:
    notes.write(write_note, "x", at=NOW.astimezone(timezone(timedelta(hours=9))))
    paris = (NOW + timedelta(seconds=1)).astimezone(timezone(timedelta(hours=1)))

    assert notes.read(lambda session: session.scalars(select(Note.text).where(Note.at < paris)).all()) == [
        "x"
    ]


def test_an_enum_is_stored_by_its_value(notes: Database) -> None:
    notes.write(write_note, "x")

    stored = notes.read(lambda session: session.scalar(text("SELECT kind FROM note")))

    assert stored == Kind.PLAIN.value
