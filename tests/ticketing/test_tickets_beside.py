"""What lies beside a ticket: watchers, tags, files; what is split off it, and what somebody phoned about."""

from __future__ import annotations

import hashlib
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from identity.people.operations import add_anonymous_person
from storage.database import Database
from tests.databases import NOW, at_once, later, values
from tests.ticketing.builders import ANA, TEAM, Talk, a_conversation
from tests.ticketing.teams import an_agent
from tests.ticketing.tickets import a_ticket, journal, letters, ticket_of
from ticketing.tickets.attaching import attach_file, take_file
from ticketing.tickets.dossier import staff_ticket
from ticketing.tickets.erasing import erase_text, erased_file
from ticketing.tickets.errors import (
    EntryNotFound,
    FileRefused,
    SplitNotAllowed,
    TagRefused,
    TextMissing,
    WatcherRefused,
)
from ticketing.tickets.files import LARGEST_FILE, NAME_CHARACTERS, Files, clean_file_name
from ticketing.tickets.handling import add_reply, add_work_note
from ticketing.tickets.history import own_story
from ticketing.tickets.intake import Intake
from ticketing.tickets.journal import person
from ticketing.tickets.logic import EntryKind, Status, TicketType, Visibility
from ticketing.tickets.merging import merge_ticket
from ticketing.tickets.models import TicketTag
from ticketing.tickets.phoning import open_for_person
from ticketing.tickets.queries import own_tickets
from ticketing.tickets.splitting import split_ticket
from ticketing.tickets.tagging import MOST_TAGS, TAG_CHARACTERS, tag_of, tag_ticket
from ticketing.tickets.verifying import verify_journal
from ticketing.tickets.watching import MOST_WATCHERS, unwatch_ticket, watch_ticket, watchers_of

AGENT = "agent:1"
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"


@pytest.fixture
def talk(db: Database) -> Talk:
    return a_conversation(db, identity=ANA)


def tags(db: Database, ticket_id: int) -> list[str]:
    wanted = select(TicketTag.tag).where(TicketTag.ticket_id == ticket_id).order_by(TicketTag.tag)
    return db.read(lambda session: list(session.scalars(wanted)))


# Watchers


def test_who_watches_stands_in_the_journal_and_twice_is_once(db: Database) -> None:
    bea, ticket_id = an_agent(db, "bea"), a_ticket(db)

    was = [db.write(watch_ticket, ticket_id, bea.actor, actor=AGENT, now=later(n)) for n in (1, 2)]
    is_over = [db.write(unwatch_ticket, ticket_id, bea.actor, actor=AGENT, now=later(n)) for n in (3, 4)]

    assert (was, is_over) == ([True, False], [True, False])
    assert [entry.data for entry in journal(db, ticket_id)[1:]] == [
        {"added": [bea.actor]},
        {"removed": [bea.actor]},
    ]
    assert db.read(verify_journal, ticket_id) is None


def test_nobody_watches_who_cannot_be_told_or_is_told_anyway(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db, talk)
    gone = an_agent(db, "gone", is_active=False)

    for watcher in (gone.actor, "agent:999", "person:999", "desk", "bea", person(talk.person_id)):
        with pytest.raises(WatcherRefused):
            db.write(watch_ticket, ticket_id, watcher, actor=AGENT, now=later(1))

    assert db.read(watchers_of, ticket_id) == ()
    assert len(journal(db, ticket_id)) == 1


def test_there_is_an_end_to_watchers(db: Database) -> None:
    ticket_id = a_ticket(db)
    people = [db.write(add_anonymous_person, language="en", now=NOW).id for _ in range(MOST_WATCHERS + 1)]
    for each in people[:-1]:
        db.write(watch_ticket, ticket_id, person(each), actor=AGENT, now=later(1))

    with pytest.raises(WatcherRefused, match=str(MOST_WATCHERS)):
        db.write(watch_ticket, ticket_id, person(people[-1]), actor=AGENT, now=later(2))


def test_a_person_who_watches_reads_replies_by_mail_and_no_notes(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db)
    db.write(watch_ticket, ticket_id, person(talk.person_id), actor=AGENT, now=later(1))

    db.write(add_work_note, ticket_id, "it is the cleaner again", actor=AGENT, now=later(2))
    db.write(add_reply, ticket_id, "We are on it.", actor=AGENT, now=later(3))

    to_ana = [each.payload["text"] for each in letters(db) if each.recipient == ANA.email]
    assert len(to_ana) == 1
    assert "We are on it." in to_ana[0]
    assert not any("cleaner" in str(each.payload) for each in letters(db))


# Tags


@given(st.text(max_size=60))
def test_a_tag_made_of_a_tag_is_the_same_tag(text: str) -> None:
    try:
        tag = tag_of(text)
    except TagRefused:
        return
    assert tag_of(tag) == tag_of(f"  {text} ") == tag
    assert 1 <= len(tag) <= TAG_CHARACTERS
    assert not any(c.isspace() for c in tag)


@pytest.mark.parametrize(
    ("text", "tag"),
    [("Wi-Fi  Berlin", "wi-fi-berlin"), ("ÉTÉ", "été"), ("C++", "c++"), ("C#", "c#"), ("v2.1", "v2.1")],
)
def test_tags_are_written_in_one_way(text: str, tag: str) -> None:
    assert tag_of(text) == tag


@pytest.mark.parametrize("text", ["", "  ", "-", "#vpn", "a/b", "a" * 41, "a,b", "<b>", "tag\x00"])
def test_what_is_no_tag_is_refused(text: str) -> None:
    with pytest.raises(TagRefused):
        tag_of(text)


def test_tags_are_put_on_and_taken_off_with_an_entry_for_what_changed(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db, talk)

    db.write(tag_ticket, ticket_id, add=["VPN", "Berlin"], actor=AGENT, now=later(1))
    db.write(tag_ticket, ticket_id, add=["vpn"], remove=["paris"], actor=AGENT, now=later(2))
    db.write(tag_ticket, ticket_id, add=["new"], remove=["BERLIN"], actor=AGENT, now=later(3))

    assert tags(db, ticket_id) == ["new", "vpn"]
    assert [entry.data for entry in journal(db, ticket_id)[1:]] == [
        {"added": ["berlin", "vpn"], "removed": []},
        {"added": ["new"], "removed": ["berlin"]},
    ]
    # What the team calls it is no news to the requester.
    assert ticket_of(db, ticket_id).changed_at == NOW
    assert db.read(verify_journal, ticket_id) is None


def test_there_is_an_end_to_tags(db: Database) -> None:
    ticket_id = a_ticket(db)

    many = [f"t{n}" for n in range(MOST_TAGS + 1)]

    with pytest.raises(TagRefused, match=str(MOST_TAGS)):
        db.write(tag_ticket, ticket_id, add=many, actor=AGENT, now=later(1))

    assert tags(db, ticket_id) == []


def test_the_same_tag_put_on_at_once_is_on_it_once(db: Database) -> None:
    ticket_id = a_ticket(db)

    results = at_once(4, lambda _: db.write(tag_ticket, ticket_id, add=["vpn"], actor=AGENT, now=later(1)))

    assert results == [("vpn",)] * 4
    assert len(journal(db, ticket_id)) == 2


# Files


def test_a_file_with_a_note_is_for_the_team_alone(db: Database, talk: Talk, tmp_path: Path) -> None:
    ticket_id = a_ticket(db, talk)
    file = take_file(Files(tmp_path), "secret.log", b"who did it")

    entry = db.write(attach_file, ticket_id, file, visibility=Visibility.WORK_NOTE, actor=AGENT, now=later(1))

    [kept] = db.read(staff_ticket, ticket_id).attachments
    assert (kept.entry, kept.name, kept.size, kept.media_type) == (entry, "secret.log", 10, "text/plain")
    assert Files(tmp_path).path(kept.digest).read_bytes() == b"who did it"
    assert "secret" not in repr(db.read(own_story, talk.person_id, f"INC-{ticket_id:06d}"))
    assert "secret" not in str([each.payload for each in letters(db)])
    assert ticket_of(db, ticket_id).changed_at == NOW
    assert db.read(verify_journal, ticket_id) is None


def test_of_a_file_with_a_reply_the_requester_reads_the_words(
    db: Database, talk: Talk, tmp_path: Path
) -> None:
    ticket_id = a_ticket(db, talk)
    file = take_file(Files(tmp_path), "how.png", PNG)
    words = "Press where the arrow is."

    db.write(attach_file, ticket_id, file, visibility=Visibility.REPLY, text=words, actor=AGENT, now=later(1))

    last = db.read(own_story, talk.person_id, f"INC-{ticket_id:06d}").entries[-1]
    assert (last.kind, last.text) == (EntryKind.REPLIED, words)
    assert any(words in each.payload["text"] for each in letters(db) if each.recipient == ANA.email)


def test_the_digest_of_a_file_is_in_the_chain_and_its_name_can_be_erased(
    db: Database, tmp_path: Path
) -> None:
    ticket_id = a_ticket(db)
    file = take_file(Files(tmp_path), "Ana’s salary.pdf", b"%PDF-1.7")
    entry = db.write(attach_file, ticket_id, file, visibility=Visibility.WORK_NOTE, actor=AGENT, now=later(1))

    db.write(erase_text, ticket_id, entry, actor=AGENT, now=later(2))

    assert journal(db, ticket_id)[1].data["file"]["digest"] == hashlib.sha256(b"%PDF-1.7").hexdigest()
    assert "salary" not in repr(db.read(staff_ticket, ticket_id))
    assert db.read(verify_journal, ticket_id) is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("run.exe", b"MZ"),
        ("run.sh", b"#!/bin/sh"),
        ("noending", b"text"),
        ("empty.txt", b""),
        ("program.txt", b"MZ\x90"),
        ("program.log", b"\x7fELF"),
        ("zip.txt", b"PK\x03\x04"),
        ("zeros.csv", b"a\x00b"),
        ("picture.png", b"GIF89a"),
        ("word.docx", b"<html>"),
        ("big.txt", b"a" * (LARGEST_FILE + 1)),
    ],
)
def test_a_file_that_is_not_taken_is_not_kept(name: str, content: bytes, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=name):
        take_file(Files(tmp_path), name, content)

    assert list(tmp_path.iterdir()) == []


def test_what_is_there_twice_is_kept_once_and_whole(tmp_path: Path) -> None:
    files = Files(tmp_path)

    digests = at_once(4, lambda _: files.keep(PNG))

    assert set(map(str, digests)) == {hashlib.sha256(PNG).hexdigest()}
    [kept] = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert (kept.read_bytes(), kept.stat().st_mode & 0o777) == (PNG, 0o600)


def test_a_file_that_is_being_attached_again_is_not_deleted_with_words_erased_meanwhile(
    db: Database, tmp_path: Path
) -> None:
    ticket_id, files = a_ticket(db), Files(tmp_path / "files")
    note: dict[str, Any] = {"visibility": Visibility.WORK_NOTE, "actor": AGENT, "now": later(1)}
    first = db.write(attach_file, ticket_id, take_file(files, "how.png", PNG), **note)
    digest = hashlib.sha256(PNG).hexdigest()
    asked = Event()

    def forget() -> bool:
        return files.forget(digest, is_needed=lambda: db.read(erased_file, ticket_id, first) is None)

    def work(number: int) -> int:
        if number:
            asked.wait(10)
            return forget()
        with files.held():
            file = take_file(files, "how.png", PNG)
            db.write(erase_text, ticket_id, first, actor=AGENT, now=later(2))
            assert db.read(erased_file, ticket_id, first) == digest
            asked.set()
            return db.write(attach_file, ticket_id, file, **note)

    entry, is_gone = values(at_once(2, work))

    assert (is_gone, files.path(digest).read_bytes()) == (False, PNG)
    db.write(erase_text, ticket_id, entry, actor=AGENT, now=later(3))
    assert forget()
    assert not files.path(digest).exists()


@given(st.text(min_size=1, max_size=400))
def test_the_name_of_a_file_is_no_path_and_not_without_end(name: str) -> None:
    clean = clean_file_name(name)

    assert not {"/", "\\", "\n", "\x00"} & set(clean)
    assert len(clean) <= NAME_CHARACTERS


def test_the_end_of_a_long_name_stays(tmp_path: Path) -> None:
    assert clean_file_name("C:\\Users\\ana\\" + "a" * 300 + ".pdf") == "a" * (NAME_CHARACTERS - 4) + ".pdf"


# Split off


def test_what_is_split_off_is_a_ticket_of_the_same_requester_and_both_say_so(
    db: Database, talk: Talk
) -> None:
    ticket_id = a_ticket(db, talk)
    first = db.write(add_reply, ticket_id, "my password is forgotten", actor=person(talk.person_id), now=NOW)

    joined = db.write(
        split_ticket, ticket_id, text="And besides:", entries=[first], team=TEAM, actor=AGENT, now=later(60)
    )

    new = int(joined.number.rpartition("-")[2])
    kept = ticket_of(db, new)
    assert (kept.requester_id, kept.language, kept.channel) == (talk.person_id, "en", "web")
    assert kept.description == "And besides:\n\nmy password is forgotten"
    assert journal(db, ticket_id)[-1].data == {"into": joined.number, "entries": [first]}
    assert {"from": f"INC-{ticket_id:06d}"} in [entry.data for entry in journal(db, new)]
    assert len(db.read(own_tickets, talk.person_id)) == 2
    assert all(db.read(verify_journal, each) is None for each in (ticket_id, new))


def test_what_is_split_off_is_routed_by_its_own_words(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db, talk)

    joined = db.write(
        split_ticket,
        ticket_id,
        text="I forgot my password",
        type_=TicketType.SERVICE_REQUEST,
        team=TEAM,
        actor=AGENT,
        now=later(60),
    )

    new = ticket_of(db, int(joined.number.rpartition("-")[2]))
    assert (new.type, joined.number[:3]) == (TicketType.SERVICE_REQUEST, "REQ")
    assert new.category != ticket_of(db, ticket_id).category


def test_notes_of_the_staff_are_not_split_off(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db, talk)
    note = db.write(add_work_note, ticket_id, "it is the cleaner again", actor=AGENT, now=later(1))

    for entries in ([note], [1], [99]):
        with pytest.raises(EntryNotFound):
            db.write(split_ticket, ticket_id, entries=entries, team=TEAM, actor=AGENT, now=later(60))
    with pytest.raises(SplitNotAllowed):
        db.write(split_ticket, ticket_id, text=" ", team=TEAM, actor=AGENT, now=later(60))

    assert len(db.read(own_tickets, talk.person_id)) == 1


def test_nothing_is_split_off_a_merged_ticket(db: Database, talk: Talk) -> None:
    ticket_id, other = a_ticket(db, talk), a_ticket(db)
    db.write(merge_ticket, ticket_id, other, actor=AGENT, now=later(1))

    with pytest.raises(SplitNotAllowed, match="merged"):
        db.write(split_ticket, ticket_id, text="more", team=TEAM, actor=AGENT, now=later(60))


def test_nothing_is_split_off_a_cancelled_ticket(db: Database) -> None:
    ticket_id = a_ticket(db, status=Status.CANCELLED)

    with pytest.raises(SplitNotAllowed, match="it is cancelled; open a new ticket"):
        db.write(split_ticket, ticket_id, text="more", team=TEAM, actor=AGENT, now=later(60))


# By phone


def test_who_phoned_has_a_ticket_without_a_conversation(db: Database) -> None:
    caller = a_conversation(db, identity=ANA).person_id
    intake = Intake(description="the printer is on fire")

    ticket_id, number = db.write(open_for_person, caller, intake, team=TEAM, actor=AGENT, now=later(1))
    db.write(add_reply, ticket_id, "Which one?", actor=AGENT, now=later(2))

    kept = ticket_of(db, ticket_id)
    assert (kept.channel, kept.conversation_id, kept.status) == ("phone", None, Status.NEW)
    assert [own.number for own in db.read(own_tickets, caller)] == [number]
    assert {each.port for each in letters(db)} == {"mail"}
    [to_team] = [each.payload["text"] for each in letters(db) if each.recipient == TEAM.email]
    assert to_team.startswith("A new ticket was opened by an agent, for somebody who phoned or came by.")
    assert "onversation" not in to_team
    assert db.read(staff_ticket, ticket_id).conversation_id is None
    assert db.read(verify_journal, ticket_id) is None


def test_a_call_without_words_is_no_ticket(db: Database) -> None:
    caller = a_conversation(db).person_id

    with pytest.raises(TextMissing):
        db.write(open_for_person, caller, Intake(description=" "), team=TEAM, actor=AGENT, now=later(1))
