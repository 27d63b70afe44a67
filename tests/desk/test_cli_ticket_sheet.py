"""`guichet ticket show` for people: names instead of numbers, and the times of the office."""

from __future__ import annotations

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


def test_times_are_those_of_the_calendar_by_which_it_is_measured(desk: Database, guichet: Guichet) -> None:
    assert guichet("calendar", "change", "office", "--time-zone", "Europe/Paris")[0] == 0
    ticket_id = a_ticket(desk, a_conversation(desk, identity=ANA))

    _, shown, _ = guichet("ticket", "show", str(ticket_id))

    # A Monday in March, 9:00 in Greenwich.
    assert NOW.hour == 9
    assert "opened:       2026-03-02 10:00 by web" in shown
    assert "2026-03-02 15:00" in shown  # four business hours later, over lunch
    assert "times are those of Europe/Paris" in shown
