"""`guichet problem`: the team opens problems, says what helps, and ends incidents with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storage.database import Database
from tests.desk.commands import Guichet
from tests.ticketing.teams import a_member, an_agent
from tests.ticketing.tickets import a_ticket, journal, ticket_of
from ticketing.tickets.logic import EntryKind, ResolutionCode, Status


@pytest.fixture
def desk(var: Path, guichet: Guichet, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The database of an installation, with an agent who acts."""
    assert guichet("db", "upgrade")[0] == 0
    database = Database(f"sqlite:///{var / 'guichet.db'}", threads=2)
    an_agent(database, "mia")
    monkeypatch.setenv("GUICHET_AGENT", "mia")
    yield database
    database.close()


def told(guichet: Guichet, *arguments: str) -> dict[str, Any]:
    """What a command says as JSON."""
    code, said, complaint = guichet("problem", *arguments, "--json")
    assert (code, complaint) == (0, ""), complaint
    facts: dict[str, Any] = json.loads(said)
    return facts


def number_of(ticket_id: int) -> str:
    return f"INC-{ticket_id:06d}"


def test_a_problem_goes_its_whole_way_with_its_incidents(guichet: Guichet, desk: Database) -> None:
    first, second, wrong = (a_ticket(desk) for _ in range(3))

    opened = told(guichet, "open", "Printing stops", "--incident", number_of(first))
    number = opened["number"]
    assert (opened["status"], opened["incidents"], opened["priority"]) == ("new", 1, "P4")
    told(guichet, "link", number, number_of(wrong), number_of(second))
    assert told(guichet, "unlink", number, number_of(wrong))["incidents"] == 2
    told(guichet, "note", number, "since the update")
    assert told(guichet, "reclassify", number, "--impact", "high", "--urgency", "high")["priority"] == "P1"
    assert told(guichet, "move", number, "under_investigation")["status"] == "under_investigation"
    assert told(guichet, "cause", number, "a worn cable")["status"] == "known_error"
    assert told(guichet, "workaround", number, "use the tray below")["told"] == 2
    assert told(guichet, "workaround", number, "use the tray below")["told"] == 0
    resolved = told(guichet, "resolve", number, "a new cable")
    assert resolved["still_open"] == [number_of(first), number_of(second)]
    closed = told(guichet, "close", number, "--resolve-incidents", "--text", "It prints again.")

    assert (closed["status"], closed["resolved"], closed["still_open"]) == (
        "closed",
        [number_of(first), number_of(second)],
        [],
    )
    ticket = ticket_of(desk, first)
    assert (ticket.status, ticket.resolution_code) == (Status.RESOLVED, ResolutionCode.BY_PROBLEM)
    assert not [entry for entry in journal(desk, wrong) if entry.kind is EntryKind.REPLIED]
    assert guichet("audit", "verify")[0] == 0


def test_what_is_still_open_is_said_with_what_resolves_it(guichet: Guichet, desk: Database) -> None:
    ticket_id = a_ticket(desk)
    number = told(guichet, "open", "Printing stops", "--incident", number_of(ticket_id))["number"]
    told(guichet, "cause", number, "a worn cable")

    for step in (("resolve", number, "a new cable"), ("close", number)):
        said = guichet("problem", *step)[1]
        assert f"still open: {number_of(ticket_id)}" in said
        assert f"guichet problem close {number} --resolve-incidents" in said

    assert told(guichet, "close", number, "--resolve-incidents")["resolved"] == [number_of(ticket_id)]


def test_what_was_done_stands_under_the_agent_who_did_it(guichet: Guichet, desk: Database) -> None:
    number = told(guichet, "open", "Printing stops", "--incident", number_of(a_ticket(desk)))["number"]
    told(guichet, "cause", number, "a worn cable")
    told(guichet, "workaround", number, "use the tray below")

    code, said, _ = guichet("problem", "show", number)

    assert code == 0
    assert "Mia: cause found (status known_error): a worn cable" in said
    assert "desk: workaround told INC-" in said
    assert "was told the way round" in said
    facts = told(guichet, "show", number)
    assert facts["root_cause"] == "a worn cable"
    assert facts["journal"][0]["kind"] == "opened"
    assert facts["linked"][0]["knows_workaround"] is True


def test_problems_are_listed_and_found_by_what_they_are_about(guichet: Guichet, desk: Database) -> None:
    assert guichet("problem", "list")[1] == "no problems\n"
    incident = number_of(a_ticket(desk))
    told(guichet, "open", "Printing on floor 2 stops", "--incident", incident)
    told(guichet, "open", "[b]Mail[/b] is slow", "--group", "service-desk", "--category", "mail")

    code, said, _ = guichet("problem", "list")

    assert (code, said.splitlines()[-1]) == (0, "2 problems")
    assert "[b]Mail[/b] is slow" in " ".join(said.split())
    found = told(guichet, "list", "--like", "printing stops")["problems"]
    assert [each["summary"] for each in found] == ["Printing on floor 2 stops"]
    assert 0 < found[0]["score"] <= 1
    assert told(guichet, "list", "--status", "closed")["problems"] == []
    assert "alike" in guichet("problem", "list", "--like", "printing stops")[1]


def test_a_problem_is_given_to_an_agent_of_its_group(guichet: Guichet, desk: Database) -> None:
    number = told(guichet, "open", "Slow", "--group", "service-desk", "--category", "network")["number"]

    assert "only active members" in guichet("problem", "assign", number, "mia")[2]
    a_member(desk, "service-desk", an_agent(desk, "lou"))
    assert told(guichet, "assign", number, "lou")["assignee"] == "Lou"
    assert told(guichet, "assign", number)["assignee"] is None


REFUSALS = [
    (("show", "PRB-000099"), "there is no such problem"),
    (("show", "nonsense"), "is not the number of a problem"),
    (("list", "--group", "nope"), "there is no group 'nope'"),
    (("open", "Slow"), "name a group and a category"),
    (("open", "Slow", "--incident", "INC-000099"), "there is no ticket 'INC-000099'"),
    (("close", "1"), "cannot become closed: it is new"),
    (("move", "1", "known_error"), "its cause is not known yet"),
    (("resolve", "1", "a new cable", "--resolve-incidents"), "cannot become resolved: it is new"),
    (("workaround", "1"), "say what helps"),
    (("workaround", "1", "x", "--none"), "say what helps"),
    (("workaround", "1", " "), "there is nothing to tell"),
    (("reclassify", "1"), "name --impact, --urgency or both"),
    (("note", "1", "x", "--as", "nobody"), "there is no agent 'nobody'"),
]


@pytest.mark.parametrize(("arguments", "why"), REFUSALS)
def test_a_refusal_is_one_sentence(
    guichet: Guichet, desk: Database, arguments: tuple[str, ...], why: str
) -> None:
    told(guichet, "open", "Slow", "--group", "service-desk", "--category", "network")

    code, said, complaint = guichet("problem", *arguments)

    assert (code, said, complaint.count("\n")) == (1, "", 1)
    assert why in complaint


def test_whoever_acts_must_be_named(
    guichet: Guichet, desk: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GUICHET_AGENT")

    assert "say who acts" in guichet("problem", "note", "1", "x")[2]
