"""The journal tells the ticket as it is, and shows when somebody else has written in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from storage.database import Database
from tests.databases import NOW, at_once, errors
from tests.ticketing.builders import ANA, a_conversation
from tests.ticketing.tickets import a_ticket, journal, state, ticket_of
from ticketing.tickets.chain import Entry, ReplayFailed, canonical, entry_digest, replay
from ticketing.tickets.erasing import erase_text
from ticketing.tickets.errors import (
    EntryNotFound,
    MoveNotAllowed,
    ReclassifyNotAllowed,
    TextMissing,
    TicketNotFound,
)
from ticketing.tickets.handling import add_reply, add_work_note, move_ticket, reclassify
from ticketing.tickets.intake import Intake
from ticketing.tickets.logic import EntryKind, HoldReason, ResolutionCode, Status
from ticketing.tickets.models import JournalEntry, JournalText
from ticketing.tickets.priority import Impact, Urgency
from ticketing.tickets.verifying import Broken, verify_journal

EXAMPLES = {"sqlite": 60, "postgresql": 15}
AGENT = "agent:1"


def entries(db: Database, ticket_id: int) -> list[Entry]:
    return [
        Entry(**{name: getattr(row, name) for name in Entry.__dataclass_fields__})
        for row in journal(db, ticket_id)
    ]


def broken(db: Database, ticket_id: int) -> Broken | None:
    return db.read(verify_journal, ticket_id)


def found_after(db: Database, ticket_id: int, *statements: str, **values: object) -> Broken | None:
    """What the check says after somebody has written into the tables, which is then undone."""

    def look(session: Session) -> Broken | None:
        for statement in statements:
            session.execute(text(statement), values)
        try:
            return verify_journal(session, ticket_id)
        finally:
            session.rollback()

    with Session(db.engine) as session:
        return look(session)


@pytest.fixture
def busy(db: Database) -> int:
    """1 opened, 2 to 4 moved, 5 reclassified, 6 replied, 7 noted, 8 moved, 9 the words of 8 erased."""
    intake = Intake(description="it is on fire", details="floor 2", articles_tried=("printer",))
    ticket_id = a_ticket(db, a_conversation(db, identity=ANA), intake=intake, status=Status.IN_PROGRESS)
    db.write(
        move_ticket,
        ticket_id,
        Status.ON_HOLD,
        actor=AGENT,
        now=NOW,
        hold_reason=HoldReason.SUPPLIER,
        reason="w",
    )
    db.write(reclassify, ticket_id, impact=Impact.MEDIUM, actor=AGENT, now=NOW, reason="two floors")
    db.write(add_reply, ticket_id, "we are on it", actor=AGENT, now=NOW)
    db.write(add_work_note, ticket_id, "what a mess", actor=AGENT, now=NOW + timedelta(hours=1))
    db.write(move_ticket, ticket_id, Status.IN_PROGRESS, actor=AGENT, now=NOW, reason="it came")
    db.write(erase_text, ticket_id, 8, actor="privacy", now=NOW + timedelta(hours=2))
    return ticket_id


def test_a_new_ticket_has_one_entry_with_everything_it_was_opened_with(db: Database) -> None:
    ticket_id = a_ticket(db)

    [entry] = journal(db, ticket_id)

    assert (entry.kind, entry.number, entry.before) == (EntryKind.OPENED, 1, {})
    assert entry.after == state(db, ticket_id)
    assert entry.actor == "assistant"
    assert broken(db, ticket_id) is None


def test_the_journal_replays_to_the_ticket(db: Database, busy: int) -> None:
    assert broken(db, busy) is None
    assert replay(entries(db, busy)) == state(db, busy)
    assert [row.number for row in journal(db, busy)] == list(range(1, 10))


WORDS = st.sampled_from(["because", "  ", "", "it is late", "x" * 30_000, "é\u2028\n'\"{}"])
DOINGS = st.one_of(
    st.tuples(
        st.just("move"),
        st.sampled_from(Status),
        st.sampled_from([None, *HoldReason]),
        st.sampled_from([None, "agent:1", "agent:2"]),
        WORDS,
    ),
    st.tuples(
        st.just("reclassify"), st.sampled_from([None, *Impact]), st.sampled_from([None, *Urgency]), WORDS
    ),
    st.tuples(st.just("reply"), WORDS),
    st.tuples(st.just("note"), WORDS),
    st.tuples(st.just("erase"), st.integers(0, 6)),
)


def do(session: Session, ticket_id: int, doing: tuple[object, ...]) -> None:
    match doing:
        case ("move", Status() as to, hold, assignee, reason):
            move_ticket(
                session,
                ticket_id,
                to,
                actor=AGENT,
                now=NOW,
                hold_reason=hold,  # type: ignore[arg-type]
                assignee=assignee,  # type: ignore[arg-type]
                reason=reason,  # type: ignore[arg-type]
            )
        case ("reclassify", impact, urgency, reason):
            reclassify(
                session,
                ticket_id,
                actor=AGENT,
                now=NOW,
                impact=impact,  # type: ignore[arg-type]
                urgency=urgency,  # type: ignore[arg-type]
                reason=reason,  # type: ignore[arg-type]
            )
        case ("reply", str(words)):
            add_reply(session, ticket_id, words, actor=AGENT, now=NOW)
        case ("note", str(words)):
            add_work_note(session, ticket_id, words, actor=AGENT, now=NOW)
        case ("erase", int(entry)):
            erase_text(session, ticket_id, entry, actor=AGENT, now=NOW)


def test_any_sequence_of_doings_replays_to_the_ticket(db: Database) -> None:
    @settings(
        max_examples=EXAMPLES[db.engine.dialect.name],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(DOINGS, max_size=15))
    def check(doings: list[tuple[object, ...]]) -> None:
        ticket_id = a_ticket(db)
        for doing in doings:
            before = (state(db, ticket_id), len(journal(db, ticket_id)))
            try:
                db.write(do, ticket_id, doing)
            except (MoveNotAllowed, TextMissing, EntryNotFound, ReclassifyNotAllowed):
                assert (state(db, ticket_id), len(journal(db, ticket_id))) == before
        rows = entries(db, ticket_id)
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
        assert replay(rows) == state(db, ticket_id)
        assert broken(db, ticket_id) is None

    check()


def test_sixteen_writers_at_once_leave_an_unbroken_journal(db: Database) -> None:
    ticket_id = a_ticket(db)

    results = at_once(
        16, lambda number: db.write(add_reply, ticket_id, f"reply {number}", actor=AGENT, now=NOW)
    )

    assert errors(results) == []
    assert sorted(results) == list(range(2, 18))  # type: ignore[type-var]
    assert broken(db, ticket_id) is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("kind", "reopened"),
        ("kind", "nonsense"),
        ("before", json.dumps({"status": "closed"})),
        ("after", json.dumps({"status": "closed"})),
        ("after", "nonsense"),
        ("data", json.dumps({"entry": 1})),
        ("actor", "somebody else"),
        ("at", "2020-01-01 00:00:00.000000"),
        ("text_digest", "0" * 64),
        ("text_digest", None),
        ("digest", "0" * 64),
    ],
)
def test_an_entry_whose_field_was_changed_is_named(
    db: Database, busy: int, column: str, value: str | None
) -> None:
    is_postgres = db.engine.dialect.name == "postgresql"
    if is_postgres and (column, value) == ("after", "nonsense"):
        return  # PostgreSQL takes nothing but JSON there
    type_ = {"before": "JSON", "after": "JSON", "data": "JSON", "at": "TIMESTAMP"}.get(column)
    new = f"CAST(:value AS {type_})" if type_ and is_postgres else ":value"
    for row in journal(db, busy):
        if getattr(row, column) == value:
            continue  # nothing to change
        statement = f"UPDATE journal_entry SET {column} = {new} WHERE id = :id"  # noqa: S608
        found = found_after(db, busy, statement, value=value, id=row.id)
        assert found is not None
        assert found.entry == row.number


def test_an_entry_that_was_taken_out_is_missed(db: Database, busy: int) -> None:
    for row in journal(db, busy):
        assert found_after(
            db,
            busy,
            "DELETE FROM journal_text WHERE entry_id = :id",
            "DELETE FROM ticket_reply WHERE entry_id = :id",
            "DELETE FROM journal_entry WHERE id = :id",
            id=row.id,
        ) == Broken(f"INC-{busy:06d}", row.number, "it is missing")


def test_two_entries_that_changed_places_are_found(db: Database, busy: int) -> None:
    moves = ((3, 99), (4, 3), (99, 4))
    found = found_after(
        db,
        busy,
        *(
            f"UPDATE journal_entry SET number = {to} WHERE number = {number} AND ticket_id = :id"  # noqa: S608
            for number, to in moves
        ),
        id=busy,
    )

    assert found is not None
    assert found.entry == 3


def test_an_entry_that_was_put_in_at_the_end_is_found(db: Database, busy: int) -> None:
    rows = journal(db, busy)
    extra = Entry(busy, 10, EntryKind.MOVED, {}, {}, {}, AGENT, NOW, None)

    def add(session: Session) -> None:
        session.add(JournalEntry(**vars(extra), digest=entry_digest(rows[-1].digest, extra)))

    db.write(add)

    found = broken(db, busy)
    assert found is not None
    assert found.why == "its journal ends elsewhere"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal_text SET salt = 'other' WHERE entry_id = :id",
        "UPDATE journal_text SET salt = NULL, text = NULL WHERE entry_id = :id",
        "DELETE FROM journal_text WHERE entry_id = :id",
    ],
)
def test_a_text_that_was_changed_or_erased_by_nobody_is_named(
    db: Database, busy: int, statement: str
) -> None:
    for row in journal(db, busy):
        if row.text_digest is None or row.number == 8:
            continue  # it has no words, or lost them by an entry
        found = found_after(db, busy, statement, id=row.id)
        assert found is not None
        assert found.entry == row.number


def test_other_words_in_the_place_of_an_entry_s_are_named(db: Database, busy: int) -> None:
    for row in journal(db, busy):
        if row.text_digest is None or row.number in (1, 8):
            continue
        found = found_after(
            db, busy, "UPDATE journal_text SET text = 'other' WHERE entry_id = :id", id=row.id
        )
        assert found == Broken(f"INC-{busy:06d}", row.number, "its text is not what was written")


@pytest.mark.parametrize("column", ["summary", "description", "details"])
def test_other_words_in_the_ticket_are_named(db: Database, busy: int, column: str) -> None:
    found = found_after(db, busy, f"UPDATE ticket SET {column} = 'other' WHERE id = :id", id=busy)  # noqa: S608

    assert found is not None
    assert found.entry == 1


def test_a_work_note_that_was_made_a_reply_is_named(db: Database, busy: int) -> None:
    entry_id = journal(db, busy)[6].id
    for statement in (
        "UPDATE ticket_reply SET visibility = 'reply' WHERE entry_id = :id",
        "DELETE FROM ticket_reply WHERE entry_id = :id",
    ):
        found = found_after(db, busy, statement, id=entry_id)
        assert found is not None
        assert (found.entry, found.why) == (7, "it is not shown to those it was written for")


def test_a_ticket_that_was_changed_without_an_entry_is_found(db: Database, busy: int) -> None:
    assert broken(db, busy) is None
    for change in (
        "type = 'service_request'",
        "status = 'closed'",
        "status = 'nonsense'",
        "hold_reason = 'change'",
        "tier = 'L2'",
        "assignment_group = 'network'",
        "assignee = 'agent:9'",
        "category = 'mail'",
        "impact = 'high'",
        "urgency = 'high'",
        "priority = 'P1'",
        "language = 'fr'",
        "channel = 'slack'",
        "first_seq = 0",
        "last_seq = 9",
        "articles_tried = '[]'",
        "opened_at = '2020-01-01 00:00:00.000000'",
        "changed_at = '2020-01-01 00:00:00.000000'",
        "resolved_at = '2020-01-01 00:00:00.000000'",
        "journal_length = 8",
        "journal_length = 10",
        "journal_head = '0'",
    ):
        statement = f"UPDATE ticket SET {change} WHERE id = :id"  # noqa: S608
        assert found_after(db, busy, statement, id=busy) is not None, change


def test_every_column_of_a_ticket_is_covered_by_its_journal(db: Database, busy: int) -> None:
    columns = set(ticket_of(db, busy).__table__.columns.keys())

    told = set(state(db, busy)) | {"summary", "description", "details"}

    # The first follows from the moves and is checked with them; the others are computed anew at any time.
    computed = {"resolved_at", "next_due_at", "next_sla_event_at"}
    assert columns - told - computed == {"id", "opened_at", "changed_at", "journal_length", "journal_head"}


def test_a_text_may_be_erased_and_the_journal_stays_whole(db: Database, busy: int) -> None:
    for entry in (1, 2, 5, 6, 7):
        db.write(erase_text, busy, entry, actor="privacy", now=NOW)

    assert broken(db, busy) is None
    ticket = ticket_of(db, busy)
    assert (ticket.summary, ticket.description, ticket.details) == ("…", "", None)
    kept = db.read(lambda session: session.execute(text("SELECT text, salt FROM journal_text")).all())
    assert "mess" not in str(kept)
    assert [row for row in kept if row.text is None and row.salt is None] != []


@pytest.mark.parametrize("entry", [0, 8, 9, 99])
def test_where_there_are_no_words_there_is_nothing_to_erase(db: Database, busy: int, entry: int) -> None:
    with pytest.raises(EntryNotFound):
        db.write(erase_text, busy, entry, actor="privacy", now=NOW)


@pytest.mark.parametrize("write", [add_reply, add_work_note])
@pytest.mark.parametrize("words", ["", " \n\t "])
def test_nothing_is_not_written_down(db: Database, write: Callable[..., int], words: str) -> None:
    ticket_id = a_ticket(db)

    with pytest.raises(TextMissing):
        db.write(write, ticket_id, words, actor=AGENT, now=NOW)


@pytest.mark.parametrize("unseen", ["\x00", "\udc80", "\u202e"])
def test_of_the_team_s_words_what_no_database_takes_and_nobody_sees_is_left_out(
    db: Database, busy: int, unseen: str
) -> None:
    words = f"new {unseen}toner"

    for write in (add_reply, add_work_note):
        db.write(write, busy, words, actor=AGENT, now=NOW)
    db.write(
        move_ticket,
        busy,
        Status.RESOLVED,
        actor=AGENT,
        now=NOW,
        reason=words,
        code=ResolutionCode.FIXED,
    )

    texts = db.read(lambda session: session.scalars(select(JournalText.text)).all())
    assert [each for each in texts if each and "toner" in each][-3:] == ["new toner"] * 3
    assert db.read(verify_journal, busy) is None


def test_a_ticket_that_is_not_there_cannot_be_verified(db: Database) -> None:
    with pytest.raises(TicketNotFound):
        db.read(verify_journal, 98)


def test_a_replay_refuses_what_does_not_follow() -> None:
    def entry(number: int, before: dict[str, object], after: dict[str, object]) -> Entry:
        return Entry(1, number, EntryKind.MOVED, before, after, {}, AGENT, NOW, None)

    with pytest.raises(ReplayFailed, match="entry 2 changes a status"):
        replay([entry(1, {}, {"status": "new"}), entry(2, {"status": "closed"}, {"status": "new"})])
    with pytest.raises(ReplayFailed, match="entry 1 changes a tier"):
        replay([entry(1, {"tier": None}, {"tier": "L2"})])


def test_there_is_one_way_to_write_a_value() -> None:
    assert canonical({"b": [1, None], "a": "é"}) == canonical(json.loads('{ "a":"\\u00e9","b":[1,null]}'))
