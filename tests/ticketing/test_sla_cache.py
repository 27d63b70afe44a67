"""The dates on a ticket: always what its journal, the calendar and the levels give."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from storage.database import Database
from storage.schema import upgrade
from tests.databases import NOW
from tests.ticketing.promised import (
    a_desk,
    a_p2,
    a_p3,
    answer,
    ask,
    at,
    change_row,
    classify,
    computed,
    dates,
    move,
    start,
    sweep,
)
from tests.ticketing.tickets import a_ticket, ticket_of
from ticketing.calendars.models import Calendar
from ticketing.calendars.queries import all_calendars
from ticketing.escalations.models import EscalationRule
from ticketing.routing.category_administration import add_category
from ticketing.sla.administration import LevelChanges, add_level
from ticketing.sla.logic import Agreement
from ticketing.sla.models import Clockwork, ServiceLevel
from ticketing.sla.shipped import ship_promises
from ticketing.sla.upkeep import recompute_some, renew
from ticketing.tickets.handling import add_work_note
from ticketing.tickets.intake import Intake
from ticketing.tickets.logic import MOVES, HoldReason, Status
from ticketing.tickets.models import Ticket
from ticketing.tickets.priority import Impact, Urgency

Step = Callable[[Database, int, datetime], None]


def _next_move(db: Database, ticket_id: int, now: datetime) -> None:
    """Some move that the table has, another one each time."""
    possible = sorted(MOVES[ticket_of(db, ticket_id).status] - {Status.CANCELLED}, key=lambda to: to.value)
    if possible:
        to = possible[now.minute % len(possible)]
        reasons = list(HoldReason)
        move(db, ticket_id, to, now, reasons[now.hour % 3] if to is Status.ON_HOLD else None)


def _note(db: Database, ticket_id: int, now: datetime) -> None:
    db.write(add_work_note, ticket_id, "Looked into it.", actor="agent:1", now=now)


def _classify(db: Database, ticket_id: int, now: datetime) -> None:
    impacts, urgencies = list(Impact), list(Urgency)
    classify(db, ticket_id, now, impacts[now.minute % 3], urgencies[now.hour % 3])


def _sweep(db: Database, _: int, now: datetime) -> None:
    sweep(db, now)


STEPS: dict[str, Step] = {
    "move": _next_move,
    "answer": answer,
    "ask": ask,
    "note": _note,
    "classify": _classify,
    "sweep": _sweep,
}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from([*STEPS, "move", "move"]), st.integers(1, 900)), min_size=3, max_size=12
    )
)
def test_whatever_happens_the_dates_on_file_are_those_computed_anew(
    db: Database, steps: list[tuple[str, int]]
) -> None:
    a_desk_once(db)
    ticket_id, now = a_p3(db), NOW

    for name, minutes in steps:
        now += timedelta(minutes=minutes)
        STEPS[name](db, ticket_id, now)

        assert dates(db, ticket_id) == computed(db, ticket_id), name


def a_desk_once(db: Database) -> None:
    if db.read(lambda session: session.get(Clockwork, 1)) is None:
        a_desk(db)


def test_a_new_ticket_is_due_when_its_first_answer_is(db: Database) -> None:
    a_desk(db)

    # Monday 9:00, an answer within two hours; the warning after three quarters of them.
    assert dates(db, a_p3(db)) == (at(2), at(1.5))


def test_answered_it_is_due_when_it_is_to_be_resolved_and_on_hold_it_is_not_due(db: Database) -> None:
    a_desk(db)
    ticket_id = a_p3(db)
    start(db, ticket_id, at(0.5))
    answer(db, ticket_id, at(0.5))

    answered = dates(db, ticket_id)
    move(db, ticket_id, Status.ON_HOLD, at(1), HoldReason.SUPPLIER)

    # Two days of 8.5 hours: Wednesday at nine, as Monday began half an hour before.
    assert answered[0] == at(48)
    assert dates(db, ticket_id) == (None, None)


@pytest.mark.parametrize(
    "forgotten", [{"country": "ZZ"}, {"country": "FR", "subdivision": "ZZ"}, {"time_zone": "Nowhere/Else"}]
)
def test_a_calendar_that_a_newer_package_does_not_know_any_more_lets_tickets_be_opened(
    db: Database, forgotten: dict[str, str]
) -> None:
    a_desk(db)

    def forget(session: Session) -> None:
        for row in session.scalars(select(Calendar)):
            for name, value in forgotten.items():
                setattr(row, name, value)
        renew(session)

    db.write(forget)

    # It counts on, without holidays, or in UTC as this one does anyway.
    assert dates(db, a_p3(db)) == (at(2), at(1.5))
    assert all(each.unknown() for each in db.read(all_calendars))


def test_a_resolved_ticket_is_due_no_more(db: Database) -> None:
    a_desk(db)
    ticket_id = a_p3(db)
    start(db, ticket_id, at(0.5))

    move(db, ticket_id, Status.RESOLVED, at(1))

    assert dates(db, ticket_id) == (None, None)


def test_nothing_is_due_where_nothing_is_promised(db: Database) -> None:
    assert dates(db, a_ticket(db)) == (None, None)


def test_an_edit_reaches_every_open_ticket_some_at_a_time(db: Database) -> None:
    a_desk(db)
    tickets = [a_p3(db) for _ in range(5)]
    before = dates(db, tickets[0])

    def halve(session: object) -> None:
        level = session.get_one(ServiceLevel, "p3")  # type: ignore[attr-defined]
        level.targets = {**level.targets, "first_response": 60}
        renew(session)  # type: ignore[arg-type]

    db.write(halve)
    batches = 1
    while db.write(recompute_some, limit=2):
        batches += 1

    assert before[0] == at(2)
    assert {dates(db, each) for each in tickets} == {(at(1), at(0.75))}
    assert batches == 3
    assert db.write(recompute_some, limit=2) is False


@pytest.mark.parametrize("limit", [2, 9])
@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE journal_entry SET after = '{}' WHERE ticket_id = :id AND number = 1",
        "UPDATE ticket SET tier = 'L9' WHERE id = :id",
    ],
)
def test_an_edit_reaches_the_others_where_one_ticket_is_damaged(
    db: Database, damage: str, limit: int
) -> None:
    a_desk(db)
    tickets = [a_p3(db) for _ in range(5)]
    db.write(lambda session: session.execute(text(damage), {"id": tickets[1]}))

    def halve(session: Session) -> None:
        level = session.get_one(ServiceLevel, "p3")
        level.targets = {**level.targets, "first_response": 60}
        renew(session)

    db.write(halve)
    broken: list[int] = []

    while db.write(recompute_some, limit=limit, broken=broken.append):
        pass

    assert broken == [tickets[1]]
    assert {dates(db, each) for each in tickets if each != tickets[1]} == {(at(1), at(0.75))}


def test_what_holds_for_a_category_holds_for_one_that_is_put_below_it_later(db: Database) -> None:
    a_desk(db)
    changes: LevelChanges = {
        "conditions": {"categories": ["access"]},
        "targets": {"first_response": 30},
        "position": 0,
    }
    db.write(add_level, "odd-things", Agreement.SLA, changes)
    db.write(add_category, "odder-things", {"parent": "access", "names": {"en": "Odder things"}})

    intake = Intake(category="odder-things", impact=Impact.MEDIUM, urgency=Urgency.MEDIUM)

    assert dates(db, a_ticket(db, intake=intake))[0] == at(0.5)


def test_a_ticket_written_after_an_edit_follows_it_at_once(db: Database) -> None:
    a_desk(db)
    a_p3(db)

    def close(session: object) -> None:
        calendar = session.get_one(Calendar, "office")  # type: ignore[attr-defined]
        calendar.closed_days = ["2026-03-02"]
        renew(session)  # type: ignore[arg-type]

    db.write(close)

    # Tuesday at 10:30.
    assert dates(db, a_p3(db))[0] == at(25.5)


def test_an_entry_costs_the_same_few_questions_however_long_the_ticket_has_waited(db: Database) -> None:
    a_desk(db)
    ticket_id = a_p3(db)
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *each: asked.append(each[2]))

    def cost(now: datetime) -> int:
        asked.clear()
        answer(db, ticket_id, now)
        return len(asked)

    cost(at(0.9))
    first, years_later = cost(at(1)), cost(at(24 * 700))

    assert first == years_later
    assert sum("FROM clockwork" in each for each in asked) == 1
    assert not [each for each in asked if "FROM calendar" in each or "FROM service_level" in each]


@pytest.mark.parametrize("model", [Calendar, ServiceLevel, EscalationRule])
def test_an_upgrade_ships_what_a_new_desk_is_given(database_url: str, tmp_path: object, model: type) -> None:
    upgraded = f"sqlite:///{tmp_path}/upgraded.db"
    upgrade(upgraded)

    def rows(url: str, *, ships: bool) -> list[dict[str, object]]:
        database = Database(url, threads=1)
        if ships:
            database.write(ship_promises)
        columns = [column.name for column in model.__table__.columns]  # type: ignore[attr-defined]
        found: list[object] = database.read(
            lambda session: list(session.scalars(select(model).order_by(model.key)))  # type: ignore[attr-defined]
        )
        database.close()
        return [{name: getattr(row, name) for name in columns} for row in found]

    assert rows(upgraded, ships=False) == rows(database_url, ships=True)


def test_an_upgraded_desk_computes_the_dates_of_what_is_open(db: Database) -> None:
    ticket_id = a_p2(db)
    assert dates(db, ticket_id) == (None, None)

    a_desk(db)

    assert dates(db, ticket_id) == computed(db, ticket_id)
    assert dates(db, ticket_id)[0] == at(0.5)


def test_dates_that_somebody_else_has_written_are_put_right_by_the_next_entry(db: Database) -> None:
    a_desk(db)
    ticket_id = a_p3(db)

    def spoil(ticket: Ticket) -> None:
        ticket.next_due_at = at(999)

    change_row(db, ticket_id, spoil)
    answer(db, ticket_id, at(1))

    assert dates(db, ticket_id) == computed(db, ticket_id)
