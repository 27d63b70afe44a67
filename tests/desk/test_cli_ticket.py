"""`guichet ticket`: the team's work from the command line, each deed under the agent who did it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from identity.agents.queries import KnownAgent
from storage.database import Database, DatabaseUnavailable
from tests.desk.commands import Guichet
from tests.ticketing.builders import ANA, a_conversation
from tests.ticketing.families import a_family
from tests.ticketing.teams import L1, L2, a_group, a_member, an_agent
from tests.ticketing.tickets import a_ticket, journal, ticket_of
from ticketing.tickets import reaching
from ticketing.tickets.logic import EntryKind, ResolutionCode, Status
from ticketing.tickets.verifying import verify_journal

HERE = "workplace"
"""Where a ticket about a printer goes."""

Do = Callable[..., dict[str, Any]]


@pytest.fixture
def desk(var: Path, guichet: Guichet) -> Iterator[Database]:
    """The database of an installation."""
    assert guichet("db", "upgrade")[0] == 0
    database = Database(f"sqlite:///{var / 'guichet.db'}", threads=2)
    yield database
    database.close()


@pytest.fixture
def bea(desk: Database, monkeypatch: pytest.MonkeyPatch) -> KnownAgent:
    """An agent of the group, who acts wherever nobody else is named."""
    a_group(desk, HERE, tiers=(L1, L2))
    monkeypatch.setenv("GUICHET_AGENT", "bea")
    return a_member(desk, HERE, an_agent(desk, "bea"))


@pytest.fixture
def do(guichet: Guichet) -> Do:
    """Run a command of `guichet ticket` and read its JSON."""

    def run(*arguments: object) -> dict[str, Any]:
        code, said, complaint = guichet("ticket", *map(str, arguments), "--json")
        assert (code, complaint) == (0, ""), complaint
        facts = json.loads(said)
        assert isinstance(facts, dict)
        return facts

    return run


def refused(guichet: Guichet, *arguments: object) -> str:
    code, said, complaint = guichet("ticket", *map(str, arguments))
    assert (code, said) == (1, "")
    assert len(complaint.splitlines()) == 1
    return complaint


def test_a_life_from_the_command_line(desk: Database, bea: KnownAgent, do: Do) -> None:
    ticket_id = a_ticket(desk, a_conversation(desk, identity=ANA))

    assert do("assign", ticket_id, "bea")["status"] == "assigned"
    assert do("start", f"inc {ticket_id}")["status"] == "in_progress"
    assert do("hold", ticket_id, "supplier", "--reason", "a part is missing")["hold_reason"] == "supplier"
    assert do("start", ticket_id)["hold_reason"] is None
    assert do("reply", ticket_id, "We have the part.")["entry"] == 6
    assert do("note", ticket_id, "It cost a lot.")["entry"] == 7
    assert do("reclassify", ticket_id, "--impact", "high", "--urgency", "high")["priority"] == "P1"
    assert do("resolve", ticket_id, "--code", "fixed", "--text", "New fuser.")["status"] == "resolved"
    assert do("reopen", ticket_id, "--reason", "smoke again")["assignee"] == "Bea"
    do("resolve", ticket_id, "--code", "workaround", "--text", "Open the window.")
    assert do("close", ticket_id)["status"] == "closed"

    assert {entry.actor for entry in journal(desk, ticket_id)[1:]} == {bea.actor}
    assert ticket_of(desk, ticket_id).resolution_code is ResolutionCode.WORKAROUND
    assert desk.read(verify_journal, ticket_id) is None


def test_a_ticket_goes_up_and_comes_back(desk: Database, bea: KnownAgent, do: Do) -> None:
    a_group(desk, "network")
    ticket_id = a_ticket(desk)

    assert do("escalate", ticket_id, "--reason", "needs the vendor")["tier"] == "L2"
    assert do("decline", ticket_id, "--reason", "try the fuse")["tier"] == "L1"
    assert do("transfer", ticket_id, "network", "--reason", "a switch")["group"] == "network"
    do("transfer", ticket_id, HERE, "--reason", "no switch")
    do("assign", ticket_id, "bea")
    assert do("unassign", ticket_id)["assignee"] is None
    assert do("cancel", ticket_id, "--text", "You have a new printer.")["status"] == "cancelled"


def test_what_belongs_together(desk: Database, bea: KnownAgent, do: Do) -> None:
    one, other, third, main = (a_ticket(desk) for _ in range(4))

    assert do("merge", one, other)["into"] == f"INC-{other:06d}"
    assert do("unmerge", one)["status"] == "new"
    assert do("parent", one, main)["parent"]
    do("parent", other, main)
    do("parent", other, "--none")
    assert do("duplicate", third, other, "--text", "See there.")["duplicate_of"] == f"INC-{other:06d}"
    new = do("split", other, "--text", "And my mouse is dead")["new"]
    do("resolve", main, "--code", "fixed", "--text", "New fuse.")

    assert [ticket_of(desk, each).status for each in (one, other)] == [Status.RESOLVED, Status.NEW]
    assert do("show", new)["description"] == "And my mouse is dead"


def test_a_command_on_a_parent_reaches_its_children_and_says_how_many(
    desk: Database, bea: KnownAgent, do: Do
) -> None:
    parent, children = a_family(desk, *[Status.NEW] * 3)

    assert do("reply", parent, "We are on it.")["children_reached"] == 3
    do("cancel", children[0], "--text", "You have a new one.")
    resolved = do("resolve", parent, "--code", "fixed", "--text", "New fuse.")

    assert resolved["children_reached"] == 2
    assert [ticket_of(desk, each).status for each in children[1:]] == [Status.RESOLVED] * 2
    assert "children_reached" not in do("note", parent, "It was old.")


def test_children_that_a_command_cannot_reach_are_left_to_the_desk(
    desk: Database, bea: KnownAgent, do: Do, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, _ = a_family(desk, Status.NEW, Status.NEW)

    def locked(*_: object, **__: object) -> int:
        raise DatabaseUnavailable

    monkeypatch.setattr(reaching, "reach_children", locked)
    said = do("reply", parent, "We are on it.")

    assert (said["children_reached"], said["children_left"]) == (0, 2)
    assert desk.read(reaching.families_to_reach) == (parent,)


def test_what_lies_beside_it(
    desk: Database, bea: KnownAgent, do: Do, guichet: Guichet, tmp_path: Path
) -> None:
    an_agent(desk, "carl")
    ticket_id = a_ticket(desk)
    log = tmp_path / "printer.log"
    log.write_text("smoke")

    assert do("tag", ticket_id, "VPN", "Berlin  Mitte")["tags"] == ["berlin-mitte", "vpn"]
    assert do("tag", ticket_id, "vpn", "--remove")["tags"] == ["berlin-mitte"]
    assert do("watch", ticket_id)["watchers"] == [bea.actor]
    assert len(do("watch", ticket_id, "--agent", "carl")["watchers"]) == 2
    do("watch", ticket_id, "--remove")
    entry = do("attach", ticket_id, log)["entry"]
    do("file", ticket_id, entry, tmp_path / "again.log")

    assert (tmp_path / "again.log").read_text() == "smoke"
    assert do("show", ticket_id)["watchers"] == ["Carl"]
    assert "not there" not in refused(guichet, "file", ticket_id, entry, tmp_path / "again.log")
    assert "brought no file" in refused(guichet, "file", ticket_id, 1, tmp_path / "x")
    assert ".pdf" in refused(guichet, "attach", ticket_id, __file__)


def test_a_file_that_somebody_changed_is_not_handed_out(
    desk: Database, bea: KnownAgent, do: Do, guichet: Guichet, tmp_path: Path, var: Path
) -> None:
    ticket_id = a_ticket(desk)
    (tmp_path / "a.txt").write_text("smoke")
    entry = do("attach", ticket_id, tmp_path / "a.txt")["entry"]
    [kept] = [path for path in (var / "attachments").rglob("*") if path.is_file()]
    kept.write_text("no smoke")

    assert "not as it was" in refused(guichet, "file", ticket_id, entry, tmp_path / "b.txt")
    assert not (tmp_path / "b.txt").exists()


def test_somebody_phones(desk: Database, bea: KnownAgent, do: Do, guichet: Guichet) -> None:
    a_conversation(desk, identity=ANA)

    known = do("open", "--for", "ana@example.org", "--text", "the printer is on fire")
    stranger = do(
        "open", "--name", "Dan", "--email", "dan@example.org", "--text", "no network", "--lang", "fr"
    )

    assert do("show", known["number"])["requester"] == "Ana"
    told = do("show", stranger["number"])
    assert (told["requester"], told["channel"], told["language"]) == ("Dan", "phone", "fr")
    assert told["journal"][0]["actor"] == bea.actor
    assert "nobody is known" in refused(guichet, "open", "--for", "x@example.org", "--text", "a")
    assert "for whom" in refused(guichet, "open", "--text", "a")
    assert "mail address" in refused(guichet, "open", "--email", "no", "--text", "a")
    assert "nothing to write" in refused(guichet, "open", "--for", "ana@example.org", "--text", " ")


def test_what_an_agent_names_must_exist(desk: Database, bea: KnownAgent, do: Do, guichet: Guichet) -> None:
    a_conversation(desk, identity=ANA)
    ticket_id = a_ticket(desk)
    call = ("open", "--for", "ana@example.org", "--text", "no paper")

    for told in (
        refused(guichet, *call, "--category", "nope"),
        refused(guichet, "split", ticket_id, "--text", "no paper", "--category", "nope"),
    ):
        assert "there is no category 'nope'; there are " in told
        assert ", printing" in told
    assert "there is no category 'nope'" in refused(guichet, "list", "--category", "nope")
    assert "there is no group 'nope'" in refused(guichet, "list", "--group", "nope")
    assert len(do("list", "--all")["tickets"]) == 1
    assert guichet("route", "category", "change", "printing", "--off")[0] == 0
    assert "'printing' is switched off" in refused(guichet, *call, "--category", "printing")


def test_lists_choose_and_go_on(desk: Database, bea: KnownAgent, do: Do, guichet: Guichet) -> None:
    ids = [a_ticket(desk) for _ in range(3)]
    do("assign", ids[0], "bea")
    do("tag", ids[1], "vpn")
    do("cancel", ids[2], "--text", "no")

    def listed(*arguments: str) -> list[str]:
        return [each["number"] for each in do("list", *arguments)["tickets"]]

    numbers = [f"INC-{each:06d}" for each in ids]
    assert sorted(listed()) == numbers[:2]
    assert sorted(listed("--all")) == numbers
    assert listed("--mine") == listed("--assignee", "bea") == numbers[:1]
    assert listed("--unassigned") == listed("--tag", "VPN") == numbers[1:2]
    assert listed("--status", "cancelled") == numbers[2:]
    assert listed("--words", numbers[1]) == numbers[1:2]
    first = do("list", "--limit", "1", "--sort", "oldest")
    rest = do("list", "--limit", "1", "--sort", "oldest", "--after", first["next"])
    assert [first["tickets"][0]["number"], rest["tickets"][0]["number"]] == numbers[:2]
    assert rest["next"] is None
    assert "no order" in refused(guichet, "list", "--sort", "best")
    assert "no place in this list" in refused(guichet, "list", "--after", "there")


def test_lists_and_tickets_for_people(desk: Database, bea: KnownAgent, do: Do, guichet: Guichet) -> None:
    ticket_id = a_ticket(desk, a_conversation(desk, identity=ANA), "my [bold]printer[/bold] \x1b[31mburns")
    do("assign", ticket_id, "bea")
    do("note", ticket_id, "[red]who[/red] did this?")

    listed, shown = guichet("ticket", "list")[1], guichet("ticket", "show", str(ticket_id))[1]

    assert f"INC-{ticket_id:06d}" in listed
    assert "1 ticket" in listed
    for text in (
        "Bea",
        "Ana",
        "my [bold]printer[/bold]",
        "[red]who[/red] did this?",
        "work noted",
        "times are those of UTC",
    ):
        assert text in shown
    assert "\x1b" not in listed + shown
    assert guichet("ticket", "list", "--tag", "none")[1] == "no tickets\n"


def test_without_an_agent_nothing_is_done(desk: Database, guichet: Guichet) -> None:
    ticket_id = a_ticket(desk)
    an_agent(desk, "gone", is_active=False)

    assert "--as AGENT" in refused(guichet, "note", ticket_id, "a")
    assert "no agent 'eve'" in refused(guichet, "note", ticket_id, "a", "--as", "eve")
    assert "has left" in refused(guichet, "note", ticket_id, "a", "--as", "gone")
    assert len(journal(desk, ticket_id)) == 1


def test_who_is_named_acts_and_not_who_is_set(desk: Database, bea: KnownAgent, do: Do) -> None:
    carl = an_agent(desk, "carl")
    ticket_id = a_ticket(desk)

    do("note", ticket_id, "a", "--as", "carl")

    assert journal(desk, ticket_id)[-1].actor == carl.actor


@pytest.mark.parametrize("number", ["INC-999999", "REQ-000001", "printer", "99999999999999"])
def test_a_number_that_is_none_is_refused(
    desk: Database, bea: KnownAgent, guichet: Guichet, number: str
) -> None:
    a_ticket(desk)

    assert "there is no ticket" in refused(guichet, "show", number)
    assert "there is no ticket" in refused(guichet, "start", number)


def test_what_is_refused_changes_nothing(desk: Database, bea: KnownAgent, guichet: Guichet) -> None:
    ticket_id = a_ticket(desk)

    assert "it is new" in refused(guichet, "start", ticket_id)
    assert "not merged" in refused(guichet, "unmerge", ticket_id)
    assert "say --none" in refused(guichet, "parent", ticket_id)
    assert "--impact" in refused(guichet, "reclassify", ticket_id)
    for command in ("merge", "parent", "duplicate"):
        text = ("--text", "twice") if command == "duplicate" else ()
        told = refused(guichet, command, ticket_id, ticket_id, *text)
        assert f"INC-{ticket_id:06d} " in told
        assert "same ticket" in told
    assert "has no entry 99; the last one is 1" in refused(guichet, "split", ticket_id, "--entry", 99)
    assert "entry 1 of" in refused(guichet, "split", ticket_id, "--entry", 1)
    assert "has no entry 99; the last one is 1" in refused(guichet, "erase", ticket_id, 99)
    assert len(journal(desk, ticket_id)) == 1


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (Status.NEW, "it is not finished, it is new"),
        (Status.IN_PROGRESS, "it is not finished, it is in progress"),
        (Status.CANCELLED, "it is cancelled for good; open a new ticket"),
    ],
)
def test_only_what_is_finished_is_reopened(
    desk: Database, bea: KnownAgent, guichet: Guichet, status: Status, why: str
) -> None:
    ticket_id = a_ticket(desk, status=status)
    before = len(journal(desk, ticket_id))

    told = refused(guichet, "reopen", ticket_id, "--reason", "again")

    assert told == f"guichet: INC-{ticket_id:06d} cannot be reopened: {why}\n"
    assert len(journal(desk, ticket_id)) == before


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("start",), "cannot become in progress: it is new; assign it first"),
        (("hold", "requester"), "cannot become on hold: it is new; assign it first"),
        (("close",), "cannot become closed: it is new; resolve it first"),
        (("resolve", "--code", "fixed", "--text", " "), "say what was done, or why: the requester reads it"),
        (("cancel", "--text", ""), "say what was done, or why: the requester reads it"),
    ],
)
def test_what_is_refused_is_said_with_what_helps(
    desk: Database, bea: KnownAgent, guichet: Guichet, arguments: tuple[str, ...], why: str
) -> None:
    ticket_id = a_ticket(desk)

    assert why in refused(guichet, arguments[0], ticket_id, *arguments[1:])


def test_words_may_come_on_standard_input(
    desk: Database, bea: KnownAgent, do: Do, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    ticket_id = a_ticket(desk)
    monkeypatch.setattr("sys.stdin", io.StringIO("two\nlines"))

    do("reply", ticket_id, "-")

    assert do("show", ticket_id)["journal"][-1]["text"] == "two\nlines"
    assert journal(desk, ticket_id)[-1].kind is EntryKind.REPLIED


def test_due_dates_are_told_as_distances() -> None:
    from desk.cli.tickets import due_in_words

    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    assert [
        due_in_words(due, now)
        for due in (
            None,
            now,
            now.replace(minute=45),
            now.replace(hour=12, minute=5),
            now.replace(day=4, hour=10),
            now.replace(hour=7),
        )
    ] == ["–", "0 min late", "in 45 min", "in 3 h 05 min", "in 2 d 1 h", "2 h 00 min late"]
