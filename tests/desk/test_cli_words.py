"""What somebody writes is taken whole or refused: nothing of it is cut in silence."""

from __future__ import annotations

import io

import pytest

from storage.database import Database
from tests.desk.commands import Guichet
from tests.desk.promised import desk, guichet, var
from tests.ticketing.teams import an_agent
from tests.ticketing.tickets import a_ticket, journal
from ticketing.tickets.intake import TEXT_CHARACTERS

__all__ = ["desk", "guichet", "var"]


@pytest.mark.parametrize("way", ["argument", "standard input"])
def test_words_that_are_too_many_are_refused_with_what_to_do(
    desk: Database,
    guichet: Guichet,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    an_agent(desk, "bea")
    ticket_id = a_ticket(desk)
    text = "y" * (TEXT_CHARACTERS + 1)
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    said = text if way == "argument" else "-"

    code, _, complaint = guichet("ticket", "reply", str(ticket_id), said, "--as", "bea")

    assert code == 1
    assert complaint.startswith("guichet: that is 20,001 characters, and 20,000 are taken at once")
    assert "guichet ticket attach" in complaint
    assert len(journal(desk, ticket_id)) == 1


def test_as_many_words_as_are_taken_are_kept_whole(desk: Database, guichet: Guichet) -> None:
    an_agent(desk, "bea")
    ticket_id = a_ticket(desk)

    assert guichet("ticket", "reply", str(ticket_id), "y" * TEXT_CHARACTERS, "--as", "bea")[0] == 0

    assert len(journal(desk, ticket_id)) == 2
