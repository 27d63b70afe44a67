"""Who has a ticket: given by hand, in turn or by least work; passed on; and what becomes of its status."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import select

from identity.agents.logic import Presence
from identity.agents.operations import set_presence
from storage.database import Database
from tests.databases import NOW, at_once, errors, later
from tests.ticketing.builders import TEAM, a_conversation, say_to
from tests.ticketing.teams import L1, L2, L3, a_group, a_member, a_team, an_agent
from tests.ticketing.tickets import WAY_TO, a_ticket, journal, take, ticket_of
from ticketing.groups.errors import GroupUnknown
from ticketing.groups.logic import AssignmentMethod, Place
from ticketing.groups.models import GroupMember
from ticketing.tickets.assigning import (
    assign_ticket,
    assign_to_next,
    transfer_ticket,
    unassign_ticket,
)
from ticketing.tickets.errors import AssignmentNotAllowed, TicketNotFound
from ticketing.tickets.levels import status_with, why_not_assign, why_not_transfer, why_not_unassign
from ticketing.tickets.logic import FINISHED, MOVES, OPEN, EntryKind, HoldReason, Status, SupportTier
from ticketing.tickets.models import Ticket
from ticketing.tickets.operations import open_ticket_for_turn
from ticketing.tickets.verifying import verify_journal
from ticketing.turns.queue import claim_turns

HERE = "workplace"
"""Where a ticket about a printer goes."""

ROUND_ROBIN, LEAST_WORK = AssignmentMethod.ROUND_ROBIN, AssignmentMethod.LEAST_WORK


def in_state(db: Database, status: Status, assignee: str | None) -> int:
    """A ticket with this status, with somebody."""
    ticket_id = a_ticket(db)
    for step in WAY_TO[status]:
        take(db, ticket_id, step)
    if assignee:
        db.write(lambda session: setattr(session.get_one(Ticket, ticket_id), "assignee", assignee))
    return ticket_id


def assignees(db: Database) -> list[str | None]:
    return db.read(lambda session: list(session.scalars(select(Ticket.assignee).order_by(Ticket.id))))


def test_a_new_ticket_given_to_an_agent_is_assigned(db: Database) -> None:
    [ana] = a_team(db, a_group(db, HERE), ["ana"])
    ticket_id = a_ticket(db)

    passed = db.write(assign_ticket, ticket_id, ana.id, actor=ana.actor, now=later(60))

    assert (passed.assignee, passed.status, passed.group) == (ana.actor, Status.ASSIGNED, HERE)
    entry = journal(db, ticket_id)[-1]
    assert (entry.kind, entry.number) == (EntryKind.ASSIGNED, passed.entry)
    assert entry.after == {"assignee": ana.actor, "status": "assigned"}
    assert db.read(verify_journal, ticket_id) is None


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        (Status.ASSIGNED, Status.ASSIGNED),
        (Status.IN_PROGRESS, Status.ASSIGNED),
        (Status.ON_HOLD, Status.ON_HOLD),
    ],
)
def test_a_ticket_given_to_another_agent_is_not_begun_yet_but_stays_on_hold(
    db: Database, status: Status, becomes: Status
) -> None:
    ana, bea = a_team(db, a_group(db, HERE), ["ana", "bea"])
    ticket_id = in_state(db, status, ana.actor)

    passed = db.write(assign_ticket, ticket_id, bea.id, actor=ana.actor, now=later(60), reason="I am away")

    ticket = ticket_of(db, ticket_id)
    assert (ticket.assignee, ticket.status) == (bea.actor, becomes) == (passed.assignee, passed.status)
    assert (ticket.hold_reason is HoldReason.SUPPLIER) is (status is Status.ON_HOLD)


@pytest.mark.parametrize("status", [status for status in Status if status in FINISHED])
def test_a_finished_ticket_is_not_given_taken_or_passed_on(db: Database, status: Status) -> None:
    [ana] = a_team(db, a_group(db, HERE), ["ana"])
    ticket_id = a_ticket(db, status=status)
    before = len(journal(db, ticket_id))

    with pytest.raises(AssignmentNotAllowed, match=status.value):
        db.write(assign_ticket, ticket_id, ana.id, actor=ana.actor, now=NOW)
    with pytest.raises(AssignmentNotAllowed, match=status.value):
        db.write(unassign_ticket, ticket_id, actor=ana.actor, now=NOW)
    with pytest.raises(AssignmentNotAllowed, match=status.value):
        db.write(transfer_ticket, ticket_id, "network", reason="wifi", actor=ana.actor, now=NOW)
    db.write(lambda session: setattr(session.get_one(Ticket, ticket_id), "assignee", None))
    with pytest.raises(AssignmentNotAllowed, match=status.value):
        db.write(assign_to_next, ticket_id, actor=ana.actor, now=NOW)

    assert len(journal(db, ticket_id)) == before


def test_only_active_members_of_the_group_at_its_tier_or_above_may_have_a_ticket(db: Database) -> None:
    group = a_group(db, HERE, tiers=(L2, L3))
    junior, senior = an_agent(db, "junior"), an_agent(db, "senior")
    a_member(db, group, junior, L1)
    a_member(db, group, senior, L3)
    gone = a_member(db, group, an_agent(db, "gone", is_active=False), L2)
    stranger = an_agent(db, "stranger")
    ticket_id = a_ticket(db)

    for agent, why in ((junior, "works at L1"), (gone, "not active"), (stranger, "not in its group")):
        with pytest.raises(AssignmentNotAllowed, match=why):
            db.write(assign_ticket, ticket_id, agent.id, actor="agent:99", now=NOW)
    with pytest.raises(AssignmentNotAllowed, match="not active"):
        db.write(assign_ticket, ticket_id, 4711, actor="agent:99", now=NOW)

    assert db.write(assign_ticket, ticket_id, senior.id, actor="agent:99", now=NOW).assignee == senior.actor
    with pytest.raises(AssignmentNotAllowed, match="has it already"):
        db.write(assign_ticket, ticket_id, senior.id, actor="agent:99", now=NOW)
    with pytest.raises(TicketNotFound):
        db.write(assign_ticket, 4711, senior.id, actor="agent:99", now=NOW)


def test_an_absent_agent_may_be_given_a_ticket_by_hand(db: Database) -> None:
    away = a_member(db, a_group(db, HERE), an_agent(db, "away", presence=Presence.AWAY))
    ticket_id = a_ticket(db)

    assert db.write(assign_ticket, ticket_id, away.id, actor="agent:99", now=NOW).assignee == away.actor


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        (Status.ASSIGNED, Status.NEW),
        (Status.IN_PROGRESS, Status.NEW),
        (Status.ON_HOLD, Status.ON_HOLD),
    ],
)
def test_a_ticket_taken_from_somebody_waits_in_its_group(
    db: Database, status: Status, becomes: Status
) -> None:
    [ana] = a_team(db, a_group(db, HERE), ["ana"])
    ticket_id = in_state(db, status, ana.actor)

    passed = db.write(unassign_ticket, ticket_id, actor=ana.actor, now=later(60), reason="not mine")

    assert (passed.assignee, passed.status, passed.group) == (None, becomes, HERE)
    with pytest.raises(AssignmentNotAllowed, match="nobody has it"):
        db.write(unassign_ticket, ticket_id, actor=ana.actor, now=later(60))


def test_a_ticket_passed_to_another_group_starts_there_at_the_first_tier_with_nobody(db: Database) -> None:
    a_group(db, HERE)
    a_group(db, "network", tiers=(L2, L3))
    ticket_id = a_ticket(db, status=Status.IN_PROGRESS)
    before = ticket_of(db, ticket_id)

    passed = db.write(
        transfer_ticket, ticket_id, "network", reason="it is the wifi", actor="agent:1", now=NOW
    )

    after = ticket_of(db, ticket_id)
    assert (passed.group, passed.tier, passed.status, passed.assignee) == ("network", L2, Status.NEW, None)
    assert (after.priority, after.opened_at) == (before.priority, before.opened_at)
    assert journal(db, ticket_id)[-1].kind is EntryKind.TRANSFERRED
    assert db.read(verify_journal, ticket_id) is None


def test_a_ticket_is_passed_to_a_tier_that_the_group_has_and_with_a_reason(db: Database) -> None:
    a_group(db, "network", tiers=(L1, L2))
    ticket_id = a_ticket(db)

    for group, tier, reason, why in (
        ("network", L3, "wifi", "no tier L3"),
        ("network", L1, " ", "say why"),
        (HERE, L1, "wifi", "in workplace at L1 already"),
    ):
        with pytest.raises(AssignmentNotAllowed, match=why):
            db.write(transfer_ticket, ticket_id, group, reason=reason, actor="agent:1", now=NOW, tier=tier)
    with pytest.raises(GroupUnknown, match="plumbers"):
        db.write(transfer_ticket, ticket_id, "plumbers", reason="leak", actor="agent:1", now=NOW)

    passed = db.write(transfer_ticket, ticket_id, "network", reason="x", actor="agent:1", now=NOW, tier=L2)
    assert passed.tier is L2


def test_a_group_that_gives_out_in_turn_gives_to_everybody_before_anybody_gets_a_second(db: Database) -> None:
    team = a_team(db, a_group(db, HERE, method=ROUND_ROBIN), ["ana", "bea", "cleo"])

    for _ in range(6):
        a_ticket_given_to_the_next(db)

    assert assignees(db) == [agent.actor for agent in (*team, *team)]


def a_ticket_given_to_the_next(db: Database) -> int:
    """A ticket that has been given out: at its opening, or now."""
    ticket_id = a_ticket(db)
    if ticket_of(db, ticket_id).assignee is None:
        db.write(assign_to_next, ticket_id, actor="desk", now=NOW)
    return ticket_id


def test_tickets_of_two_tiers_do_not_take_turns_from_each_other(db: Database) -> None:
    group = a_group(db, HERE, tiers=(L1, L2), method=ROUND_ROBIN)
    ana, bea = a_team(db, group, ["ana", "bea"])
    [expert] = a_team(db, group, ["expert"], L2)

    given: list[str | None] = []
    for _ in range(4):
        ticket_id = a_ticket_given_to_the_next(db)
        given.append(ticket_of(db, ticket_id).assignee)
        db.write(transfer_ticket, ticket_id, HERE, reason="hard", actor="desk", now=NOW, tier=L2)

    assert given == [ana.actor, bea.actor, ana.actor, bea.actor]
    assert assignees(db) == [expert.actor] * 4


def test_somebody_who_is_away_is_passed_over_and_gets_one_ticket_when_back(db: Database) -> None:
    ana, bea = a_team(db, a_group(db, HERE, method=ROUND_ROBIN), ["ana", "bea"])
    db.write(set_presence, "ana", Presence.AWAY)
    for _ in range(3):
        a_ticket_given_to_the_next(db)
    db.write(set_presence, "ana", Presence.PRESENT)
    for _ in range(3):
        a_ticket_given_to_the_next(db)

    assert assignees(db) == [each.actor for each in (bea, bea, bea, ana, bea, ana)]


def test_a_group_that_gives_by_least_work_gives_to_whoever_has_the_fewest_open_tickets(db: Database) -> None:
    ana, bea = a_team(db, a_group(db, HERE, method=LEAST_WORK), ["ana", "bea"])
    mine = [a_ticket_given_to_the_next(db) for _ in range(4)]
    for ticket_id in mine:
        if ticket_of(db, ticket_id).assignee == bea.actor:
            take(db, ticket_id, Status.IN_PROGRESS)
            take(db, ticket_id, Status.RESOLVED)

    later_ones = [ticket_of(db, a_ticket_given_to_the_next(db)).assignee for _ in range(3)]

    assert later_ones == [bea.actor, bea.actor, ana.actor]


def test_where_nobody_is_there_a_ticket_stays_in_its_group(db: Database) -> None:
    group = a_group(db, HERE, tiers=(L1, L2), method=ROUND_ROBIN)
    a_member(db, group, an_agent(db, "away", presence=Presence.AWAY))
    a_member(db, group, an_agent(db, "gone", is_active=False))
    a_member(db, group, an_agent(db, "expert"), L2)
    ticket_id = a_ticket(db)

    with pytest.raises(AssignmentNotAllowed, match="nobody of it can take this one"):
        db.write(assign_to_next, ticket_id, actor="desk", now=NOW)

    assert (ticket_of(db, ticket_id).assignee, ticket_of(db, ticket_id).status) == (None, Status.NEW)


def test_what_somebody_has_is_not_given_to_the_next(db: Database) -> None:
    [ana] = a_team(db, a_group(db, HERE, method=ROUND_ROBIN), ["ana"])
    ticket_id = a_ticket_given_to_the_next(db)

    with pytest.raises(AssignmentNotAllowed, match="has it already"):
        db.write(assign_to_next, ticket_id, actor="desk", now=NOW)

    assert ticket_of(db, ticket_id).assignee == ana.actor


@pytest.mark.parametrize("method", [ROUND_ROBIN, LEAST_WORK])
def test_tickets_at_the_same_moment_go_to_different_agents(db: Database, method: AssignmentMethod) -> None:
    tickets = [a_ticket(db) for _ in range(4)]
    team = a_team(db, a_group(db, HERE, method=method), ["ana", "bea", "cleo", "dora"])

    results = at_once(4, lambda number: db.write(assign_to_next, tickets[number], actor="desk", now=NOW))

    assert errors(results) == []
    assert sorted(map(str, assignees(db))) == sorted(agent.actor for agent in team)
    turns = db.read(lambda session: set(session.scalars(select(GroupMember.last_turn))))
    assert turns == {1, 2, 3, 4}


@pytest.mark.parametrize("method", [ROUND_ROBIN, LEAST_WORK])
def test_tickets_opened_at_the_same_moment_go_to_different_agents(
    db: Database, method: AssignmentMethod
) -> None:
    team = a_team(db, a_group(db, HERE, method=method), ["ana", "bea", "cleo", "dora"])
    for _ in team:
        say_to(db, a_conversation(db), "the printer is on fire")
    turns = db.write(claim_turns, owner="desk-1", limit=8, now=NOW)

    results = at_once(
        len(team),
        lambda number: db.write(open_ticket_for_turn, turns[number].claim.turn_id, team=TEAM, now=NOW),
    )

    assert errors(results) == []
    assert sorted(map(str, assignees(db))) == sorted(agent.actor for agent in team)


def test_every_question_about_a_ticket_that_changes_hands_has_an_answer_in_every_status() -> None:
    here, there = Place("a", L1), Place("b", L1)
    for status, is_active, tier, has_it in itertools.product(
        Status, (True, False), (None, *SupportTier), (True, False)
    ):
        may = why_not_assign(status, is_active=is_active, member_tier=tier, tier=L2, has_it=has_it) is None
        assert may is (status in OPEN and is_active and tier is not None and tier is not L1 and not has_it)
    for status, assignee in itertools.product(Status, (None, "agent:1")):
        assert (why_not_unassign(status, assignee=assignee) is None) is (status in OPEN and bool(assignee))
    for status, to, reason in itertools.product(Status, (here, there), (None, " ", "wifi")):
        may = why_not_transfer(status, before=here, to=to, reason=reason) is None
        assert may is (status in OPEN and to is there and reason == "wifi")


@pytest.mark.parametrize("status", [status for status in Status if status in OPEN])
@pytest.mark.parametrize("assignee", [None, "agent:1"])
def test_a_ticket_that_changes_hands_makes_only_moves_that_there_are(
    status: Status, assignee: str | None
) -> None:
    after = status_with(status, assignee)

    assert after is status or after in MOVES[status]
    assert (after is Status.NEW) is (assignee is None and status is not Status.ON_HOLD)
