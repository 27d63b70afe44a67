"""The heaps of the desk's benchmark are what the desk would have written; nothing here is timed."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from benchmarks.desk.deeds import Timed, deeds_on, timed
from benchmarks.desk.heap import ENTRIES, fill
from benchmarks.desk.heaps import Heap
from benchmarks.desk.report import growth
from storage.database import Database
from tests.databases import database_url, db, postgres_tables, sqlite_template
from tests.ticketing.tickets import a_ticket
from ticketing.tickets.audit import verify_journals
from ticketing.tickets.logic import OPEN
from ticketing.tickets.models import JournalEntry, Ticket

__all__ = ["database_url", "db", "postgres_tables", "sqlite_template"]

TICKETS = 300


def test_a_heap_passes_the_audit(db: Database) -> None:
    fill(db, TICKETS)

    checked = db.read(verify_journals, limit=TICKETS + 1)

    assert checked.broken == ()
    assert (checked.tickets, checked.entries) == (TICKETS, TICKETS * ENTRIES)


def test_only_what_is_open_is_due(db: Database) -> None:
    fill(db, TICKETS)

    due = db.read(
        lambda session: session.scalars(select(Ticket).where(Ticket.next_due_at.is_not(None))).all()
    )
    is_open = db.read(lambda session: session.scalars(select(Ticket).where(Ticket.status.in_(OPEN))).all())

    assert {ticket.id for ticket in due} == {ticket.id for ticket in is_open}
    assert 0.15 < len(due) / TICKETS < 0.35


def test_the_desk_goes_on_writing_behind_a_heap(db: Database) -> None:
    fill(db, TICKETS)

    assert a_ticket(db) == TICKETS + 1
    entries = db.read(lambda session: session.scalars(select(func.count()).select_from(JournalEntry)).one())
    assert entries == TICKETS * ENTRIES + 1


def test_every_deed_finds_what_it_is_timed_on(db: Database) -> None:
    fill(db, TICKETS)

    found: dict[str, Timed] = {}
    for name, deed in deeds_on(db, TICKETS).items():
        timed(db, deed, 1, found.setdefault(name, Timed()))

    assert {name for name, each in found.items() if each.rows == 0} == {"sweep: nothing is due"}
    assert all(len(each.ms) == 1 and each.statements > 0 for each in found.values())
    assert db.read(verify_journals, limit=TICKETS + 1).broken == ()


def test_growth_is_of_the_medians_of_the_smallest_and_the_largest(db: Database) -> None:
    fill(db, TICKETS)
    heaps = [Heap("SQLite", size, db, 0.0, 0) for size in (10, 100, 1_000)]
    for heap, middle in zip(heaps, (2.0, 99.0, 3.0), strict=True):
        heap.timed["open"] = Timed(ms=[0.0, middle, 1_000.0])

    assert growth(heaps, "open") == pytest.approx(1.5)
