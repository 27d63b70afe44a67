"""The files that a requester may have: those of replies on tickets of its own, whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.database import Database
from tests.databases import later
from tests.ticketing.builders import ANA, Talk, a_conversation
from tests.ticketing.tickets import a_ticket
from ticketing.tickets.attaching import attach_file, take_file
from ticketing.tickets.erasing import erase_text
from ticketing.tickets.errors import FileGone, FileNotFound
from ticketing.tickets.fetching import ANY_BYTES, OwnFile, own_file, whole_file
from ticketing.tickets.files import BINARY, TEXT, Files, NewFile
from ticketing.tickets.handling import add_reply
from ticketing.tickets.history import own_story
from ticketing.tickets.logic import Visibility

AGENT = "agent:1"
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.fixture
def talk(db: Database) -> Talk:
    return a_conversation(db, identity=ANA)


def attach(
    db: Database,
    ticket_id: int,
    file: NewFile,
    visibility: Visibility = Visibility.REPLY,
    text: str = "Look.",
) -> int:
    return db.write(attach_file, ticket_id, file, visibility=visibility, text=text, actor=AGENT, now=later(1))


def number_of(ticket_id: int) -> str:
    return f"INC-{ticket_id:06d}"


def test_the_history_names_the_file_of_a_reply_and_none_of_a_note(
    db: Database, talk: Talk, files: Files
) -> None:
    ticket_id = a_ticket(db, talk)
    attach(db, ticket_id, take_file(files, "who.log", b"a secret"), Visibility.WORK_NOTE)
    entry = attach(db, ticket_id, take_file(files, "how.png", PNG))
    db.write(add_reply, ticket_id, "And?", actor=AGENT, now=later(2))

    story = db.read(own_story, talk.person_id, number_of(ticket_id))

    assert [each.file for each in story.entries] == [None, OwnFile(entry, "how.png", len(PNG)), None]


def test_a_requester_may_have_the_file_of_a_reply(db: Database, talk: Talk, files: Files) -> None:
    ticket_id = a_ticket(db, talk)
    entry = attach(db, ticket_id, take_file(files, "how.png", PNG))

    found = db.read(own_file, talk.person_id, number_of(ticket_id), entry)

    assert (found.name, found.media_type) == ("how.png", "image/png")
    assert whole_file(files, found.digest).read_bytes() == PNG


def test_a_file_of_a_note_of_somebody_else_or_of_another_ticket_is_like_one_that_is_not_there(
    db: Database, talk: Talk, files: Files
) -> None:
    mine, other = a_ticket(db, talk), a_ticket(db, talk, "the wifi is slow in the hall")
    theirs = a_ticket(db, a_conversation(db))
    file = take_file(files, "how.png", PNG)
    note = attach(db, mine, file, Visibility.WORK_NOTE)
    # So that the entry's number alone decides nothing.
    shown = attach(db, mine, file)
    foreign = attach(db, theirs, file)

    wanted = [
        (number_of(mine), note),
        (number_of(other), shown),
        (number_of(theirs), foreign),
        (number_of(mine), 0),
        (number_of(mine), 99),
        ("INC-999999", 1),
        ("nothing", shown),
        ("\x00", shown),
    ]
    for number, entry in wanted:
        with pytest.raises(FileNotFound):
            db.read(own_file, talk.person_id, number, entry)


def test_a_file_whose_words_were_erased_is_gone_also_where_its_bytes_are_still_needed(
    db: Database, talk: Talk, files: Files
) -> None:
    ticket_id = a_ticket(db, talk)
    file = take_file(files, "how.png", PNG)
    erased, kept = attach(db, ticket_id, file), attach(db, ticket_id, file)
    db.write(erase_text, ticket_id, erased, actor=AGENT, now=later(2))

    with pytest.raises(FileGone):
        db.read(own_file, talk.person_id, number_of(ticket_id), erased)
    assert db.read(own_file, talk.person_id, number_of(ticket_id), kept).digest == file.digest
    story = db.read(own_story, talk.person_id, number_of(ticket_id))
    assert [each.number for each in story.entries if each.file] == [kept]


@pytest.mark.parametrize("left", [None, b"", b"something else"])
def test_bytes_that_are_gone_or_not_as_they_were_are_not_handed_out(files: Files, left: bytes | None) -> None:
    file = take_file(files, "how.png", PNG)
    path = files.path(file.digest)
    path.unlink()
    if left is not None:
        path.write_bytes(left)

    with pytest.raises(FileGone):
        whole_file(files, file.digest)


@pytest.mark.parametrize("ending", sorted({*TEXT, *BINARY}))
def test_what_a_browser_could_run_or_follow_is_handed_out_as_mere_bytes(
    db: Database, talk: Talk, ending: str
) -> None:
    ticket_id = a_ticket(db, talk)
    media_type = TEXT.get(ending) or BINARY[ending][0]
    entry = attach(db, ticket_id, NewFile(f"x{ending}", media_type, 1, "0" * 64))

    seen = db.read(own_file, talk.person_id, number_of(ticket_id), entry).media_type

    inert = {".png", ".jpg", ".jpeg", ".gif", ".txt", ".log", ".csv", ".zip"}
    assert seen == (media_type if ending in inert else ANY_BYTES)
