"""`guichet doctor` on time: a clock that was put back, a server apart, an office that nobody has placed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from desk.cli import clock
from desk.cli.checks import time
from desk.cli.checks.findings import State
from desk.settings.reading import load
from storage.database import Database
from tests.databases import NOW, database_url, db, postgres_tables, sqlite_template  # noqa: F401
from tests.desk.commands import Guichet
from tests.desk.promised import desk, guichet, var
from tests.ticketing.tickets import a_ticket
from ticketing.calendars.models import Calendar

__all__ = ["desk", "guichet", "var"]


@pytest.mark.parametrize(
    ("behind", "state"), [(timedelta(seconds=30), State.OK), (timedelta(minutes=5), State.FAIL)]
)
def test_a_clock_behind_what_is_on_file_was_put_back(desk: Database, behind: timedelta, state: State) -> None:
    a_ticket(desk)

    with clock.reading(lambda: NOW - behind):
        [found] = time.clock(load())

    assert found.state is state
    assert ("set the clock" in found.do) == (state is State.FAIL)


@pytest.mark.parametrize(("apart", "state"), [(0, State.OK), (90, State.WARN), (-90, State.WARN)])
def test_a_database_s_server_that_is_apart_is_said(
    desk: Database, monkeypatch: pytest.MonkeyPatch, apart: int, state: State
) -> None:
    monkeypatch.setattr(time, "_server_time", lambda _: NOW + timedelta(seconds=apart))

    with clock.reading(lambda: NOW):
        [found] = time.clock(load())

    assert found.state is state
    assert ("90 s apart" in found.what) == (state is State.WARN)


def test_the_time_of_the_database_s_server_is_a_moment_in_utc(db: Database) -> None:  # noqa: F811
    found = db.read(time._server_time)

    if db.engine.dialect.name == "sqlite":
        assert found is None
    else:
        assert found is not None
        assert abs(found - datetime.now(UTC)) < timedelta(minutes=1)


def test_an_office_as_it_was_shipped_is_to_be_placed(desk: Database, guichet: Guichet) -> None:
    def said() -> dict[str, str]:
        checks = json.loads(guichet("doctor", "--json")[1])["checks"]
        return next(each for each in checks if each["check"] == "calendars")

    assert said()["state"] == "warn"
    assert "guichet calendar change office" in said()["do"]
    assert guichet("calendar", "change", "office", "--time-zone", "Europe/Paris", "--country", "FR")[0] == 0
    assert (said()["state"], said()["what"]) == ("ok", "`office`: Europe/Paris, holidays of FR")


def test_a_calendar_that_is_not_known_any_more_is_named_with_what_to_do(
    desk: Database, guichet: Guichet
) -> None:
    desk.write(lambda session: setattr(session.get_one(Calendar, "office"), "country", "ZZ"))

    code, told, _ = guichet("doctor", "--json")

    [found] = [each for each in json.loads(told)["checks"] if each["check"] == "calendars"]
    assert found["state"] == "fail"
    assert found["what"].startswith("`office`: 'ZZ' is no country whose holidays are known")
    assert "guichet calendar change office" in found["do"]
    assert code == 1
