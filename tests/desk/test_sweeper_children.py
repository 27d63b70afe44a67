"""The periodic task finishes what a command has left half done; one broken ticket holds up no other."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import update

from desk.gateway.sweeper import PromiseSweeper
from storage.database import Database
from tests.databases import database_url, db, later, postgres_tables, sqlite_template  # noqa: F401
from tests.ticketing.families import AGENT, a_family, answer, resolve
from tests.ticketing.problems import a_problem, said
from tests.ticketing.tickets import journal, ticket_of
from ticketing.problems.operations import set_cause
from ticketing.problems.resolving import resolve_problem
from ticketing.tickets.logic import Status
from ticketing.tickets.models import Ticket


def a_sweeper(db: Database) -> PromiseSweeper:  # noqa: F811
    return PromiseSweeper(db, lambda: later(95), close_after_days=5)


async def test_children_that_nobody_has_reached_are_reached_by_the_next_sweep_once(
    db: Database,  # noqa: F811
) -> None:
    parent, children = a_family(db, Status.NEW, Status.NEW)
    answer(db, parent)
    resolve(db, parent)
    sweeper = a_sweeper(db)

    assert [await sweeper.sweep() for _ in range(2)] == [4, 0]

    assert [said(journal(db, each)) for each in children] == [1, 1]
    assert [ticket_of(db, each).status for each in children] == [Status.RESOLVED] * 2


async def test_a_child_that_cannot_be_reached_is_set_aside_and_the_others_are_reached(
    db: Database,  # noqa: F811
    caplog: pytest.LogCaptureFixture,
) -> None:
    parent, [broken, sound] = a_family(db, Status.NEW, Status.NEW)
    answer(db, parent)
    # The next entry has a number that is taken: whoever writes it is refused.
    damage = update(Ticket).where(Ticket.id == broken).values(journal_length=1)
    db.write(lambda session: session.execute(damage))
    sweeper = a_sweeper(db)

    with caplog.at_level(logging.ERROR):
        assert [await sweeper.sweep() for _ in range(2)] == [1, 0]

    assert [said(journal(db, each)) for each in (broken, sound)] == [0, 1]
    assert caplog.messages == ["child_could_not_be_reached"]
    assert [record.ticket_id for record in caplog.records] == [broken]  # type: ignore[attr-defined]


async def test_incidents_left_open_and_their_children_are_resolved_by_the_next_sweep(
    db: Database,  # noqa: F811
) -> None:
    parent, children = a_family(db, Status.NEW, Status.NEW)
    problem_id = a_problem(db, incidents=[parent])
    db.write(set_cause, problem_id, "a worn cable", actor=AGENT, now=later(91))
    db.write(resolve_problem, problem_id, "a new cable", with_incidents=True, actor=AGENT, now=later(92))
    sweeper = a_sweeper(db)

    assert [await sweeper.sweep() for _ in range(2)] == [3, 0]

    assert [ticket_of(db, each).status for each in (parent, *children)] == [Status.RESOLVED] * 3
