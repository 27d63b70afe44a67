"""`guichet backup` and `guichet restore`: nothing acknowledged is missing, and nothing is ever half there."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import select, text

from desk.restored import HELD
from desk.supervision.lock import only_one
from notices.outbox.models import OutboxItem, OutboxState
from notices.outbox.operations import claim_parcels, mark_sent, put_in_outbox
from storage import schema
from storage.database import Database
from storage.ledger_epoch import ledger_epoch
from tests.databases import BACKENDS, NOW, an_empty_postgres, later
from tests.desk.commands import Guichet
from tests.requirements import ROOT
from tests.ticketing.builders import a_conversation, say_to
from tests.ticketing.problems import a_problem
from tests.ticketing.tickets import a_ticket
from ticketing.problems.erasing import erase_problem_text
from ticketing.problems.operations import note_on_problem
from ticketing.tickets.audit import verify_journals
from ticketing.tickets.erasing import erase_text
from ticketing.tickets.handling import add_reply
from ticketing.tickets.models import JournalEntry, JournalText, Ticket
from ticketing.turns.logic import TurnState
from ticketing.turns.models import Turn
from ticketing.turns.queue import claim_turns


@dataclass
class Desk:
    """An installation, whose commands are run and whose database is looked into."""

    guichet: Guichet
    var: Path
    url: str
    monkeypatch: pytest.MonkeyPatch
    opened: list[Database] = field(default_factory=list)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        self.monkeypatch.setenv("GUICHET_VAR", str(self.var))
        self.monkeypatch.setenv("GUICHET_DATABASE_URL", self.url)
        return self.guichet(*arguments)

    def must(self, *arguments: str) -> str:
        code, said, complaint = self.run(*arguments)
        assert (code, complaint) == (0, "")
        return said

    def upgrade(self) -> Database:
        self.must("db", "upgrade")
        return self.open()

    def open(self) -> Database:
        database = Database(self.url, threads=2)
        self.opened.append(database)
        return database

    def stop(self) -> None:
        """A desk that is stopped holds no connection."""
        while self.opened:
            self.opened.pop().close()


@pytest.fixture(params=BACKENDS)
def desks(
    request: pytest.FixtureRequest, tmp_path: Path, guichet: Guichet, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Desk, Desk]]:
    """Two empty installations, with databases of one kind."""
    with contextlib.ExitStack() as databases:
        both = []
        for name in ("first", "second"):
            var = tmp_path / name
            is_sqlite = request.param == "sqlite"
            url = f"sqlite:///{var}/guichet.db" if is_sqlite else databases.enter_context(an_empty_postgres())
            both.append(Desk(guichet, var, url, monkeypatch))
        yield both[0], both[1]
        for desk in both:
            desk.stop()


@pytest.fixture
def postgres_desk(tmp_path: Path, guichet: Guichet, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """An installation with a schema on PostgreSQL."""
    with an_empty_postgres() as url:
        desk = Desk(guichet, tmp_path / "postgres", url, monkeypatch)
        desk.must("db", "upgrade")
        yield desk


@pytest.fixture
def first(desks: tuple[Desk, Desk]) -> Desk:
    return desks[0]


@pytest.fixture
def second(desks: tuple[Desk, Desk]) -> Desk:
    return desks[1]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "desk.backup"


def is_sound(db: Database) -> bool:
    return db.read(verify_journals, limit=1_000).broken == ()


def replies(db: Database) -> list[str]:
    """What was replied on tickets, in order."""
    found = select(JournalText.text).join(JournalEntry, JournalEntry.id == JournalText.entry_id)
    return db.read(
        lambda session: [
            words or ""
            for words in session.scalars(found.where(JournalEntry.number > 1).order_by(JournalEntry.id))
        ]
    )


def tickets(db: Database) -> list[int]:
    return db.read(lambda session: list(session.scalars(select(Ticket.id).order_by(Ticket.id))))


def test_what_was_backed_up_comes_back(first: Desk, second: Desk, file: Path) -> None:
    db = first.upgrade()
    ticket_id = a_ticket(db)
    db.write(add_reply, ticket_id, "We are on it.", actor="agent:1", now=NOW)
    for path, words in (
        ("attachments/ab/cd", "a file"),
        ("pictures/x.png", "a picture"),
        ("secrets/key", "s"),
    ):
        (first.var / path).parent.mkdir(parents=True, exist_ok=True)
        (first.var / path).write_text(words)

    first.must("backup", str(file))
    second.must("restore", str(file))

    back = second.open()
    assert tickets(back) == [ticket_id]
    assert replies(back) == ["We are on it."]
    assert is_sound(back)
    assert (second.var / "attachments/ab/cd").read_text() == "a file"
    assert (second.var / "pictures/x.png").read_text() == "a picture"
    assert (second.var / "secrets/key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in second.var.iterdir() if path.name.startswith((".", "replaced"))] == []


def test_everything_acknowledged_before_is_in_it_while_others_write(
    first: Desk, second: Desk, file: Path
) -> None:
    db = first.upgrade()
    ids = [a_ticket(db) for _ in range(3)]
    acknowledged: list[str] = []
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            words = f"reply {len(acknowledged)}"
            db.write(add_reply, ids[len(acknowledged) % 3], words, actor="agent:1", now=NOW)
            acknowledged.append(words)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(acknowledged) < 20:
            done.wait(0.01)
        before = len(acknowledged)
        first.must("backup", str(file))
        after = len(acknowledged)
    finally:
        done.set()
        writer.join()
    second.must("restore", str(file))

    back = second.open()
    kept = replies(back)
    assert after > before, "the writer went on meanwhile"
    assert kept == acknowledged[: len(kept)], "one state, without gaps"
    assert len(kept) >= before
    assert is_sound(back)


def test_secrets_can_be_left_out(first: Desk, second: Desk, file: Path) -> None:
    first.upgrade()
    (first.var / "secrets").mkdir(parents=True)
    (first.var / "secrets" / "visitor_key").write_text("s")

    first.must("backup", str(file), "--no-secrets")
    second.must("restore", str(file))

    assert not (second.var / "secrets").exists()


def test_a_backup_never_replaces_a_file(first: Desk, file: Path) -> None:
    first.upgrade()
    file.write_text("precious")

    code, _, complaint = first.run("backup", str(file))

    assert (code, file.read_text()) == (1, "precious")
    assert "is there already" in complaint


def test_an_installation_that_is_there_is_not_replaced_unasked(first: Desk, second: Desk, file: Path) -> None:
    first.upgrade()
    first.must("backup", str(file))
    there = a_ticket(second.upgrade())
    second.stop()

    code, _, complaint = second.run("restore", str(file))

    assert code == 1
    assert "--replace" in complaint
    assert tickets(second.open()) == [there]


def test_what_is_replaced_is_kept(first: Desk, second: Desk, file: Path) -> None:
    db = first.upgrade()
    a_ticket(db)
    first.must("backup", str(file))
    db = second.upgrade()
    for _ in range(2):
        a_ticket(db)
    (second.var / "rasa").mkdir(parents=True)
    (second.var / "rasa" / "tracker.db").write_text("turns that this desk has not had")
    second.stop()

    second.must("restore", str(file), "--replace")

    [kept] = second.var.glob("replaced-*")
    assert tickets(second.open()) == [1]
    assert (kept / "tracker.db").exists()
    assert not (second.var / "rasa" / "tracker.db").exists()
    if second.url.startswith("sqlite"):
        old = Database(f"sqlite:///{kept / 'guichet.db'}")
        assert tickets(old) == [1, 2]
        old.close()
    else:
        assert (kept / "guichet.pgdump").stat().st_size > 0


def test_a_damaged_database_can_be_replaced_and_is_kept(
    guichet: Guichet, tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(guichet, tmp_path / "desk", f"sqlite:///{tmp_path}/desk/guichet.db", monkeypatch)
    there = a_ticket(desk.upgrade())
    desk.must("backup", str(file))
    desk.stop()
    for name in ("guichet.db", "guichet.db-wal"):
        (desk.var / name).write_bytes(b"nothing that can be read" * 400)

    desk.must("restore", str(file), "--replace")

    [kept] = desk.var.glob("replaced-*")
    assert (kept / "guichet.db").read_bytes().startswith(b"nothing")
    assert tickets(desk.open()) == [there]
    assert is_sound(desk.open())
    desk.stop()


def test_a_desk_that_runs_is_not_restored(first: Desk, second: Desk, file: Path) -> None:
    first.upgrade()
    first.must("backup", str(file))

    with only_one(second.var):
        code, _, complaint = second.run("restore", str(file))

    assert code == 1
    assert "already runs" in complaint


def test_a_database_that_somebody_uses_is_not_replaced(first: Desk, second: Desk, file: Path) -> None:
    first.upgrade()
    first.must("backup", str(file))
    db = second.upgrade()
    there = a_ticket(db)

    code, _, complaint = second.run("restore", str(file), "--replace")

    assert code == 1
    assert "in use" in complaint or "other connections" in complaint
    assert tickets(db) == [there]


def test_a_damaged_backup_touches_nothing(first: Desk, second: Desk, file: Path) -> None:
    first.upgrade()
    first.must("backup", str(file))
    file.write_bytes(file.read_bytes()[:-2_000])
    there = a_ticket(second.upgrade())
    second.stop()

    code, _, complaint = second.run("restore", str(file), "--replace")

    assert code == 1
    assert "not a whole backup" in complaint
    assert tickets(second.open()) == [there]


def test_a_backup_of_a_newer_schema_is_refused(first: Desk, second: Desk, file: Path) -> None:
    db = first.upgrade()
    db.write(lambda session: session.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    first.must("backup", str(file))

    code, _, complaint = second.run("restore", str(file))

    assert code == 1
    assert "9999" in complaint
    assert not schema.status(second.url).current


def test_a_backup_of_an_older_schema_is_brought_up_to_date(first: Desk, second: Desk, file: Path) -> None:
    at_schema(first.url, "0006")
    first.must("backup", str(file))

    second.must("restore", str(file))

    assert schema.status(second.url).is_current
    assert a_ticket(second.open()) == 1_001


def at_schema(url: str, revision: str) -> None:
    schema._make_folder(url)
    engine = schema._upgrading_engine(url)
    with engine.begin() as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def test_a_backup_of_another_kind_of_database_is_refused(
    postgres_desk: Desk, tmp_path: Path, file: Path, guichet: Guichet, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres_desk.must("backup", str(file))
    other = Desk(guichet, tmp_path / "other", f"sqlite:///{tmp_path}/other/guichet.db", monkeypatch)

    code, _, complaint = other.run("restore", str(file))

    assert code == 1
    assert "is of a postgresql database, and this desk uses sqlite" in complaint
    assert not (other.var / "guichet.db").exists()


def test_turns_that_were_being_answered_are_answered_again(first: Desk, second: Desk, file: Path) -> None:
    db = first.upgrade()
    say_to(db, a_conversation(db), "hello")
    [claimed] = db.write(claim_turns, owner="desk-1", limit=1, now=NOW)
    first.must("backup", str(file))

    second.must("restore", str(file))

    back = second.open()
    turn = back.read(lambda session: session.scalars(select(Turn)).one())
    assert (turn.state, turn.owner, turn.lease_until) == (TurnState.PENDING, None, None)
    [again] = back.write(claim_turns, owner="desk-2", limit=1, now=NOW)
    assert again.claim.turn_id == claimed.claim.turn_id


def test_browsers_begin_afresh(first: Desk, second: Desk, file: Path) -> None:
    epoch = first.upgrade().write(ledger_epoch)
    first.must("backup", str(file))

    second.must("restore", str(file))

    assert second.open().write(ledger_epoch) != epoch


def put(db: Database, key: str) -> None:
    db.write(put_in_outbox, key=key, port="mail", recipient="a@example.org", payload={}, now=NOW)


def outbox(db: Database) -> dict[str, OutboxState]:
    found = db.read(lambda session: list(session.scalars(select(OutboxItem).order_by(OutboxItem.id))))
    return {item.key: item.state for item in found}


def send_all(db: Database) -> None:
    for parcel in db.write(claim_parcels, now=NOW):
        db.write(mark_sent, parcel.id, now=NOW)


def test_what_was_sent_is_not_sent_again_and_what_waited_is_due_at_once(
    first: Desk, second: Desk, file: Path
) -> None:
    db = first.upgrade()
    put(db, "sent before")
    send_all(db)
    put(db, "waiting")
    db.write(claim_parcels, now=NOW + timedelta(days=4_000))  # its sender will not come back
    first.must("backup", str(file))

    report = json.loads(second.must("restore", str(file), "--json"))

    back = second.open()
    assert outbox(back) == {"sent before": OutboxState.SENT, "waiting": OutboxState.WAITING}
    assert [each.key for each in back.write(claim_parcels, now=later(400 * 86_400))] == ["waiting"]
    assert report["outbox"] == {"waiting": 1, "held": 0, "sent_since": 0}


def test_what_waited_can_be_held_back(first: Desk, second: Desk, file: Path) -> None:
    put(first.upgrade(), "waiting")
    first.must("backup", str(file))

    said = second.must("restore", str(file), "--hold-outbox")

    back = second.open()
    assert outbox(back) == {"waiting": OutboxState.DEAD}
    assert back.read(lambda session: session.scalars(select(OutboxItem.error)).one()) == HELD
    assert "0 waiting, 1 held back" in said


def test_what_the_replaced_desk_has_sent_since_is_not_sent_again(first: Desk, file: Path) -> None:
    db = first.upgrade()
    put(db, "waiting")
    put(db, 'it\'s "50%" :quoted\\')
    first.must("backup", str(file))
    for parcel in db.write(claim_parcels, now=NOW):
        if parcel.key != "waiting":
            db.write(mark_sent, parcel.id, now=NOW + timedelta(days=4_000))
    a_ticket(db)
    send_new = "sent, and never in the backup"
    put(db, send_new)
    first.stop()

    report = json.loads(first.must("restore", str(file), "--replace", "--json"))

    assert outbox(first.open()) == {"waiting": OutboxState.WAITING, 'it\'s "50%" :quoted\\': OutboxState.SENT}
    assert report["outbox"] == {"waiting": 1, "held": 0, "sent_since": 1}
    assert report["lost"] == {"ticket": 1, "problem": 0}


def test_what_somebody_has_dropped_since_is_not_sent(first: Desk, file: Path) -> None:
    db = first.upgrade()
    put(db, "unwanted")
    first.must("backup", str(file))
    db.write(lambda session: session.execute(text("UPDATE outbox_item SET state = 'dropped'")))
    first.stop()

    first.must("restore", str(file), "--replace")

    states = first.open().read(lambda session: session.scalars(text("SELECT state FROM outbox_item")).all())
    assert states == ["dropped"]


@pytest.mark.parametrize(("options", "skipped"), [((), 1_000), (("--skip", "5"), 5), (("--skip", "0"), 0)])
def test_numbers_told_since_are_left_out(
    first: Desk, second: Desk, file: Path, options: tuple[str, ...], skipped: int
) -> None:
    last = a_ticket(first.upgrade())
    first.must("backup", str(file))

    second.must("restore", str(file), *options)

    assert a_ticket(second.open()) == last + skipped + 1


def test_no_number_that_the_replaced_desk_gave_out_is_given_again(first: Desk, file: Path) -> None:
    db = first.upgrade()
    a_ticket(db)
    first.must("backup", str(file))
    told = [a_ticket(db) for _ in range(4)]
    first.stop()

    first.must("restore", str(file), "--replace", "--skip", "1")

    assert a_ticket(first.open()) == told[-1] + 1


def test_the_report_says_what_may_be_missing(first: Desk, file: Path) -> None:
    db = first.upgrade()
    a_ticket(db)
    first.must("backup", str(file))
    a_ticket(db)
    first.stop()

    said = first.must("restore", str(file), "--replace")

    assert "not in it: whatever was said, opened, decided or sent since" in said
    assert "the last one is number 000001, the next will be 001002 or later" in said
    assert "1 tickets and 0 problems opened since" in said


def test_words_that_were_erased_since_are_named_as_they_are_back(first: Desk, file: Path) -> None:
    db = first.upgrade()
    ticket_id = a_ticket(db, text="my password is hunter2")
    db.write(erase_text, ticket_id, 1, actor="agent:1", now=NOW)
    kept = db.write(add_reply, ticket_id, "Ana's number is 7", actor="agent:1", now=NOW)
    first.must("backup", str(file))
    db.write(erase_text, ticket_id, kept, actor="agent:1", now=NOW)
    later_one = db.write(add_reply, ticket_id, "and mine is 8", actor="agent:1", now=NOW)
    db.write(erase_text, ticket_id, later_one, actor="agent:1", now=NOW)
    first.stop()

    report = json.loads(first.must("restore", str(file), "--replace", "--json"))

    assert report["erased_since"] == [f"INC-{ticket_id:06d}/{kept}"]


def test_words_of_a_problem_that_were_erased_since_are_named_as_they_are_back(
    first: Desk, file: Path
) -> None:
    db = first.upgrade()
    problem_id = a_problem(db)
    act: dict[str, Any] = {"actor": "agent:1", "now": NOW}
    gone, kept = (db.write(note_on_problem, problem_id, text, **act) for text in ("one", "Ana did it"))
    db.write(erase_problem_text, problem_id, gone, **act)
    first.must("backup", str(file))
    db.write(erase_problem_text, problem_id, kept, **act)
    db.write(erase_problem_text, problem_id, db.write(note_on_problem, problem_id, "late", **act), **act)
    first.stop()

    said = first.must("restore", str(file), "--replace")

    erased = [line for line in said.splitlines() if line.startswith("erase ")]
    assert erased == [
        f"erase     the words of entry {kept} of PRB-{problem_id:06d} are back, and were erased since"
    ]


def test_whoever_is_killed_on_the_way_leaves_all_of_the_old_or_all_of_the_new(
    first: Desk, second: Desk, file: Path
) -> None:
    db = first.upgrade()
    db.write(add_reply, a_ticket(db), "new", actor="agent:1", now=NOW)
    say_to(db, a_conversation(db), "hello")
    db.write(claim_turns, owner="desk-1", limit=1, now=NOW)
    for path in ("attachments/ab/cd", "pictures/x.png"):
        (first.var / path).parent.mkdir(parents=True)
        (first.var / path).write_text(path)
    first.must("backup", str(file))
    old = second.upgrade()
    old.write(add_reply, a_ticket(old), "old", actor="agent:1", now=NOW)
    (second.var / "rasa").mkdir(parents=True)
    (second.var / "rasa" / "tracker.db").write_text("x")
    second.stop()
    seen: list[str] = []

    for deed in range(1, 40):
        code = killed_before(second, file, deed)
        with_what = second.open()
        [state] = replies(with_what)
        seen.append(state)
        assert is_sound(with_what), deed
        if state == "new":
            assert schema.status(second.url).is_current, deed
            states = with_what.read(lambda session: set(session.scalars(select(Turn.state))))
            assert TurnState.RUNNING not in states, deed
        second.stop()
        if code == 0:
            break

    assert seen[0] == "old"
    assert seen[-1] == "new"
    assert seen == sorted(seen, reverse=True), "never back again"
    assert len(seen) > 4
    assert list(second.var.glob(".restore-*")) == []


def killed_before(desk: Desk, file: Path, deed: int) -> int:
    environ = {**os.environ, "GUICHET_VAR": str(desk.var), "GUICHET_DATABASE_URL": desk.url}
    arguments = [sys.executable, "-m", "tests.desk.a_restorer", str(file), str(deed)]
    environ["PYTHONPATH"] = str(ROOT)
    return subprocess.run(
        arguments, env=environ, cwd=desk.var, capture_output=True, text=True, check=False
    ).returncode


def test_a_desk_does_not_run_on_a_newer_schema(first: Desk) -> None:
    db = first.upgrade()
    db.write(lambda session: session.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    first.stop()

    code, _, complaint = first.run("run")

    assert code == 1
    assert "9999" in complaint
    assert "newer" in complaint


def test_without_the_programs_of_postgresql_the_refusal_says_what_to_install(
    postgres_desk: Desk, file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("storage.backup.postgres.DEBIAN", tmp_path)

    code, _, complaint = postgres_desk.run("backup", str(file))

    assert code == 1
    assert "pg_dump" in complaint
    assert not file.exists()


def test_without_a_database_there_is_nothing_to_back_up(first: Desk, file: Path) -> None:
    code, _, complaint = first.run("backup", str(file))

    assert code == 1
    assert "there is no database" in complaint or "empty" in complaint
    assert not file.exists()
