"""`guichet agent`: the team, who is there, and what those who are not still have."""

from __future__ import annotations

import pytest

from desk.demo.team import AGENTS, GROUPS, MEMBERS, seed_team
from identity.agents.logic import Presence
from identity.agents.operations import change_agent
from identity.agents.queries import all_agents
from storage.database import Database
from tests.databases import NOW
from tests.desk.administered import desk, refused, told  # noqa: F401
from tests.desk.commands import Guichet
from tests.ticketing.teams import a_group, a_member, an_agent
from tests.ticketing.tickets import a_ticket
from ticketing.groups.logic import HANDFUL, AssignmentMethod
from ticketing.groups.queries import all_groups, members_of
from ticketing.tickets.assigning import assign_ticket

pytestmark = pytest.mark.usefixtures("desk")

NOOR = ("agent", "add", "noor", "--name", "Noor Demo", "--email", "noor@example.org")


def test_an_agent_is_added_shown_and_changed(guichet: Guichet) -> None:
    added = told(guichet, *NOOR)
    changed = told(guichet, "agent", "change", "noor", "--language", "fr", "--name", "Noor Exemple")

    assert added == {
        "key": "noor",
        "name": "Noor Demo",
        "email": "noor@example.org",
        "language": "en",
        "presence": "present",
        "active": True,
        "open_tickets": 0,
        "groups": [],
    }
    assert changed == {**added, "language": "fr", "name": "Noor Exemple"}
    assert told(guichet, "agent", "show", "noor") == changed
    code, said, _ = guichet("agent", "list")
    assert code == 0
    assert {"noor", "Exemple", "present", "none"} <= set(said.split())


def test_a_list_without_agents_says_how_to_add_one(guichet: Guichet) -> None:
    assert guichet("agent", "list")[:2] == (0, "no agents; `guichet agent add` adds one\n")
    assert told(guichet, "agent", "list") == {"agents": []}


def test_who_goes_away_is_told_what_stays_with_them(guichet: Guichet, desk: Database) -> None:  # noqa: F811
    ana = a_member(desk, "workplace", an_agent(desk, "ana"), skills={"toner"}, is_lead=True)
    desk.write(assign_ticket, a_ticket(desk), ana.id, actor=ana.actor, now=NOW)

    code, said, _ = guichet("agent", "away", "ana")

    assert code == 0
    assert "still with ana: 1 open ticket; see `guichet ticket list --assignee ana`" in said
    shown = told(guichet, "agent", "present", "ana")
    assert (shown["presence"], shown["open_tickets"]) == ("present", 1)
    assert shown["groups"] == [{"group": "workplace", "tier": "L1", "skills": ["toner"], "lead": True}]


def test_whoever_comes_back_is_given_what_waited(guichet: Guichet, desk: Database) -> None:  # noqa: F811
    group = a_group(desk, "workplace", method=AssignmentMethod.ROUND_ROBIN)
    a_member(desk, group, an_agent(desk, "ana", presence=Presence.AWAY))
    for _ in range(HANDFUL + 1):
        a_ticket(desk)

    back = told(guichet, "agent", "present", "ana")
    assert (back["given_out"], back["open_tickets"]) == (HANDFUL, HANDFUL)
    assert "given_out" not in told(guichet, "agent", "present", "ana")
    a_member(desk, group, an_agent(desk, "bea", is_active=False))
    said = guichet("agent", "change", "bea", "--active")[1]
    assert "1 that waited was given out" in said


def test_who_has_left_is_in_the_whole_list_only(guichet: Guichet) -> None:
    told(guichet, *NOOR)
    told(guichet, "agent", "change", "noor", "--inactive")

    assert told(guichet, "agent", "list") == {"agents": []}
    assert [agent["active"] for agent in told(guichet, "agent", "list", "--all")["agents"]] == [False]
    assert "not active" in refused(guichet, "agent", "present", "noor")
    assert told(guichet, "agent", "change", "noor", "--active")["active"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("show", "sam"), "there is no agent 'sam'; `guichet agent list` shows them"),
        (("away", "sam"), "there is no agent 'sam'"),
        (("change", "sam", "--inactive"), "there is no agent 'sam'"),
        (("change", "sam"), "nothing is named"),
        (("add", "S am", "--name", "Sam", "--email", "sam@example.org"), "a key is"),
        (("add", "sam", "--name", "Sam", "--email", "sam"), "no mail address"),
        (("add", "sam", "--name", "Sam", "--email", "sam@example.org", "--language", "de"), "languages"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(guichet: Guichet, arguments: tuple[str, ...], why: str) -> None:
    assert why in refused(guichet, "agent", *arguments)


def test_the_demo_has_a_team_once(desk: Database) -> None:  # noqa: F811
    seed_team(desk)
    desk.write(change_agent, "kim", {"name": "Somebody Else"})

    seed_team(desk)

    assert {agent.key for agent in desk.read(all_agents)} == set(AGENTS)
    assert {agent.name for agent in desk.read(all_agents)} >= {"Somebody Else", "Noor Demo"}
    groups = desk.read(all_groups)
    assert {group.key for group in groups} == set(GROUPS)
    found = {(group.key, m.agent.key) for group in groups for m in desk.read(members_of, group.key)}
    assert found == set(MEMBERS)
    tiers = {m.tier.value for group in groups for m in desk.read(members_of, group.key)}
    assert tiers == {"L1", "L2"}


def test_an_installation_with_a_team_of_its_own_gets_no_other(desk: Database) -> None:  # noqa: F811
    an_agent(desk, "ana")

    seed_team(desk)

    assert [agent.key for agent in desk.read(all_agents)] == ["ana"]
