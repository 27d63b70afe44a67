"""`guichet ticket attach` keeps a file before it changes the database."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.database import Database
from tests.databases import NOW
from tests.desk.administered import desk, guichet, var
from tests.desk.commands import Guichet
from tests.ticketing.teams import a_group, a_member, an_agent
from tests.ticketing.tickets import a_ticket
from ticketing.tickets.files import Files
from ticketing.tickets.handling import add_work_note

__all__ = ["desk", "guichet", "var"]


@pytest.fixture(autouse=True)
def bea(desk: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    a_member(desk, a_group(desk, "workplace"), an_agent(desk, "bea"))
    monkeypatch.setenv("GUICHET_AGENT", "bea")


def test_others_write_while_a_file_is_kept(
    desk: Database, guichet: Guichet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket_id = a_ticket(desk)
    (tmp_path / "x.txt").write_text("x")
    keep = Files.keep

    def slowly(files: Files, content: bytes) -> str:
        desk.write(add_work_note, ticket_id, "seen", actor="agent:1", now=NOW)
        return keep(files, content)

    monkeypatch.setattr(Files, "keep", slowly)

    assert guichet("ticket", "attach", str(ticket_id), str(tmp_path / "x.txt"))[0] == 0


def test_a_file_is_kept_for_no_ticket_that_is_not_there(guichet: Guichet, var: Path, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("x")

    assert guichet("ticket", "attach", "99", str(tmp_path / "x.txt"))[0] == 1

    assert not [path for path in (var / "attachments").rglob("*") if path.is_file()]
