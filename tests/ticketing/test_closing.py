"""What is to be closed is found however much was closed before."""

from __future__ import annotations

from storage.database import Database
from tests.databases import NOW
from tests.plans import migrated, plans
from ticketing.tickets.closing import tickets_to_close

__all__ = ["migrated"]


def test_what_is_to_be_closed_is_found_along_an_index_of_resolved_tickets_only(migrated: Database) -> None:
    *_, plan = plans(migrated, tickets_to_close, days=0, now=NOW)

    assert "ix_ticket_resolved " in plan
    assert "TEMP B-TREE" not in plan
