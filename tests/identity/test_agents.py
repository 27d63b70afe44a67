"""The people of the team: added, changed, present or away, and never deleted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.agents.errors import AgentRefused, AgentUnknown
from identity.agents.logic import Presence, agent_actor, agent_id_of, why_not_agent_key
from identity.agents.operations import add_agent, change_agent, set_presence
from identity.agents.queries import agent_by_key, all_agents, find_agent
from storage.database import Database
from tests.databases import NOW, at_once, errors, values

NOOR = {"name": "Noor  Demo", "email": "noor@Example.org", "language": "fr"}


def add(db: Database, key: str = "noor", **changes: str) -> Any:
    return db.write(add_agent, key, **{**NOOR, **changes}, now=NOW)


def test_a_new_agent_is_there_and_can_be_given_work(db: Database) -> None:
    noor = add(db)

    assert (noor.name, noor.email, noor.language) == ("Noor Demo", "noor@example.org", "fr")
    assert (noor.is_active, noor.is_present, noor.created_at) == (True, True, NOW)
    assert db.read(agent_by_key, "noor") == noor == db.read(find_agent, agent_id_of(noor.actor))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"key": "Noor"}, "a key is"),
        ({"key": "noor demo"}, "a key is"),
        ({"name": " "}, "needs a name"),
        ({"email": "noor"}, "'noor' is no mail address"),
        ({"language": "de"}, "none of the languages: en, fr"),
    ],
)
def test_an_agent_that_cannot_be_so_is_refused_in_words(
    db: Database, changes: dict[str, str], why: str
) -> None:
    with pytest.raises(AgentRefused, match=why):
        add(db, **changes)

    assert db.read(all_agents) == ()


def test_of_two_who_add_the_same_agent_at_once_one_is_told(db: Database) -> None:
    results = at_once(2, lambda _: add(db))

    assert (len(values(results)), [type(error) for error in errors(results)]) == (1, [AgentRefused])


def test_only_what_is_named_changes(db: Database) -> None:
    before = add(db)

    after = db.write(change_agent, "noor", {"name": "Noor Exemple"})

    assert (after.name, after.email, after.language, after.key) == (
        "Noor Exemple",
        before.email,
        before.language,
        before.key,
    )
    with pytest.raises(AgentUnknown, match="'sam'"):
        db.write(change_agent, "sam", {})


def test_an_agent_is_away_and_present_again(db: Database) -> None:
    add(db)

    assert not db.write(set_presence, "noor", Presence.AWAY).is_present
    assert db.write(set_presence, "noor", Presence.PRESENT).is_present


def test_who_is_not_active_any_more_stays_on_file_and_is_not_present(db: Database) -> None:
    add(db)
    add(db, "alex")
    gone = db.write(change_agent, "noor", {"is_active": False})

    with pytest.raises(AgentRefused, match="not active"):
        db.write(set_presence, "noor", Presence.PRESENT)

    assert gone in db.read(all_agents)
    assert [agent.key for agent in db.read(lambda s: all_agents(s, with_inactive=False))] == ["alex"]
    assert db.write(change_agent, "noor", {"is_active": True}).is_active


@given(st.integers(0, 2**31 - 1))
def test_an_actor_names_its_agent(agent_id: int) -> None:
    assert agent_id_of(agent_actor(agent_id)) == agent_id


@pytest.mark.parametrize("actor", [None, "", "desk", "person:7", "agent:", "agent:x", "agent:-1", "7"])
def test_whoever_is_no_agent_has_no_number(actor: str | None) -> None:
    assert agent_id_of(actor) is None


@pytest.mark.parametrize("key", ["a", "noor", "noor.demo", "n-d_2", "x" * 64])
def test_a_key_is_what_can_be_typed(key: str) -> None:
    assert why_not_agent_key(key) is None


@pytest.mark.parametrize("key", ["", ".a", "a.", "A", "a b", "é", "x" * 65, "a\n"])
def test_what_is_no_key_is_refused(key: str) -> None:
    assert why_not_agent_key(key)
