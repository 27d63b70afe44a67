"""The periodic task tells what helps meanwhile to whoever missed it; one broken problem silences no other."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import update

from desk.gateway.sweeper import PromiseSweeper
from storage.database import Database
from tests.databases import database_url, db, later, postgres_tables, sqlite_template  # noqa: F401
from tests.ticketing.families import a_family
from tests.ticketing.problems import AGENT, a_problem, said, say_workaround
from tests.ticketing.tickets import a_ticket, journal, take
from ticketing.problems.models import Problem
from ticketing.problems.workarounds import set_workaround
from ticketing.tickets.logic import Status


def a_sweeper(db: Database) -> PromiseSweeper:  # noqa: F811
    return PromiseSweeper(db, lambda: later(60), close_after_days=5)


async def test_who_was_not_told_before_a_crash_is_told_by_the_next_sweep_once(
    db: Database,  # noqa: F811
) -> None:
    tickets = [a_ticket(db) for _ in range(2)]
    problem_id = a_problem(db, incidents=tickets)
    db.write(set_workaround, problem_id, "Use the tray below.", actor=AGENT, now=later(1))
    sweeper = a_sweeper(db)

    assert [await sweeper.sweep() for _ in range(2)] == [2, 0]

    assert [said(journal(db, each)) for each in tickets] == [1, 1]


async def test_an_incident_that_is_open_again_hears_what_it_missed(db: Database) -> None:  # noqa: F811
    ticket_id = a_ticket(db, status=Status.RESOLVED)
    problem_id = a_problem(db, incidents=[ticket_id])
    assert say_workaround(db, problem_id, "Use the tray below.") == 0
    take(db, ticket_id, Status.ASSIGNED)

    await a_sweeper(db).sweep()

    assert said(journal(db, ticket_id)) == 1


async def test_children_of_a_linked_incident_hear_it_from_the_sweep_too_once(
    db: Database,  # noqa: F811
) -> None:
    parent, children = a_family(db, Status.NEW, Status.NEW)
    problem_id = a_problem(db, incidents=[parent])
    db.write(set_workaround, problem_id, "Use the tray below.", actor=AGENT, now=later(1))
    sweeper = a_sweeper(db)

    assert [await sweeper.sweep() for _ in range(2)] == [3, 0]

    assert [said(journal(db, each)) for each in (parent, *children)] == [1, 1, 1]


async def test_a_problem_that_cannot_be_told_of_is_set_aside_and_the_others_are_told(
    db: Database,  # noqa: F811
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken, sound = a_ticket(db), a_ticket(db)
    problems = [a_problem(db, incidents=[each]) for each in (broken, sound)]
    for problem_id in problems:
        db.write(set_workaround, problem_id, "Use the tray below.", actor=AGENT, now=later(1))
    # The next entry has a number that is taken: whoever writes it is refused.
    damage = update(Problem).where(Problem.id == problems[0]).values(journal_length=1)
    db.write(lambda session: session.execute(damage))
    sweeper = a_sweeper(db)

    with caplog.at_level(logging.ERROR):
        assert [await sweeper.sweep() for _ in range(2)] == [1, 0]

    assert [said(journal(db, each)) for each in (broken, sound)] == [0, 1]
    assert caplog.messages == ["workaround_could_not_be_told"]
