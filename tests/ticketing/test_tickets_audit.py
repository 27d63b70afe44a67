"""All journals are checked in batches: the first broken entry of each is named, and nothing else is."""

from __future__ import annotations

import secrets
import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from storage.database import Database
from tests.databases import NOW, later, take_away
from tests.ticketing.teams import an_agent
from tests.ticketing.tickets import a_ticket, ticket_of
from ticketing.ratings.logic import token_digest
from ticketing.ratings.models import Rating
from ticketing.ratings.operations import TOKEN_BYTES, give_rating
from ticketing.tickets.attaching import attach_file
from ticketing.tickets.audit import Checked, export_journal, verify_journals, verify_some
from ticketing.tickets.erasing import erase_text
from ticketing.tickets.errors import TicketNotFound
from ticketing.tickets.files import NewFile
from ticketing.tickets.handling import add_reply
from ticketing.tickets.logic import Status, Visibility
from ticketing.tickets.merging import merge_ticket, unmerge_ticket
from ticketing.tickets.tagging import tag_ticket
from ticketing.tickets.verifying import Broken, verify_journal
from ticketing.tickets.watching import unwatch_ticket, watch_ticket

AGENT = "agent:1"
TOKEN = secrets.token_urlsafe(TOKEN_BYTES)


@pytest.fixture
def tickets(db: Database) -> list[int]:
    """Three tickets with a reply each: 1 opened, 2 and 3 moved, 4 replied."""
    ids = [a_ticket(db, status=Status.IN_PROGRESS) for _ in range(3)]
    for ticket_id in ids:
        db.write(add_reply, ticket_id, f"reply to {ticket_id}", actor=AGENT, now=NOW)
    return ids


def number(ticket_id: int) -> str:
    return f"INC-{ticket_id:06d}"


def execute(db: Database, *statements: str, **values: object) -> None:
    def run(session: object) -> None:
        for statement in statements:
            session.execute(text(statement), values)  # type: ignore[attr-defined]

    db.write(run)


def broken(db: Database, limit: int = 2) -> list[Broken]:
    found: list[Broken] = []
    after: int | None = 0
    while after is not None:
        batch = db.read(verify_journals, after=after, limit=limit)
        found += batch.broken
        after = batch.last_id
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_every_journal_is_checked_once_whatever_the_batch(
    db: Database, tickets: list[int], limit: int
) -> None:
    batches: list[Checked] = []
    after: int | None = 0
    while after is not None:
        batches.append(db.read(verify_journals, after=after, limit=limit))
        after = batches[-1].last_id

    assert sum(batch.tickets for batch in batches) == 3
    assert sum(batch.entries for batch in batches) == 12
    assert broken(db, limit) == []


def test_a_changed_entry_is_named(db: Database, tickets: list[int]) -> None:
    execute(
        db, "UPDATE journal_entry SET actor = 'agent:2' WHERE ticket_id = :id AND number = 3", id=tickets[1]
    )

    assert broken(db) == [Broken(number(tickets[1]), 3, "it is not what was written")]


FILE = NewFile("report.pdf", "application/pdf", 1_234, "ab" * 32)


@pytest.fixture
def furnished(db: Database, tickets: list[int]) -> int:
    """A ticket with everything that can stand beside one, some of it put there and taken away again."""
    first, second, third = tickets
    db.write(tag_ticket, second, add=["vpn", "paris", "old"], actor=AGENT, now=NOW)
    db.write(tag_ticket, second, add=["new"], remove=["old"], actor=AGENT, now=NOW)
    bea, carl = (an_agent(db, key) for key in ("bea", "carl"))
    for agent in (bea, carl):
        db.write(watch_ticket, second, agent.actor, actor=AGENT, now=NOW)
    db.write(unwatch_ticket, second, carl.actor, actor=AGENT, now=NOW)
    for merged in (first, third):
        db.write(merge_ticket, merged, second, actor=AGENT, now=NOW, reason="the same")
    db.write(unmerge_ticket, third, actor=AGENT, now=NOW)
    for visibility in Visibility:
        db.write(attach_file, second, FILE, visibility=visibility, actor=AGENT, now=NOW)
    rate(db, second, 4)
    return second


def rate(db: Database, ticket_id: int, score: int) -> None:
    """Its requester was asked, and has said what it thinks."""
    person_id = ticket_of(db, ticket_id).requester_id
    asked = Rating(
        ticket_id=ticket_id, person_id=person_id, token_digest=str(token_digest(TOKEN)), asked_at=NOW
    )
    db.write(lambda session: session.add(asked))
    db.write(give_rating, TOKEN, score, now=NOW)


REWRITTEN = {
    "UPDATE journal_text SET text = 'forged' WHERE entry_id IN "
    "(SELECT id FROM journal_entry WHERE ticket_id = :id AND number = 1)": (
        "it has a text it was not written with",
        1,
    ),
    "UPDATE ticket SET summary = 'forged' WHERE id = :id": ("its text is not what was written", 1),
}
REWRITTEN_SINCE = {
    "UPDATE journal_text SET text = 'forged' WHERE salt IS NULL AND entry_id IN "
    "(SELECT id FROM journal_entry WHERE ticket_id = :id AND number = 4)": 4,
    "UPDATE ticket SET summary = 'forged' WHERE id = :id": 1,
    "UPDATE ticket SET description = 'forged' WHERE id = :id": 1,
    "UPDATE ticket SET details = 'forged' WHERE id = :id": 1,
}


@pytest.mark.parametrize("statement", REWRITTEN)
def test_words_put_where_a_reader_takes_them_for_those_of_an_opening_are_named(
    db: Database, tickets: list[int], statement: str
) -> None:
    execute(db, statement, id=tickets[0])

    why, entry = REWRITTEN[statement]
    assert broken(db) == [Broken(number(tickets[0]), entry, why)]


@pytest.mark.parametrize("statement", REWRITTEN_SINCE)
def test_words_put_where_some_were_erased_are_named(db: Database, tickets: list[int], statement: str) -> None:
    for entry in (1, 4):
        db.write(erase_text, tickets[0], entry, actor=AGENT, now=NOW)
    assert broken(db) == []

    execute(db, statement, id=tickets[0])

    found = Broken(number(tickets[0]), REWRITTEN_SINCE[statement], "it has a text again, which was erased")
    assert broken(db) == [found]


def test_what_stands_beside_a_ticket_is_as_its_journal_tells(db: Database, furnished: int) -> None:
    assert broken(db) == []
    assert db.read(verify_journal, furnished) is None


TAGS, WATCHERS = (f"its {each} are not what the journal tells" for each in ("tags", "watchers"))
TAMPERED = {
    "DELETE FROM ticket_tag WHERE tag = 'vpn'": TAGS,
    "INSERT INTO ticket_tag (ticket_id, tag) VALUES (:id, 'other')": TAGS,
    "DELETE FROM ticket_watcher WHERE ticket_id = :id": WATCHERS,
    "INSERT INTO ticket_watcher (ticket_id, watcher) VALUES (:id, 'agent:999')": WATCHERS,
    "DELETE FROM ticket_attachment WHERE visibility = 'work_note'": "its file is gone",
    "UPDATE ticket_attachment SET visibility = 'reply'": "its file is not the one that was put there",
    "UPDATE ticket_attachment SET digest = 'cd' WHERE entry_id > 0": (
        "its file is not the one that was put there"
    ),
    "UPDATE rating SET score = 5": "its score is not the one that was given",
    "DELETE FROM rating": "its score is not the one that was given",
    "UPDATE rating SET entry_id = NULL": "its score is not the one that was given",
}


@pytest.mark.parametrize(("statement", "why"), TAMPERED.items())
def test_a_row_beside_a_ticket_that_was_tampered_with_is_named(
    db: Database, furnished: int, statement: str, why: str
) -> None:
    execute(db, statement, id=furnished)

    [found] = broken(db)

    assert (found.ticket, found.why) == (number(furnished), why)
    assert (found.entry is None) == (why in (TAGS, WATCHERS))
    assert db.read(verify_journal, furnished) == found


def test_two_swapped_entries_are_named_at_the_first(db: Database, tickets: list[int]) -> None:
    execute(
        db,
        "UPDATE journal_entry SET number = -number WHERE ticket_id = :id AND number IN (2, 3)",
        "UPDATE journal_entry SET number = 5 + number WHERE ticket_id = :id AND number < 0",
        id=tickets[0],
    )

    assert broken(db) == [Broken(number(tickets[0]), 2, "it is not what was written")]


def test_a_deleted_entry_is_missed(db: Database, tickets: list[int]) -> None:
    execute(db, *deletion("number = 3"), id=tickets[2])

    assert broken(db) == [Broken(number(tickets[2]), 3, "it is missing")]


def test_an_end_cut_off_is_missed(db: Database, tickets: list[int]) -> None:
    execute(db, *deletion("number >= 3"), id=tickets[1])

    assert broken(db) == [Broken(number(tickets[1]), 3, "it is missing")]


def deletion(which: str) -> list[str]:
    entries = f"SELECT id FROM journal_entry WHERE ticket_id = :id AND {which}"  # noqa: S608 - tests only
    return [
        f"DELETE FROM ticket_reply WHERE entry_id IN ({entries})",  # noqa: S608
        f"DELETE FROM journal_text WHERE entry_id IN ({entries})",  # noqa: S608
        f"DELETE FROM journal_entry WHERE ticket_id = :id AND {which}",  # noqa: S608
    ]


def test_the_first_broken_entry_of_each_ticket_is_named(db: Database, tickets: list[int]) -> None:
    execute(db, "UPDATE journal_entry SET actor = 'agent:2' WHERE number IN (2, 4)")

    assert [(each.ticket, each.entry) for each in broken(db)] == [(number(id_), 2) for id_ in tickets]


def test_texts_that_were_erased_are_no_damage(db: Database, tickets: list[int]) -> None:
    for entry in (1, 4):
        db.write(erase_text, tickets[0], entry, actor=AGENT, now=NOW)

    assert broken(db) == []


def test_what_cannot_even_be_read_does_not_hide_the_others(db: Database, tickets: list[int]) -> None:
    first, second, _ = tickets
    execute(db, "UPDATE journal_entry SET kind = 'nonsense' WHERE ticket_id = :id AND number = 2", id=first)
    execute(db, "UPDATE journal_entry SET actor = 'agent:2' WHERE ticket_id = :id AND number = 1", id=second)

    assert broken(db, limit=3) == [
        Broken(number(first), 2, "it cannot be read"),
        Broken(number(second), 1, "it is not what was written"),
    ]


def test_values_of_the_wrong_shape_are_damage_not_a_crash(db: Database, tickets: list[int]) -> None:
    execute(
        db,
        "UPDATE journal_entry SET data = '[1]' WHERE ticket_id = :id AND number = 4",
        id=tickets[0],
    )
    execute(db, "UPDATE journal_entry SET before = '7' WHERE ticket_id = :id AND number = 1", id=tickets[1])

    assert [(each.ticket, each.entry) for each in broken(db)] == [
        (number(tickets[0]), 4),
        (number(tickets[1]), 1),
    ]


@pytest.mark.parametrize("limit", [2, 9])
def test_entries_whose_ticket_is_gone_are_named_once(db: Database, tickets: list[int], limit: int) -> None:
    take_away(db, "ticket", tickets[1])
    take_away(db, "ticket", tickets[2])

    assert broken(db, limit) == [
        Broken(f"ticket {tickets[1]}", 1, "its ticket is gone"),
        Broken(f"ticket {tickets[2]}", 1, "its ticket is gone"),
    ]


def test_some_journals_can_be_asked_for(db: Database, tickets: list[int]) -> None:
    execute(db, "UPDATE journal_entry SET actor = 'agent:2' WHERE number = 2")

    found = db.read(verify_some, tickets[:2])

    assert (found.tickets, found.entries) == (2, 8)
    assert [each.ticket for each in found.broken] == [number(id_) for id_ in tickets[:2]]


def test_a_ticket_that_is_not_there_is_not_called_sound(db: Database, tickets: list[int]) -> None:
    with pytest.raises(TicketNotFound):
        db.read(verify_some, [tickets[0], 999])


def test_what_is_written_meanwhile_does_not_look_like_damage(db: Database, tickets: list[int]) -> None:
    done = threading.Event()
    written = 0

    def write() -> None:
        nonlocal written
        while not done.is_set():
            db.write(add_reply, tickets[written % 3], "one more", actor=AGENT, now=NOW)
            written += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        found = [each for _ in range(40) for each in broken(db, limit=3)]
    finally:
        done.set()
        writer.join()

    assert written > 0
    assert found == []


def test_entries_are_read_out_in_order_and_without_words(db: Database, tickets: list[int]) -> None:
    entries = db.read(export_journal)

    assert [entry.id for entry in entries] == sorted(entry.id for entry in entries)
    assert len(entries) == 12
    assert {entry.text for entry in entries} == {None}
    assert [entry.text for entry in db.read(export_journal, with_texts=True) if entry.kind == "replied"] == [
        f"reply to {ticket_id}" for ticket_id in tickets
    ]


def test_entries_of_a_stretch_of_time_are_read_out(db: Database, tickets: list[int]) -> None:
    db.write(add_reply, tickets[0], "late", actor=AGENT, now=later(60))
    db.write(add_reply, tickets[0], "later", actor=AGENT, now=later(120))

    entries = db.read(export_journal, since=NOW + timedelta(seconds=60), until=later(120))

    assert [(entry.entry, entry.at) for entry in entries] == [(5, later(60))]


def test_entries_are_read_out_batch_by_batch(db: Database, tickets: list[int]) -> None:
    ids: list[int] = []
    while batch := db.read(export_journal, after=ids[-1] if ids else 0, limit=5):
        ids += [entry.id for entry in batch]

    assert ids == [entry.id for entry in db.read(export_journal)]
