"""The periodic task: everything due is told, one broken ticket silences no other, old ones are closed."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

import pytest

from desk.gateway.sweeper import PromiseSweeper
from storage.database import Database
from tests.databases import database_url, db, postgres_tables, sqlite_template  # noqa: F401
from tests.ticketing.promised import a_desk, a_p3, at, change_row, computed, dates, move, start, told
from tests.ticketing.tickets import ticket_of
from ticketing.sla.models import ServiceLevel
from ticketing.sla.upkeep import renew
from ticketing.tickets.logic import Status
from ticketing.tickets.models import Ticket

FIRST = [("first_response", 1, "warning"), ("first_response", 1, "breach")]


class Clock:
    """Stands still until it is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def a_sweeper(db: Database, hours: float) -> tuple[PromiseSweeper, Clock]:  # noqa: F811
    clock = Clock(at(hours))
    return PromiseSweeper(db, clock, close_after_days=5), clock


async def test_a_sweep_tells_all_that_is_due_also_when_it_is_more_than_a_batch(
    db: Database,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a_desk(db)
    tickets = [a_p3(db) for _ in range(5)]
    monkeypatch.setattr("desk.gateway.sweeper.AT_ONCE", 2)
    sweeper, _ = a_sweeper(db, 3)

    assert await sweeper.sweep() == 10
    assert [told(db, each) for each in tickets] == [FIRST] * 5
    assert await sweeper.sweep() == 0


async def test_other_writers_have_room_between_the_batches_of_a_sweep(
    db: Database,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a_desk(db)
    for _ in range(5):
        a_p3(db)
    monkeypatch.setattr("desk.gateway.sweeper.AT_ONCE", 2)
    breaths = []

    async def breathe(_: Database) -> None:
        breaths.append(1)

    monkeypatch.setattr(Database, "abreathe", breathe)
    await a_sweeper(db, 3)[0].sweep()

    assert len(breaths) >= 3


async def test_two_desks_that_sweep_at_once_tell_everything_once(db: Database) -> None:  # noqa: F811
    a_desk(db)
    tickets = [a_p3(db) for _ in range(4)]
    one, other = a_sweeper(db, 3)[0], a_sweeper(db, 3)[0]

    await asyncio.gather(one.sweep(), other.sweep())
    await one.sweep()

    assert [told(db, each) for each in tickets] == [FIRST] * 4


async def test_a_ticket_that_cannot_be_told_of_is_set_aside_and_the_others_are_told(
    db: Database,  # noqa: F811
    caplog: pytest.LogCaptureFixture,
) -> None:
    a_desk(db)
    broken, sound = a_p3(db), a_p3(db)
    sweeper, clock = a_sweeper(db, 3)
    # Its next entry has a number that is taken: nothing can be written on it.
    change_row(db, broken, lambda ticket: setattr(ticket, "journal_length", 0))

    with caplog.at_level(logging.ERROR):
        await sweeper.sweep()
        await sweeper.sweep()

    assert (told(db, broken), told(db, sound)) == ([], FIRST)
    assert [record.ticket_id for record in caplog.records] == [broken]  # type: ignore[attr-defined]

    change_row(db, broken, lambda ticket: setattr(ticket, "journal_length", 1))
    clock.now += timedelta(minutes=11)
    await sweeper.sweep()
    assert told(db, broken) == FIRST


async def test_an_edit_is_followed_by_the_next_sweep(db: Database) -> None:  # noqa: F811
    a_desk(db)
    ticket_id = a_p3(db)

    def shorten(session: object) -> None:
        level = session.get_one(ServiceLevel, "p3")  # type: ignore[attr-defined]
        level.targets = {"first_response": 30}
        renew(session)  # type: ignore[arg-type]

    db.write(shorten)
    sweeper, _ = a_sweeper(db, 0.1)
    await sweeper.sweep()

    assert dates(db, ticket_id)[0] == at(0.5)
    assert dates(db, ticket_id) == computed(db, ticket_id)


async def test_a_damaged_ticket_is_left_open_and_the_others_are_closed_however_many(
    db: Database,  # noqa: F811
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a_desk(db)
    tickets = [a_p3(db) for _ in range(5)]
    for each in tickets:
        start(db, each, at(1))
        move(db, each, Status.RESOLVED, at(2))
    change_row(db, tickets[0], lambda ticket: setattr(ticket, "journal_length", 0))
    monkeypatch.setattr("desk.gateway.sweeper.AT_ONCE", 2)
    sweeper, _ = a_sweeper(db, 24 * 7 + 3)

    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            await sweeper.sweep()

    states = [ticket_of(db, each).status for each in tickets]
    assert states == [Status.RESOLVED] + [Status.CLOSED] * 4
    assert [record.ticket_id for record in caplog.records] == [tickets[0]]  # type: ignore[attr-defined]


async def test_a_resolved_ticket_is_closed_after_five_working_days_without_an_answer(
    db: Database,  # noqa: F811
) -> None:
    a_desk(db)
    ticket_id = a_p3(db)
    start(db, ticket_id, at(1))
    move(db, ticket_id, Status.RESOLVED, at(2))
    sweeper, clock = a_sweeper(db, 24 * 7 + 1.95)

    await sweeper.sweep()
    assert ticket_of(db, ticket_id).status is Status.RESOLVED

    # Monday at eleven, a week later: the weekend does not count.
    clock.now = at(24 * 7 + 2.02)
    await sweeper.sweep()
    assert ticket_of(db, ticket_id).status is Status.RESOLVED  # looked for every five minutes only
    clock.now += timedelta(minutes=5)
    await sweeper.sweep()
    assert ticket_of(db, ticket_id).status is Status.CLOSED


async def test_an_idle_sweep_changes_nothing(db: Database) -> None:  # noqa: F811
    a_desk(db)
    ticket_id = a_p3(db)

    def row() -> dict[str, object]:
        ticket = ticket_of(db, ticket_id)
        return {column.key: getattr(ticket, column.key) for column in Ticket.__table__.columns}

    before = row()

    assert await a_sweeper(db, 0.5)[0].sweep() == 0

    assert row() == before
