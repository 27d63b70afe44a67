"""Where a ticket may go: one table, and refusals that say what is missing."""

from __future__ import annotations

import itertools

import pytest

from storage.database import Database
from tests.databases import NOW, at_once, errors, later, values
from tests.ticketing.tickets import WAY_TO, a_ticket, journal, state, take, ticket_of
from ticketing.routing.errors import CategoryNotChosen
from ticketing.tickets.errors import MoveNotAllowed, ReclassifyNotAllowed, TicketNotFound
from ticketing.tickets.handling import move_ticket, reclassify
from ticketing.tickets.logic import (
    FINISHED,
    MOVES,
    OPEN,
    EntryKind,
    HoldReason,
    ResolutionCode,
    Status,
    TicketType,
    is_reopening,
    why_not_move,
)
from ticketing.tickets.priority import (
    MATRIX,
    UNKNOWN_URGENCY,
    Impact,
    Priority,
    Urgency,
    classified,
    priority_of,
)
from ticketing.tickets.verifying import verify_journal

EVERY_MOVE = list(itertools.product(Status, Status))
ALLOWED = {
    "new": "assigned resolved cancelled",
    "assigned": "new in_progress on_hold resolved cancelled",
    "in_progress": "new assigned on_hold resolved cancelled",
    "on_hold": "in_progress resolved cancelled",
    "resolved": "closed new assigned",
    "closed": "new assigned",
    "cancelled": "",
}


def reachable(start: Status) -> set[Status]:
    found = {start}
    while new := {to for status in found for to in MOVES[status]} - found:
        found |= new
    return found


def move(db: Database, ticket_id: int, to: Status, **how: object) -> Status:
    return db.write(move_ticket, ticket_id, to, actor="agent:1", now=later(60), **how)  # type: ignore[arg-type]


def test_every_status_has_its_moves() -> None:
    assert set(MOVES) == set(Status)
    assert {s.value: " ".join(sorted(t.value for t in MOVES[s])) for s in Status} == {
        status: " ".join(sorted(moves.split())) for status, moves in ALLOWED.items()
    }


def test_every_status_can_be_reached_and_only_a_cancelled_ticket_is_stuck() -> None:
    assert reachable(Status.NEW) == set(Status)
    assert [status for status in Status if not MOVES[status]] == [Status.CANCELLED]
    assert all(Status.CLOSED in reachable(status) for status in set(Status) - {Status.CANCELLED})


def test_a_status_is_open_or_finished() -> None:
    assert set(Status) == OPEN | FINISHED
    assert not OPEN & FINISHED


@pytest.mark.parametrize(("before", "to"), EVERY_MOVE)
def test_a_move_is_made_if_the_table_has_it_and_refused_if_not(
    db: Database, before: Status, to: Status
) -> None:
    ticket_id = a_ticket(db, status=before)
    fields, entries = state(db, ticket_id), len(journal(db, ticket_id))

    if to not in MOVES[before]:
        with pytest.raises(MoveNotAllowed, match=before.words):
            take(db, ticket_id, to)
        assert (state(db, ticket_id), len(journal(db, ticket_id))) == (fields, entries)
        return

    assert take(db, ticket_id, to) is before

    entry = journal(db, ticket_id)[-1]
    assert (entry.number, entry.before["status"], entry.after["status"]) == (
        entries + 1,
        before.value,
        to.value,
    )
    assert entry.kind is (EntryKind.REOPENED if before in FINISHED and to in OPEN else EntryKind.MOVED)
    assert ticket_of(db, ticket_id).status is to


@pytest.mark.parametrize(
    ("before", "to", "how", "why"),
    [
        (Status.IN_PROGRESS, Status.ON_HOLD, {}, "what it waits for"),
        (Status.NEW, Status.ASSIGNED, {}, "to whom"),
        (Status.IN_PROGRESS, Status.RESOLVED, {"reason": "new toner"}, "how it was resolved"),
        (Status.IN_PROGRESS, Status.RESOLVED, {"code": ResolutionCode.FIXED}, "why"),
        (Status.IN_PROGRESS, Status.RESOLVED, {"code": ResolutionCode.FIXED, "reason": " \n"}, "why"),
        (Status.IN_PROGRESS, Status.CANCELLED, {"code": ResolutionCode.FIXED, "reason": "w"}, "has a code"),
        (Status.NEW, Status.CANCELLED, {}, "why"),
        (Status.CLOSED, Status.ASSIGNED, {}, "why"),
        (Status.ASSIGNED, Status.IN_PROGRESS, {"hold_reason": HoldReason.CHANGE}, "on hold"),
    ],
)
def test_a_move_without_what_it_needs_says_what_is_missing(
    db: Database, before: Status, to: Status, how: dict[str, object], why: str
) -> None:
    ticket_id = a_ticket(db, status=before)

    with pytest.raises(MoveNotAllowed, match=why):
        move(db, ticket_id, to, **how)

    assert ticket_of(db, ticket_id).status is before


def test_only_a_ticket_on_hold_says_what_it_waits_for(db: Database) -> None:
    ticket_id = a_ticket(db, status=Status.IN_PROGRESS)

    move(db, ticket_id, Status.ON_HOLD, hold_reason=HoldReason.REQUESTER)
    assert ticket_of(db, ticket_id).hold_reason is HoldReason.REQUESTER

    move(db, ticket_id, Status.IN_PROGRESS)
    assert ticket_of(db, ticket_id).hold_reason is None


def test_a_ticket_keeps_its_assignee_until_it_is_given_back(db: Database) -> None:
    ticket_id = a_ticket(db)

    move(db, ticket_id, Status.ASSIGNED, assignee="agent:7")
    move(db, ticket_id, Status.IN_PROGRESS)
    assert ticket_of(db, ticket_id).assignee == "agent:7"
    move(db, ticket_id, Status.ASSIGNED, assignee="agent:8")
    move(db, ticket_id, Status.NEW)

    assert ticket_of(db, ticket_id).assignee is None


def test_a_reopened_ticket_is_with_whoever_resolved_it(db: Database) -> None:
    ticket_id = a_ticket(db, status=Status.CLOSED)

    move(db, ticket_id, Status.ASSIGNED, reason="it is broken again")

    ticket = ticket_of(db, ticket_id)
    assert (ticket.status, ticket.assignee) == (Status.ASSIGNED, "agent:1")
    assert is_reopening(Status.CLOSED, Status.ASSIGNED)


def test_one_of_sixteen_moves_at_once_is_made_and_the_journal_has_no_gap(db: Database) -> None:
    ticket_id = a_ticket(db)

    results = at_once(16, lambda number: move(db, ticket_id, Status.ASSIGNED, assignee=f"agent:{number}"))

    assert values(results) == [Status.NEW]
    assert {type(error) for error in errors(results)} == {MoveNotAllowed}
    assert [entry.number for entry in journal(db, ticket_id)] == [1, 2]


def test_a_ticket_that_is_not_there_is_not_found(db: Database) -> None:
    with pytest.raises(TicketNotFound):
        move(db, 98, Status.ASSIGNED, assignee="agent:1")
    with pytest.raises(TicketNotFound):
        db.write(reclassify, 98, impact=Impact.HIGH, actor="agent:1", now=NOW)


@pytest.mark.parametrize("status", Status)
def test_nothing_goes_where_it_is_already(status: Status) -> None:
    assert why_not_move(status, status, reason="r", hold_reason=None, assignee="a") == f"it is {status.words}"


def test_every_combination_has_a_priority() -> None:
    assert set(MATRIX) == set(itertools.product(Impact, Urgency))
    assert set(MATRIX.values()) == set(Priority)


@pytest.mark.parametrize(("impact", "urgency"), MATRIX)
def test_more_impact_or_urgency_never_makes_a_ticket_less_important(impact: Impact, urgency: Urgency) -> None:
    mine = priority_of(impact, urgency).value
    impacts, urgencies = list(Impact), list(Urgency)

    for more in impacts[: impacts.index(impact)]:
        assert priority_of(more, urgency).value < mine
    for more_urgent in urgencies[: urgencies.index(urgency)]:
        assert priority_of(impact, more_urgent).value < mine


def test_what_nobody_said_is_one_person_and_neither_the_most_nor_the_least_urgent_incident() -> None:
    assert classified(TicketType.INCIDENT, None, None) == (Impact.LOW, Urgency.MEDIUM, Priority.P4)
    assert classified(TicketType.SERVICE_REQUEST, None, None) == (Impact.LOW, Urgency.LOW, Priority.P5)
    assert classified(TicketType.INCIDENT, Impact.HIGH, None)[2] is Priority.P2
    assert classified(TicketType.INCIDENT, None, Urgency.HIGH)[2] is Priority.P3
    assert set(UNKNOWN_URGENCY) == set(TicketType)


def test_a_reclassified_ticket_has_the_priority_of_the_table_and_an_entry_that_says_so(db: Database) -> None:
    ticket_id = a_ticket(db)

    priority = db.write(
        reclassify, ticket_id, impact=Impact.HIGH, actor="agent:1", now=later(60), reason="everybody"
    )

    entry = journal(db, ticket_id)[-1]
    assert priority is ticket_of(db, ticket_id).priority is Priority.P2
    assert entry.kind is EntryKind.RECLASSIFIED
    assert (entry.before, entry.after) == (
        {"impact": "low", "priority": "P4"},
        {"impact": "high", "priority": "P2"},
    )


def test_another_category_is_in_the_journal_and_leaves_the_ticket_where_it_is(db: Database) -> None:
    ticket_id = a_ticket(db)
    before = ticket_of(db, ticket_id)

    db.write(reclassify, ticket_id, category="network", actor="agent:1", now=later(60), reason="no printer")

    entry, after = journal(db, ticket_id)[-1], ticket_of(db, ticket_id)
    assert (entry.kind, entry.before, entry.after) == (
        EntryKind.RECLASSIFIED,
        {"category": "printing"},
        {"category": "network"},
    )
    assert (after.assignment_group, after.tier) == (before.assignment_group, before.tier)
    assert db.read(verify_journal, ticket_id) is None


def test_what_is_cancelled_or_no_category_is_not_reclassified(db: Database) -> None:
    cancelled, ticket_id = a_ticket(db, status=Status.CANCELLED), a_ticket(db)

    with pytest.raises(ReclassifyNotAllowed, match="it is cancelled"):
        db.write(reclassify, cancelled, impact=Impact.HIGH, actor="agent:1", now=NOW)
    with pytest.raises(CategoryNotChosen, match="no category 'nope'"):
        db.write(reclassify, ticket_id, category="nope", actor="agent:1", now=NOW)


def test_a_reclassification_that_changes_nothing_is_not_in_the_journal(db: Database) -> None:
    ticket_id = a_ticket(db)

    assert db.write(reclassify, ticket_id, impact=Impact.LOW, actor="agent:1", now=NOW) is Priority.P4

    assert len(journal(db, ticket_id)) == 1


def test_the_ways_of_these_tests_lead_where_they_say() -> None:
    assert set(WAY_TO) == set(Status)
