"""`guichet audit`: names what somebody else has written into a journal, and reads journals out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.database import Database
from tests.databases import NOW, later
from tests.desk.commands import Guichet
from tests.ticketing.builders import ANA, a_conversation
from tests.ticketing.tickets import a_ticket
from ticketing.problems.logic import ProblemDraft
from ticketing.problems.operations import note_on_problem, open_problem
from ticketing.tickets.attaching import attach_file, take_file
from ticketing.tickets.erasing import erase_text
from ticketing.tickets.files import Files
from ticketing.tickets.handling import add_reply
from ticketing.tickets.logic import Status, Visibility


@pytest.fixture
def desk(var: Path, guichet: Guichet) -> Iterator[Database]:
    """The database of an installation."""
    assert guichet("db", "upgrade")[0] == 0
    database = Database(f"sqlite:///{var / 'guichet.db'}", threads=2)
    yield database
    database.close()


def tamper(desk: Database, statement: str) -> None:
    desk.write(lambda session: session.execute(text(statement)))


def test_sound_journals_are_counted(guichet: Guichet, desk: Database) -> None:
    for _ in range(2):
        a_ticket(desk, status=Status.IN_PROGRESS)

    code, said, complaint = guichet("audit", "verify")

    assert (code, said, complaint) == (0, "2 journals checked, 6 entries\n", "")


def test_an_empty_desk_is_sound(guichet: Guichet, desk: Database) -> None:
    assert guichet("audit", "verify")[:2] == (0, "0 journals checked, 0 entries\n")


def test_the_first_broken_entry_is_named_and_the_exit_code_says_so(guichet: Guichet, desk: Database) -> None:
    first, second = a_ticket(desk, status=Status.IN_PROGRESS), a_ticket(desk)
    tamper(desk, f"UPDATE journal_entry SET actor = 'x' WHERE ticket_id = {first} AND number = 2")  # noqa: S608
    tamper(desk, f"UPDATE ticket SET priority = 'P1' WHERE id = {second}")  # noqa: S608

    code, said, complaint = guichet("audit", "verify")

    assert code == 1
    assert said.splitlines() == [
        f"INC-{first:06d}  entry 2: it is not what was written",
        f"INC-{second:06d}  itself: its priority is not what the journal tells",
        "2 journals checked, 4 entries",
    ]
    assert complaint == "guichet: 2 journals are not as written\n"


def test_one_ticket_may_be_asked_about(guichet: Guichet, desk: Database) -> None:
    first, second = a_ticket(desk), a_ticket(desk)
    tamper(desk, f"UPDATE ticket SET priority = 'P1' WHERE id = {second}")  # noqa: S608

    assert guichet("audit", "verify", f"INC-{first:06d}")[0] == 0
    assert guichet("audit", "verify", f"INC-{second:06d}")[0] == 1


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"other")])
def test_the_bytes_of_files_are_looked_at_when_asked_and_not_those_that_were_erased(
    guichet: Guichet, desk: Database, var: Path, damage: Callable[[Path], object]
) -> None:
    ticket_id, other = a_ticket(desk), a_ticket(desk)
    files = Files(var / "attachments")
    for owner, content in ((ticket_id, b"kept"), (ticket_id, b"erased"), (other, b"another")):
        file = take_file(files, "how.txt", content)
        desk.write(attach_file, owner, file, visibility=Visibility.REPLY, actor="agent:1", now=later(1))
    desk.write(erase_text, ticket_id, 3, actor="agent:1", now=later(2))
    files.forget(hashlib.sha256(b"erased").hexdigest(), is_needed=lambda: False)
    assert guichet("audit", "verify", "--files")[0] == 0

    damage(files.path(hashlib.sha256(b"kept").hexdigest()))

    assert guichet("audit", "verify")[0] == 0
    assert guichet("audit", "verify", "--files", f"INC-{other:06d}")[0] == 0
    code, said, _ = guichet("audit", "verify", "--files")
    assert code == 1
    assert said.splitlines()[0] == (
        f"INC-{ticket_id:06d}  entry 2: the bytes of its file are gone, or are others"
    )


def a_problem(desk: Database, now: datetime = NOW) -> int:
    draft = ProblemDraft("The fuse is too small", "It melts.", group="workplace", category="other")
    return desk.write(open_problem, draft, actor="agent:1", now=now)


def test_journals_of_problems_are_checked_too(guichet: Guichet, desk: Database) -> None:
    a_ticket(desk)
    first, second = a_problem(desk), a_problem(desk)

    sound = guichet("audit", "verify")
    tamper(desk, f"UPDATE problem_entry SET actor = 'x' WHERE problem_id = {second}")  # noqa: S608
    code, said, _ = guichet("audit", "verify")

    assert sound[:2] == (0, "3 journals checked, 3 entries\n")
    assert code == 1
    assert said.splitlines()[0] == f"PRB-{second:06d}  entry 1: it is not what was written"
    assert guichet("audit", "verify", f"PRB-{first:06d}")[0] == 0
    assert guichet("audit", "verify", f"prb-{second}")[0] == 1


def test_json_is_one_object(guichet: Guichet, desk: Database) -> None:
    ticket_id = a_ticket(desk)
    tamper(desk, "UPDATE ticket SET priority = 'P1'")

    code, said, _ = guichet("audit", "verify", "--json")

    assert code == 1
    assert json.loads(said) == {
        "ok": False,
        "checked": {"journals": 1, "entries": 1},
        "broken": [
            {
                "number": f"INC-{ticket_id:06d}",
                "entry": None,
                "why": "its priority is not what the journal tells",
            }
        ],
    }


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("nonsense", "is no number"),
        ("PRB-nonsense", "is no number"),
        ("INC-000999", "not all of these are there"),
        ("PRB-000999", "not all of these are there"),
    ],
)
def test_a_number_that_names_nothing_is_refused(
    guichet: Guichet, desk: Database, asked: str, why: str
) -> None:
    code, said, complaint = guichet("audit", "verify", asked)

    assert (code, said) == (1, "")
    assert why in complaint


def test_the_export_is_one_object_per_line_in_utc_and_without_words(guichet: Guichet, desk: Database) -> None:
    ticket_id = a_ticket(desk, text="my password is hunter2")
    desk.write(add_reply, ticket_id, "never tell it", actor="agent:1", now=later(60))

    code, said, _ = guichet("audit", "export")

    entries = [json.loads(line) for line in said.splitlines()]
    assert code == 0
    assert [(entry["ticket"], entry["entry"], entry["kind"]) for entry in entries] == [
        (f"INC-{ticket_id:06d}", 1, "opened"),
        (f"INC-{ticket_id:06d}", 2, "replied"),
    ]
    assert [entry["at"] for entry in entries] == [
        "2026-03-02T09:00:00.000000+00:00",
        "2026-03-02T09:01:00.000000+00:00",
    ]
    assert all("text" not in entry for entry in entries)
    assert "hunter2" not in said
    assert "never tell it" not in said


def test_the_journals_of_problems_are_exported_alike(guichet: Guichet, desk: Database) -> None:
    problem_id = a_problem(desk)
    desk.write(note_on_problem, problem_id, "seen\nelsewhere", actor="agent:1", now=NOW)

    bare, with_words = (
        [json.loads(line) for line in guichet("audit", "export", "--problems", *more)[1].splitlines()]
        for more in ((), ("--texts",))
    )

    assert [(each["problem"], each["entry"], each["kind"]) for each in bare] == [
        ("PRB-000001", 1, "opened"),
        ("PRB-000001", 2, "work_noted"),
    ]
    assert not {"ticket", "text", "number"} & set(bare[0])
    assert [each["text"] for each in with_words] == [None, "seen\nelsewhere"]
    behind = guichet("audit", "export", "--problems", "--after", str(bare[0]["id"]))[1]
    assert json.loads(behind) == bare[1]


def test_words_are_exported_when_they_are_asked_for_and_not_erased(guichet: Guichet, desk: Database) -> None:
    ticket_id = a_ticket(desk)
    kept = desk.write(add_reply, ticket_id, "kept", actor="agent:1", now=NOW)
    gone = desk.write(add_reply, ticket_id, "gone", actor="agent:1", now=NOW)
    desk.write(erase_text, ticket_id, gone, actor="agent:1", now=NOW)

    entries = [json.loads(line) for line in guichet("audit", "export", "--texts")[1].splitlines()]

    texts = {entry["entry"]: entry["text"] for entry in entries}
    assert (texts[kept], texts[gone]) == ("kept", None)


def test_whatever_an_entry_holds_is_on_one_line_of_plain_characters(guichet: Guichet, desk: Database) -> None:
    evil = 'a\nb\r\n{"forged": true}\x1b[31m\x85\u2028\x7fé'
    ticket_id = a_ticket(desk, a_conversation(desk, identity=ANA))
    desk.write(add_reply, ticket_id, "nice", actor="agent:1\nforged", now=NOW)
    # Nothing of the kind is kept of what people write; somebody else may have written it there.
    forge = text("UPDATE journal_text SET text = :evil WHERE text = 'nice'")
    desk.write(lambda session: session.execute(forge, {"evil": evil}))

    said = guichet("audit", "export", "--texts")[1]

    assert len(said.split("\n")) == 3
    assert all(" " <= each <= "~" for line in said.split("\n") for each in line)
    assert json.loads(said.split("\n")[1])["text"] == evil


def test_the_export_goes_on_behind_an_entry_and_within_days(guichet: Guichet, desk: Database) -> None:
    ticket_id = a_ticket(desk)
    desk.write(add_reply, ticket_id, "late", actor="agent:1", now=later(86_400))
    [first, second] = [json.loads(line) for line in guichet("audit", "export")[1].splitlines()]

    behind = guichet("audit", "export", "--after", str(first["id"]))[1]
    on_the_day = guichet("audit", "export", "--since", "2026-03-02", "--until", "2026-03-03")[1]

    assert [json.loads(line) for line in behind.splitlines()] == [second]
    assert [json.loads(line) for line in on_the_day.splitlines()] == [first]
