"""`guichet sla`: what is promised, and every due date with the rows that prove it."""

from __future__ import annotations

import json

import pytest

from storage.database import Database
from tests.desk.commands import Guichet
from tests.desk.promised import desk  # noqa: F401
from tests.ticketing.promised import a_p3, answer, at, dates, move, start
from tests.ticketing.teams import an_agent
from ticketing.tickets.logic import HoldReason, Status


def test_a_ledger_accounts_for_every_minute_of_a_ticket(guichet: Guichet, desk: Database) -> None:  # noqa: F811
    ticket_id = a_p3(desk)
    start(desk, ticket_id, at(0.5))
    answer(desk, ticket_id, at(1))
    move(desk, ticket_id, Status.ON_HOLD, at(2), HoldReason.REQUESTER)
    move(desk, ticket_id, Status.IN_PROGRESS, at(6))
    move(desk, ticket_id, Status.RESOLVED, at(7))

    code, said, _ = guichet("sla", "explain", f"INC-{ticket_id:06d}", "--json")

    assert code == 0
    clocks = {clock["target"]: clock for clock in json.loads(said)["clocks"]}
    first, resolution = clocks["first_response"], clocks["resolution"]
    assert (first["state"], first["used_seconds"], first["length_seconds"]) == ("met", 3600, 7200)
    assert [(row["kind"], row["why"], row["business_seconds"]) for row in resolution["ledger"]] == [
        ("running", "opened", 2 * 3600),
        ("paused", "on hold: requester", 0),
        ("running", "taken up again", 3600),
    ]
    assert resolution["paused"] == [[at(2).isoformat(), at(6).isoformat()]]
    assert resolution["ledger"][-1]["total_seconds"] == resolution["used_seconds"] == 3 * 3600


def test_people_read_rows_in_the_time_of_the_calendar(guichet: Guichet, desk: Database) -> None:  # noqa: F811
    guichet("calendar", "change", "office", "--time-zone", "Europe/Paris", "--country", "FR")
    ticket_id = a_p3(desk)

    code, said, _ = guichet("sla", "explain", f"INC-{ticket_id:06d}")

    assert code == 0
    assert "first response: 2 h 00 of business time (SLA p3, calendar office, Europe/Paris)" in said
    assert "was due Mon 2026-03-02 12:00" in said
    assert "outside hours" in said


def test_levels_are_listed_in_order(guichet: Guichet, desk: Database) -> None:  # noqa: F811
    _, said, _ = guichet("sla", "list", "--json")

    keys = [level["key"] for level in json.loads(said)["levels"]]
    assert keys == ["p1", "p2", "p3", "p4", "p5", "l2-pick-up"]
    assert guichet("sla", "list")[0] == 0


def test_a_level_before_the_others_holds_for_open_tickets_at_once(guichet: Guichet, desk: Database) -> None:  # noqa: F811
    ticket_id = a_p3(desk)

    added = guichet("sla", "add", "other", "--category", "other", "--first-response", "30", "--position", "0")

    assert added[0] == 0
    assert dates(desk, ticket_id)[0] == at(0.5)
    assert guichet("sla", "change", "other", "--first-response", "60")[0] == 0
    assert dates(desk, ticket_id)[0] == at(1)
    assert guichet("sla", "remove", "other")[:2] == (0, "other is removed\n")
    assert dates(desk, ticket_id)[0] == at(2)


def test_dates_follow_a_change_of_category(
    guichet: Guichet,
    desk: Database,  # noqa: F811
) -> None:
    ticket_id = a_p3(desk)
    an_agent(desk, "bea")
    guichet("sla", "add", "net", "--category", "network", "--first-response", "30", "--position", "0")
    assert dates(desk, ticket_id)[0] == at(2)

    assert guichet("ticket", "reclassify", str(ticket_id), "--category", "network", "--as", "bea")[0] == 0

    assert dates(desk, ticket_id)[0] == at(0.5)


def test_what_a_level_asks_can_be_taken_back(guichet: Guichet, desk: Database) -> None:  # noqa: F811
    guichet("sla", "add", "narrow", "--vip", "--priority", "P1", "--resolution", "60", "--pause", "")
    guichet("sla", "change", "narrow", "--everybody", "--tier", "L2")

    shown = json.loads(guichet("sla", "show", "narrow", "--json")[1])

    assert (shown["conditions"], shown["pauses"]) == ({"tiers": ["L2"]}, [])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("explain", "nonsense"), "there is no ticket 'nonsense'"),
        (("explain", "INC-000999"), "there is no ticket 'INC-000999'"),
        (("show", "none"), "there is no service level 'none'"),
        (("add", "empty"), "promises nothing"),
        (("add", "p1", "--resolution", "60"), "already"),
        (("add", "odd", "--ola", "--resolution", "60"), "no target"),
        (("add", "odd", "--resolution", "60", "--calendar", "none"), "there is no calendar 'none'"),
        (("add", "odd", "--resolution", "60", "--pause", "rain"), "no reason of a hold"),
        (("change", "p1", "--first-response", "0", "--next-response", "0", "--resolution", "0"), "nothing"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    guichet: Guichet,
    desk: Database,  # noqa: F811
    arguments: tuple[str, ...],
    why: str,
) -> None:
    code, _, complaint = guichet("sla", *arguments)

    assert code == 1
    assert why in complaint
