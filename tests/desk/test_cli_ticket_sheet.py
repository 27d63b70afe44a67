"""`guichet ticket show` for people: names, the times of the office, and nothing of what was erased."""

from __future__ import annotations

from pathlib import Path

from storage.database import Database
from tests.databases import NOW
from tests.desk.commands import Guichet
from tests.desk.promised import desk, guichet, var
from tests.ticketing.builders import ANA, a_conversation
from tests.ticketing.teams import L1, L2, a_group, a_member, an_agent
from tests.ticketing.tickets import a_ticket

__all__ = ["desk", "guichet", "var"]


def test_who_is_named_by_an_entry_is_shown_by_name(desk: Database, guichet: Guichet) -> None:
    a_group(desk, "workplace", tiers=(L1, L2))
    bea, carl = (a_member(desk, "workplace", an_agent(desk, key)) for key in ("bea", "carl"))
    ticket_id = a_ticket(desk, a_conversation(desk, identity=ANA))
    for agent in (bea, carl):
        assert guichet("ticket", "assign", str(ticket_id), agent.key, "--as", "bea")[0] == 0

    _, shown, _ = guichet("ticket", "show", str(ticket_id))

    assert "assignee: – → Bea; status: new → assigned" in shown
    assert "assignee: Bea → Carl" in shown
    assert "agent:" not in shown


def test_tickets_and_watchers_in_the_journal_are_named_as_people_know_them(
    desk: Database, guichet: Guichet
) -> None:
    a_member(desk, a_group(desk, "workplace"), an_agent(desk, "bea"))
    child, parent, third = (a_ticket(desk, a_conversation(desk, identity=ANA)) for _ in range(3))
    for arguments in (
        ("watch", str(child)),
        ("parent", str(child), str(parent)),
        ("parent", str(child), str(third)),
        ("parent", str(child), "--none"),
        ("merge", str(child), str(third)),
    ):
        assert guichet("ticket", *arguments, "--as", "bea")[0] == 0

    shown = " ".join(guichet("ticket", "show", str(child))[1].split())
    other = guichet("ticket", "show", str(third))[1]

    assert f"parent: – → INC-{parent:06d}" in shown
    assert f"parent: INC-{parent:06d} → INC-{third:06d}" in shown
    assert f"parent: INC-{third:06d} → –" in shown
    assert f"merged into: – → INC-{third:06d}" in shown
    assert "agent:" not in shown + other
    assert "person:" not in shown + other
    said = guichet("ticket", "watch", str(third), "--as", "bea")[1]
    assert "watchers: Bea" in said


def test_times_are_those_of_the_calendar_by_which_it_is_measured(desk: Database, guichet: Guichet) -> None:
    assert guichet("calendar", "change", "office", "--time-zone", "Europe/Paris")[0] == 0
    ticket_id = a_ticket(desk, a_conversation(desk, identity=ANA))

    _, shown, _ = guichet("ticket", "show", str(ticket_id))

    # A Monday in March, 9:00 in Greenwich.
    assert NOW.hour == 9
    assert "opened:       2026-03-02 10:00 by web" in shown
    assert "2026-03-02 15:00" in shown  # four business hours later, over lunch
    assert "times are those of Europe/Paris" in shown


def test_erased_words_and_their_file_are_gone_and_who_did_it_stands(
    desk: Database, guichet: Guichet, var: Path, tmp_path: Path
) -> None:
    a_member(desk, a_group(desk, "workplace"), an_agent(desk, "bea"))
    ticket_id = str(a_ticket(desk, a_conversation(desk, identity=ANA)))
    (tmp_path / "salaries.txt").write_text("Ana: 1")
    assert guichet("ticket", "attach", ticket_id, str(tmp_path / "salaries.txt"), "--as", "bea")[0] == 0
    assert [path for path in (var / "attachments").rglob("*") if path.is_file()]

    assert guichet("ticket", "erase", ticket_id, "2", "--as", "bea")[1] == (
        "the words of entry 2 are erased, and its file is deleted\n"
    )

    assert not [path for path in (var / "attachments").rglob("*") if path.is_file()]
    _, shown, _ = guichet("ticket", "show", ticket_id)
    assert "salaries" not in shown
    assert "text erased; entry: 2" in shown
    assert guichet("audit", "verify")[0] == 0
    # Done again, as after a crash, it changes nothing and says so.
    assert guichet("ticket", "erase", ticket_id, "2", "--as", "bea")[0] == 0
    assert "has no text" in guichet("ticket", "erase", ticket_id, "3", "--as", "bea")[2]


def test_words_of_a_problem_are_erased_by_a_command(desk: Database, guichet: Guichet) -> None:
    a_member(desk, a_group(desk, "workplace"), an_agent(desk, "bea"))
    a_ticket(desk, a_conversation(desk, identity=ANA))
    assert guichet("problem", "open", "Ana's plug", "--incident", "INC-000001", "--as", "bea")[0] == 0

    assert guichet("problem", "erase", "PRB-000001", "1", "--as", "bea")[0] == 0

    assert "Ana's plug" not in guichet("problem", "show", "PRB-000001")[1]
    assert guichet("audit", "verify")[0] == 0
    assert "has no text" in guichet("problem", "erase", "PRB-000001", "1", "--as", "bea")[2]
