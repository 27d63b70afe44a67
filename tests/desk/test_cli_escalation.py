"""`guichet escalation`: rules that act when a ticket has waited for too long."""

from __future__ import annotations

import json

import pytest

from storage.database import Database
from tests.desk.commands import Guichet
from tests.desk.promised import desk  # noqa: F401
from tests.ticketing.promised import a_p3, at, dates


def test_the_shipped_rules_are_listed_in_words(guichet: Guichet, desk: Database) -> None:  # noqa: F811
    code, said, _ = guichet("escalation", "list")
    _, facts, _ = guichet("escalation", "list", "--json")

    assert code == 0
    assert {"resolution", "P1,", "P2", "75", "L2"} <= set(said.replace("-", " ").split())
    assert [rule["key"] for rule in json.loads(facts)["rules"]] == ["urgent-unassigned", "resolution-at-risk"]


def test_a_rule_is_added_changed_and_removed(guichet: Guichet, desk: Database) -> None:  # noqa: F811
    ticket_id = a_p3(desk)
    added = guichet("escalation", "add", "slow", "--priority", "P3", "--unassigned", "45", "--tell-lead")
    moment = dates(desk, ticket_id)[1]
    changed = guichet("escalation", "change", "slow", "--unassigned", "60", "--to-tier", "L2")
    later = dates(desk, ticket_id)[1]
    assert "vip: yes" in guichet("escalation", "add", "vips", "--vip", "--unassigned", "5", "--tell-lead")[1]
    assert guichet("escalation", "remove", "vips")[:2] == (0, "vips is removed\n")
    _, said, _ = guichet("escalation", "remove", "slow", "--json")

    assert (added[0], changed[0]) == (0, 0)
    assert (moment, later, dates(desk, ticket_id)[1]) == (at(0.75), at(1), at(1.5))
    assert json.loads(said)["deed"] == {"to_tier": "L2", "tells_lead": True}


def test_a_rule_that_is_off_does_not_act(guichet: Guichet, desk: Database) -> None:  # noqa: F811
    guichet("escalation", "add", "slow", "--unassigned", "45", "--tell-lead")
    ticket_id = a_p3(desk)

    assert guichet("escalation", "change", "slow", "--off")[0] == 0

    assert dates(desk, ticket_id)[1] == at(1.5)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("change", "none"), "there is no escalation rule 'none'"),
        (("remove", "none"), "there is no escalation rule 'none'"),
        (("add", "idle", "--unassigned", "5"), "it does nothing"),
        (("add", "idle", "--tell-lead"), "say what it waits for"),
        (("add", "both", "--unassigned", "5", "--used", "5"), "waits for one thing"),
        (("add", "odd", "--used", "50", "--target", "pick_up", "--tell-lead"), "between teams"),
        (("add", "odd", "--used", "50", "--target", "x", "--tell-lead"), "is no target"),
        (("add", "odd", "--used", "0", "--tell-lead"), "percent"),
        (("add", "odd", "--unassigned", "5", "--to-tier", "L9"), "is no tier"),
        (("add", "odd", "--unassigned", "5", "--tell-lead", "--group", "x"), "there is no group 'x'"),
        (("add", "odd", "--unassigned", "5", "--tell-lead", "--category", "x"), "there is no category 'x'"),
        (("add", "odd", "--unassigned", "5", "--tell-lead", "--priority", "P9"), "is no priority"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    guichet: Guichet,
    desk: Database,  # noqa: F811
    arguments: tuple[str, ...],
    why: str,
) -> None:
    code, _, complaint = guichet("escalation", *arguments)

    assert code == 1
    assert why in complaint
