"""The periodic task gives out what nobody has; what nobody there can take is tried again with others."""

from __future__ import annotations

import logging
from datetime import datetime

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from desk.gateway.sweeper import PromiseSweeper
from identity.agents.logic import Presence
from identity.agents.operations import set_presence
from storage.database import Database
from tests.databases import database_url, db, later, postgres_tables, sqlite_template  # noqa: F401
from tests.ticketing.teams import a_group, a_member, a_team, an_agent
from tests.ticketing.tickets import a_ticket, ticket_of
from ticketing.groups.logic import HANDFUL, AssignmentMethod
from ticketing.routing.administration import RuleChanges, add_rule
from ticketing.tickets.models import Ticket
from ticketing.tickets.waiting import give_waiting

HERE = "workplace"
ROUND_ROBIN = AssignmentMethod.ROUND_ROBIN


def a_sweeper(db: Database) -> PromiseSweeper:  # noqa: F811
    return PromiseSweeper(db, lambda: later(60), close_after_days=5)


def be(db: Database, key: str, presence: Presence) -> None:  # noqa: F811
    db.write(set_presence, key, presence)


async def test_a_sweep_gives_a_handful_to_each_who_is_there(db: Database) -> None:  # noqa: F811
    a_team(db, a_group(db, HERE, method=ROUND_ROBIN), ["ana", "bea"])
    for key in ("ana", "bea"):
        be(db, key, Presence.AWAY)
    for _ in range(2 * HANDFUL + 1):
        a_ticket(db)
    sweeper = a_sweeper(db)

    assert await sweeper.sweep() == 0
    be(db, "ana", Presence.PRESENT)
    assert [await sweeper.sweep() for _ in range(2)] == [HANDFUL, 0]
    be(db, "bea", Presence.PRESENT)
    assert [await sweeper.sweep() for _ in range(2)] == [HANDFUL, 0]


async def test_what_nobody_there_can_take_holds_nothing_up_and_goes_to_whoever_can(
    db: Database,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a_group(db, HERE, method=ROUND_ROBIN)
    bea = a_member(db, HERE, an_agent(db, "bea", presence=Presence.AWAY), skills={"fire"})
    rule: RuleChanges = {
        "conditions": {"words": ["fire"]},
        "outcome": {"group": HERE, "skills": ["fire"]},
    }
    db.write(add_rule, "fire", rule)
    hard, easy = a_ticket(db), a_ticket(db, text="the printer is out of paper")
    ana = a_member(db, HERE, an_agent(db, "ana"))
    sweeper, tried = a_sweeper(db), []

    def noted(session: Session, ticket_id: int, *, now: datetime) -> bool:
        tried.append(ticket_id)
        return give_waiting(session, ticket_id, now=now)

    monkeypatch.setattr("desk.gateway.giving_out.give_waiting", noted)
    assert [await sweeper.sweep() for _ in range(2)] == [1, 0]
    assert tried == [hard, easy]
    be(db, "bea", Presence.PRESENT)
    assert await sweeper.sweep() == 1

    assert [ticket_of(db, each).assignee for each in (hard, easy)] == [bea.actor, ana.actor]


async def test_a_ticket_that_cannot_be_given_out_is_set_aside_and_the_others_are(
    db: Database,  # noqa: F811
    caplog: pytest.LogCaptureFixture,
) -> None:
    a_group(db, HERE, method=ROUND_ROBIN)
    broken, sound = a_ticket(db), a_ticket(db)
    # The next entry has a number that is taken: whoever writes it is refused.
    db.write(
        lambda session: session.execute(update(Ticket).where(Ticket.id == broken).values(journal_length=0))
    )
    ana = a_member(db, HERE, an_agent(db, "ana"))
    sweeper = a_sweeper(db)

    with caplog.at_level(logging.ERROR):
        assert [await sweeper.sweep() for _ in range(2)] == [1, 0]

    assert [ticket_of(db, each).assignee for each in (broken, sound)] == [None, ana.actor]
    assert caplog.messages == ["ticket_could_not_be_given_out"]
