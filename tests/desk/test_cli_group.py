"""`guichet group`: teams with tiers, members and mailboxes of their own."""

from __future__ import annotations

import pytest

from storage.database import Database
from tests.databases import NOW
from tests.desk.administered import desk, refused, told  # noqa: F401
from tests.desk.commands import Guichet
from tests.ticketing.teams import an_agent
from tests.ticketing.tickets import a_ticket
from ticketing.tickets.assigning import assign_ticket

pytestmark = pytest.mark.usefixtures("desk")

FACILITIES = (
    *("group", "add", "facilities", "--name-en", "Facilities", "--name-fr", "Services généraux"),
    *("--tier", "L1", "--tier", "L2", "--method", "round_robin", "--email", "fm@example.org"),
)


def test_a_group_outside_it_is_added_with_its_people(guichet: Guichet, desk: Database) -> None:  # noqa: F811
    an_agent(desk, "mira")
    an_agent(desk, "jan")
    added = told(guichet, *FACILITIES)
    told(guichet, "group", "member", "add", "facilities", "mira")
    member = told(
        guichet, "group", "member", "add", "facilities", "jan", "--tier", "L2", "--skill", "voltage", "--lead"
    )

    shown = told(guichet, "group", "show", "facilities")

    assert added == {
        "key": "facilities",
        "names": {"en": "Facilities", "fr": "Services généraux"},
        "tiers": ["L1", "L2"],
        "method": "round_robin",
        "escalates_to": None,
        "email": "fm@example.org",
        "language": None,
        "members": [],
    }
    assert (member["group"], member["tier"], member["skills"], member["lead"]) == (
        "facilities",
        "L2",
        ["voltage"],
        True,
    )
    assert [each["agent"] for each in shown["members"]] == ["mira", "jan"]
    code, said, _ = guichet("group", "show", "facilities")
    assert code == 0
    assert {"facilities", "round", "robin", "mira", "jan", "voltage"} <= set(said.replace(",", "").split())


def test_the_shipped_groups_are_listed(guichet: Guichet) -> None:
    keys = [group["key"] for group in told(guichet, "group", "list")["groups"]]

    assert keys == ["applications", "network", "security", "service-desk", "workplace"]
    code, said, _ = guichet("group", "list")
    assert code == 0
    assert "manual" in said


def test_an_empty_value_takes_something_away(guichet: Guichet) -> None:
    told(guichet, *FACILITIES, "--escalates-to", "workplace", "--language", "fr")

    changed = told(
        guichet, "group", "change", "facilities", "--escalates-to", "", "--email", "", "--language", ""
    )

    assert (changed["escalates_to"], changed["email"], changed["language"]) == (None, None, None)
    assert changed["tiers"] == ["L1", "L2"]


def test_who_leaves_a_group_with_open_tickets_is_named(guichet: Guichet, desk: Database) -> None:  # noqa: F811
    ana = an_agent(desk, "ana")
    told(guichet, "group", "member", "add", "workplace", "ana")
    desk.write(assign_ticket, a_ticket(desk), ana.id, actor=ana.actor, now=NOW)

    code, said, _ = guichet("group", "member", "remove", "workplace", "ana")

    assert code == 0
    assert "still with them: 1 open ticket of it" in said
    assert "not in the group" in refused(guichet, "group", "member", "remove", "workplace", "ana")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("show", "plumbers"), "there is no group 'plumbers'; `guichet group list` shows them"),
        (("add", "Plumbers", "--name-en", "Plumbers"), "a key is"),
        (("add", "plumbers"), "a name is missing"),
        (("add", "network", "--name-en", "Network"), "already"),
        (("change", "network"), "nothing is named"),
        (("change", "network", "--tier", "L2", "--tier", "L1"), "tiers go up"),
        (("change", "network", "--escalates-to", "network"), "in a circle: network → network"),
        (("change", "network", "--email", "nowhere"), "no mail address"),
        (("member", "add", "network", "sam"), "no agent 'sam'"),
        (("member", "add", "plumbers", "sam"), "no group 'plumbers'"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(guichet: Guichet, arguments: tuple[str, ...], why: str) -> None:
    assert why in refused(guichet, "group", *arguments)


def test_what_lies_in_a_group_is_given_out_when_it_gets_a_method_or_a_member(
    guichet: Guichet,
    desk: Database,  # noqa: F811
) -> None:
    an_agent(desk, "ana")
    a_ticket(desk)
    assert "given_out" not in told(guichet, "group", "member", "add", "workplace", "ana")

    assert told(guichet, "group", "change", "workplace", "--method", "least_work")["given_out"] == 1

    told(guichet, "group", "member", "remove", "workplace", "ana")
    a_ticket(desk)
    an_agent(desk, "bea")
    member = told(guichet, "group", "member", "add", "workplace", "bea")
    assert (member["given_out"], member["open_tickets"]) == (1, 1)
