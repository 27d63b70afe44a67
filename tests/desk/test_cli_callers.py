"""Whoever calls again is the same person, and all that somebody asked for is found by the address."""

from __future__ import annotations

import json

import pytest

from identity.agents.queries import KnownAgent
from storage.database import Database
from tests.desk.commands import Guichet
from tests.desk.promised import desk, guichet, var
from tests.ticketing.builders import ANA, a_conversation
from tests.ticketing.teams import an_agent
from tests.ticketing.tickets import a_ticket, ticket_of

__all__ = ["desk", "guichet", "var"]

CALL = ("ticket", "open", "--text", "no network", "--as", "bea")


@pytest.fixture
def bea(desk: Database) -> KnownAgent:
    return an_agent(desk, "bea")


def opened(guichet: Guichet, *who: str) -> int:
    code, said, complaint = guichet(*CALL, *who, "--json")
    assert code == 0, complaint
    return int(json.loads(said)["number"].partition("-")[2])


def test_an_address_that_is_known_is_not_made_another_person_by_accident(
    guichet: Guichet,
    desk: Database,
    bea: KnownAgent,
) -> None:
    first = ticket_of(desk, opened(guichet, "--name", "Dan", "--email", "dan@example.org")).requester_id

    code, _, complaint = guichet(*CALL, "--name", "Danny", "--email", "Dan@Example.org")

    assert code == 1
    assert f"Dan@Example.org is known, as number {first} (Dan): --for NUMBER" in complaint
    assert "--new if it is not" in complaint
    again = ticket_of(desk, opened(guichet, "--for", str(first)))
    other = ticket_of(desk, opened(guichet, "--name", "D.", "--email", "dan@example.org", "--new"))
    assert again.requester_id == first
    assert other.requester_id != first


def test_an_address_that_a_site_vouches_for_is_not_taken_by_a_caller(
    guichet: Guichet,
    desk: Database,
    bea: KnownAgent,
) -> None:
    known = a_conversation(desk, identity=ANA)

    code, _, complaint = guichet(*CALL, "--name", "Eve", "--email", str(ANA.email))

    assert code == 1
    assert f"as number {known.person_id} (" in complaint


def test_the_list_has_the_tickets_of_everybody_with_an_address(
    guichet: Guichet,
    desk: Database,
    bea: KnownAgent,
) -> None:
    one = opened(guichet, "--name", "Dan", "--email", "dan@example.org")
    two = opened(guichet, "--name", "D.", "--email", "dan@example.org", "--new")
    a_ticket(desk)

    listed = json.loads(guichet("ticket", "list", "--requester", "DAN@example.org", "--json")[1])["tickets"]

    assert {int(each["number"].partition("-")[2]) for each in listed} == {one, two}
    assert guichet("ticket", "list", "--requester", "nobody@example.org")[0] == 1
