"""What nobody has goes to somebody as soon as somebody can take it; nobody is given all of it at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from identity.agents.logic import Presence, agent_id_of
from identity.agents.operations import set_presence
from storage import schema
from storage.database import Database
from tests.databases import at_once, errors, later, values
from tests.ticketing.teams import L1, L2, a_group, a_member, a_team, an_agent
from tests.ticketing.tickets import a_ticket, journal, take, ticket_of
from ticketing.groups.administration import GroupChanges, change_group, put_member
from ticketing.groups.logic import HANDFUL, AssignmentMethod
from ticketing.routing.administration import RuleChanges, add_rule
from ticketing.tickets.assigning import assign_ticket, transfer_ticket, unassign_ticket
from ticketing.tickets.escalating import escalate_ticket
from ticketing.tickets.handling import move_ticket, reclassify
from ticketing.tickets.journal import DESK
from ticketing.tickets.logic import EntryKind, Status
from ticketing.tickets.models import Ticket
from ticketing.tickets.priority import Impact, Urgency
from ticketing.tickets.verifying import verify_journal
from ticketing.tickets.waiting import NOBODY, crew_at_hand, give_waiting, waiting_tickets

HERE = "workplace"
"""Where a ticket about a printer goes."""

ROUND_ROBIN, LEAST_WORK, MANUAL = (
    AssignmentMethod.ROUND_ROBIN,
    AssignmentMethod.LEAST_WORK,
    AssignmentMethod.MANUAL,
)


def give_out(db: Database) -> int:
    """What a sweep does."""
    crew = db.read(crew_at_hand)
    return sum(db.write(give_waiting, each, now=later(60)) for each in db.read(waiting_tickets, crew))


def be(db: Database, key: str, presence: Presence) -> None:
    db.write(set_presence, key, presence)


def night(
    db: Database, count: int, *agents: str, method: AssignmentMethod = ROUND_ROBIN
) -> tuple[list[int], list[str]]:
    """Tickets that came while nobody of the group was there, and who belongs to it."""
    team = a_team(db, a_group(db, HERE, method=method), agents)
    for key in agents:
        be(db, key, Presence.AWAY)
    return [a_ticket(db) for _ in range(count)], [agent.actor for agent in team]


def who(db: Database, tickets: list[int]) -> list[str | None]:
    return [ticket_of(db, each).assignee for each in tickets]


@pytest.mark.parametrize("method", [ROUND_ROBIN, LEAST_WORK])
def test_whoever_comes_back_is_given_what_waited_by_the_groups_method(
    db: Database, method: AssignmentMethod
) -> None:
    tickets, [ana, bea] = night(db, 4, "ana", "bea", method=method)
    be(db, "ana", Presence.PRESENT)
    be(db, "bea", Presence.PRESENT)

    assert give_out(db) == 4

    assert who(db, tickets) == [ana, bea, ana, bea]
    entry = journal(db, tickets[0])[-1]
    assert (entry.kind, entry.actor, entry.data) == (EntryKind.ASSIGNED, DESK, {"method": method.value})
    assert ticket_of(db, tickets[0]).status is Status.ASSIGNED
    assert db.read(verify_journal, tickets[0]) is None


def test_the_first_who_comes_is_given_a_handful_and_more_as_soon_as_one_is_begun(db: Database) -> None:
    tickets, [ana, bea] = night(db, HANDFUL + 3, "ana", "bea")
    be(db, "ana", Presence.PRESENT)
    assert [give_out(db), give_out(db)] == [HANDFUL, 0]

    db.write(move_ticket, tickets[0], Status.IN_PROGRESS, actor=ana, now=later(70))
    assert give_out(db) == 1
    be(db, "bea", Presence.PRESENT)
    give_out(db)

    assert who(db, tickets) == [ana] * (HANDFUL + 1) + [bea] * 2


def test_the_most_urgent_is_given_first_and_then_the_oldest(db: Database) -> None:
    tickets, [ana] = night(db, HANDFUL + 1, "ana")
    db.write(reclassify, tickets[-1], impact=Impact.HIGH, urgency=Urgency.HIGH, actor="agent:1", now=later(1))
    be(db, "ana", Presence.PRESENT)

    give_out(db)

    assert who(db, tickets) == [*[ana] * (HANDFUL - 1), None, ana]


def test_who_works_at_another_tier_is_given_nothing_of_this_one(db: Database) -> None:
    group = a_group(db, HERE, tiers=(L1, L2), method=ROUND_ROBIN)
    bea = a_member(db, group, an_agent(db, "bea"), L2)
    ticket_id = a_ticket(db)

    assert give_out(db) == 0
    db.write(escalate_ticket, ticket_id, reason="vpn", actor="agent:1", now=later(1))

    assert who(db, [ticket_id]) == [bea.actor]


def test_what_was_escalated_to_a_tier_where_nobody_is_waits_for_it(db: Database) -> None:
    group = a_group(db, HERE, tiers=(L1, L2), method=ROUND_ROBIN)
    bea = a_member(db, group, an_agent(db, "bea", presence=Presence.AWAY), L2)
    ticket_id = a_ticket(db)
    db.write(escalate_ticket, ticket_id, reason="vpn", actor="agent:1", now=later(1))
    assert give_out(db) == 0

    be(db, "bea", Presence.PRESENT)

    assert give_out(db) == 1
    assert who(db, [ticket_id]) == [bea.actor]


def test_a_group_where_people_choose_is_left_alone(db: Database) -> None:
    tickets, _ = night(db, 2, "ana", method=MANUAL)
    be(db, "ana", Presence.PRESENT)

    assert db.read(crew_at_hand) == NOBODY
    assert not db.write(give_waiting, tickets[0], now=later(60))
    assert who(db, tickets) == [None, None]


def test_a_method_that_is_no_longer_manual_gives_out_what_lies_there(db: Database) -> None:
    tickets, [ana] = night(db, 2, "ana", method=MANUAL)
    be(db, "ana", Presence.PRESENT)

    db.write(change_group, HERE, GroupChanges(method=LEAST_WORK))

    assert give_out(db) == 2
    assert who(db, tickets) == [ana, ana]


def test_somebody_new_in_the_group_is_given_what_lies_there(db: Database) -> None:
    tickets, _ = night(db, 1, "ana")
    bea = an_agent(db, "bea")
    assert give_out(db) == 0

    db.write(put_member, HERE, "bea", {})

    assert give_out(db) == 1
    assert who(db, tickets) == [bea.actor]


def test_skills_are_asked_of_whoever_comes_back_too(db: Database) -> None:
    rule: RuleChanges = {
        "conditions": {"words": ["fire"]},
        "outcome": {"group": HERE, "skills": ["fire"]},
    }
    a_group(db, HERE, method=ROUND_ROBIN)
    db.write(add_rule, "fire", rule)
    a_member(db, HERE, an_agent(db, "ana"))
    bea = a_member(db, HERE, an_agent(db, "bea", presence=Presence.AWAY), skills={"fire"})
    ticket_id = a_ticket(db)

    assert give_out(db) == 0
    be(db, "bea", Presence.PRESENT)
    give_out(db)

    assert who(db, [ticket_id]) == [bea.actor]


def test_what_an_agent_has_put_back_waits_for_people_until_it_is_passed_on(db: Database) -> None:
    [ticket_id], [ana] = night(db, 1, "ana")
    a_team(db, a_group(db, "network", method=ROUND_ROBIN), ["noor"])
    be(db, "noor", Presence.AWAY)
    be(db, "ana", Presence.PRESENT)
    give_out(db)
    db.write(unassign_ticket, ticket_id, actor=ana, now=later(70))

    assert give_out(db) == 0
    db.write(transfer_ticket, ticket_id, "network", reason="a cable", actor=ana, now=later(80))
    be(db, "noor", Presence.PRESENT)

    assert give_out(db) == 1


@pytest.mark.parametrize("status", [Status.RESOLVED, Status.CANCELLED, Status.ON_HOLD])
def test_what_is_finished_or_waits_for_somebody_else_is_not_given_out(db: Database, status: Status) -> None:
    [ticket_id], _ = night(db, 1, "ana")
    for step in (
        (Status.ASSIGNED, Status.IN_PROGRESS, status) if status is not Status.CANCELLED else (status,)
    ):
        take(db, ticket_id, step)
    db.write(lambda session: free(session, ticket_id))
    be(db, "ana", Presence.PRESENT)

    assert not db.write(give_waiting, ticket_id, now=later(60))
    assert db.read(crew_at_hand) == NOBODY


def free(session: Session, ticket_id: int) -> None:
    session.get_one(Ticket, ticket_id).assignee = None


def test_what_somebody_has_taken_meanwhile_stays_theirs(db: Database) -> None:
    [ticket_id], [_, bea] = night(db, 1, "ana", "bea")
    be(db, "ana", Presence.PRESENT)
    crew = db.read(crew_at_hand)
    [waiting] = db.read(waiting_tickets, crew)
    db.write(assign_ticket, ticket_id, agent_id_of(bea) or 0, actor=bea, now=later(1))

    assert not db.write(give_waiting, waiting, now=later(60))
    assert who(db, [ticket_id]) == [bea]


def test_two_who_give_out_at_once_give_each_ticket_once_and_nobody_more_than_a_handful(db: Database) -> None:
    tickets, [ana] = night(db, HANDFUL + 2, "ana")
    be(db, "ana", Presence.PRESENT)

    found = at_once(2, lambda _: give_out(db))

    assert errors(found) == []
    assert sum(values(found)) == HANDFUL
    assert who(db, tickets).count(ana) == HANDFUL
    assert all(db.read(verify_journal, each) is None for each in tickets)


def test_where_nothing_waits_that_is_one_statement(db: Database) -> None:
    a_team(db, a_group(db, HERE, method=ROUND_ROBIN), ["ana", "bea"])
    a_ticket(db)
    seen: list[str] = []

    def see(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", see)

    assert db.read(crew_at_hand) == NOBODY
    assert len(seen) == 1


@pytest.fixture
def migrated(tmp_path: Path) -> Iterator[Database]:
    """A database as installations have one: of two indices that would do, SQLite takes the later one."""
    url = f"sqlite:///{tmp_path / 'migrated.db'}"
    schema.upgrade(url)
    database = Database(url, threads=1)
    yield database
    database.close()


def test_what_waits_is_found_along_its_index(migrated: Database) -> None:
    db = migrated
    night(db, 1, "ana")
    be(db, "ana", Presence.PRESENT)
    crew = db.read(crew_at_hand)
    plans: list[str] = []

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "assignee IS NULL" in statement:
            rows = connection.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.append(" / ".join(row[3] for row in rows))

    event.listen(db.engine, "before_cursor_execute", explain)
    db.read(crew_at_hand)
    db.read(waiting_tickets, crew)

    assert len(plans) == 2
    assert all("ix_ticket_waiting" in plan for plan in plans), plans
