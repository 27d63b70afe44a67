"""Who is told what about a ticket, once, and what nobody is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from identity.people.operations import leave_contact
from notices.outbox.models import OutboxItem
from notices.preferences.logic import NoticeKind
from notices.preferences.models import UnwantedNotice
from notices.texts.catalogue import LANGUAGES, entries, placeholders
from storage.database import Database
from tests.databases import NOW
from tests.ticketing.builders import ANA, TEAM, Talk, a_conversation
from tests.ticketing.teams import a_team, an_agent
from tests.ticketing.tickets import a_ticket, letters, ticket_of
from ticketing.tickets.announcing import CONVERSATION, MAIL
from ticketing.tickets.assigning import assign_ticket
from ticketing.tickets.attaching import attach_file, take_file
from ticketing.tickets.audience import AUDIENCE, IN_CONVERSATION, REQUESTERS, WITH_WORDS, Party
from ticketing.tickets.files import Files
from ticketing.tickets.handling import add_reply, add_work_note, move_ticket
from ticketing.tickets.intake import Intake
from ticketing.tickets.logic import HoldReason, ResolutionCode, Status, Visibility
from ticketing.tickets.models import TicketWatcher
from ticketing.tickets.phoning import open_for_person
from ticketing.tickets.watching import watch_ticket

SECRET = "the requester is a nuisance"


@pytest.fixture
def talk(db: Database) -> Talk:
    return a_conversation(db, identity=ANA)


def told(db: Database, *, since: int = 0) -> list[OutboxItem]:
    """What is on its way to people, besides the letters to the team's mailbox."""
    return [item for item in letters(db)[since:] if item.recipient != "it-desk@example.org"]


def held_by(db: Database, talk: Talk, key: str = "lee") -> tuple[int, str]:
    """A ticket that an agent works on, and that agent's actor."""
    actor = an_agent(db, key).actor
    ticket_id = a_ticket(db, talk)
    db.write(move_ticket, ticket_id, Status.ASSIGNED, actor=actor, now=NOW, assignee=actor)
    db.write(move_ticket, ticket_id, Status.IN_PROGRESS, actor=actor, now=NOW)
    return ticket_id, actor


def resolve(db: Database, ticket_id: int, actor: str, text: str = "New toner.") -> None:
    db.write(
        move_ticket,
        ticket_id,
        Status.RESOLVED,
        actor=actor,
        now=NOW,
        reason=text,
        code=ResolutionCode.FIXED,
    )


def test_every_kind_of_notice_has_its_audience_and_what_is_none_of_its_own_has_no_words() -> None:
    assert set(AUDIENCE) == set(NoticeKind)
    silent = {kind for kind, parties in AUDIENCE.items() if not parties}
    assert silent == {NoticeKind.CLOSED, NoticeKind.RATING_ASKED}
    assert all(Party.REQUESTER in AUDIENCE[kind] for kind in IN_CONVERSATION | WITH_WORDS)
    sides = ("headline_requester", "mail_requester", "notice_ticket")
    unsaid = {f"{side}_{kind.value}" for side in sides for kind in silent}
    assert not any(unsaid & set(entries(language)) for language in LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", NoticeKind)
def test_every_notice_has_its_words_in_every_language(kind: NoticeKind, language: str) -> None:
    texts = entries(language)
    sides = [
        side
        for side, parties in (("requester", REQUESTERS), ("staff", frozenset(Party) - REQUESTERS))
        if AUDIENCE[kind] & parties
    ]
    reasons = [f"_{reason.value}" for reason in HoldReason] if kind is NoticeKind.ON_HOLD else [""]

    for key in (kind.value + reason for reason in reasons):
        for side in sides:
            assert texts[f"headline_{side}_{key}"].text
            assert "{ticket}" in texts[f"mail_{side}_{key}"].text
        if kind in IN_CONVERSATION:
            assert "{ticket}" in texts[f"notice_ticket_{key}"].text


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_for_people_outside_have_no_place_for_a_name_of_the_team(language: str) -> None:
    outside = re.compile(r"(headline|mail)_(requester|watcher|end_(chat|phone|watcher))_?|notice_")
    found = {key: text for key, text in entries(language).items() if outside.match(key)}

    assert len(found) > 40
    # What is said of a turn that was answered late has its own values.
    assert {name for text in found.values() for name in placeholders(text.text)} <= {"ticket", "organisation"}


def test_a_reply_of_the_team_reaches_the_requester_by_mail_and_in_the_conversation(
    db: Database, talk: Talk
) -> None:
    ticket_id, actor = held_by(db, talk)
    before = len(letters(db))

    db.write(add_reply, ticket_id, "Which printer?", actor=actor, now=NOW)

    mail, line = told(db, since=before)
    number = f"INC-{ticket_id:06d}"
    assert (mail.port, mail.recipient) == (MAIL, "ana@example.org")
    assert mail.payload["subject"] == f"[{number}] Message from the team: the printer is on fire"
    assert "Which printer?" in mail.payload["text"]
    assert line.port == CONVERSATION
    assert line.payload["text"] == f"The team has written to you about {number}:\n\nWhich printer?"


def test_whoever_is_told_of_an_answer_is_told_that_a_file_came_with_it_and_where_it_is(
    db: Database, talk: Talk, tmp_path: Path
) -> None:
    ticket_id, actor = held_by(db, talk)
    db.write(watch_ticket, ticket_id, an_agent(db, "kim").actor, actor=actor, now=NOW)
    before = len(letters(db))
    file = take_file(Files(tmp_path), "how.txt", b"Like this.")

    entry = db.write(
        attach_file, ticket_id, file, visibility=Visibility.REPLY, text="Look.", actor=actor, now=NOW
    )

    said = {each.recipient: each.payload["text"] for each in told(db, since=before)}
    own = said.pop("ana@example.org")
    assert "> Look.\n\nA file came with it. You find it in the chat where you asked" in own
    assert f"guichet ticket file INC-{ticket_id:06d} {entry} FILE" in said.pop("kim@example.org")
    [line] = said.values()
    assert line.endswith("Look.\n\nA file came with it: you find it under “My tickets”.")


def test_whoever_asked_by_phone_is_told_to_ask_the_team_for_a_file(db: Database, tmp_path: Path) -> None:
    actor = an_agent(db, "lee").actor
    file = take_file(Files(tmp_path), "how.txt", b"Like this.")
    person_id = a_conversation(db, identity=ANA).person_id
    intake = Intake(description="the printer is on fire")
    ticket_id, _ = db.write(open_for_person, person_id, intake, team=TEAM, actor=actor, now=NOW)
    before = len(letters(db))

    db.write(attach_file, ticket_id, file, visibility=Visibility.REPLY, actor=actor, now=NOW)

    [mail] = told(db, since=before)
    assert "A file came with it. If you need it, ask the team for it." in mail.payload["text"]


def test_whoever_did_it_is_not_told_and_each_is_told_once(db: Database, talk: Talk) -> None:
    ticket_id, actor = held_by(db, talk)
    db.write(
        lambda session: session.add_all(
            TicketWatcher(ticket_id=ticket_id, watcher=each) for each in (actor, f"person:{talk.person_id}")
        )
    )
    before = len(letters(db))

    db.write(add_reply, ticket_id, "Which printer?", actor=actor, now=NOW)

    assert [item.recipient for item in told(db, since=before) if item.port == MAIL] == ["ana@example.org"]


def test_an_answer_of_the_requester_reaches_whoever_has_the_ticket_and_is_not_said_back(
    db: Database, talk: Talk
) -> None:
    ticket_id, _ = held_by(db, talk)
    before = len(letters(db))

    db.write(add_reply, ticket_id, "the big one", actor=f"person:{talk.person_id}", now=NOW)

    [mail] = told(db, since=before)
    assert (mail.recipient, mail.port) == ("lee@example.org", MAIL)
    assert "the big one" in mail.payload["text"]


def test_what_was_resolved_is_said_in_the_language_of_the_ticket(db: Database) -> None:
    talk = a_conversation(db, language="fr", identity=ANA)
    ticket_id, actor = held_by(db, talk)
    before = len(letters(db))

    resolve(db, ticket_id, actor, "Toner changé.")

    mail, line = told(db, since=before)
    assert "Demande résolue" in mail.payload["subject"]
    assert "Toner changé." in mail.payload["text"]
    assert line.payload["text"].startswith("L’équipe a résolu")


def test_what_the_team_writes_for_itself_is_told_to_nobody_outside(db: Database, talk: Talk) -> None:
    ticket_id, actor = held_by(db, talk)

    db.write(add_work_note, ticket_id, SECRET, actor=actor, now=NOW)
    db.write(
        move_ticket,
        ticket_id,
        Status.ON_HOLD,
        actor=actor,
        now=NOW,
        reason=SECRET,
        hold_reason=HoldReason.SUPPLIER,
    )
    db.write(move_ticket, ticket_id, Status.IN_PROGRESS, actor=actor, now=NOW, reason=SECRET)

    assert SECRET not in repr([item.payload for item in letters(db)])


def test_an_address_that_nobody_vouches_for_is_sent_none_of_the_requesters_words(db: Database) -> None:
    talk = a_conversation(db)
    ticket_id, actor = held_by(db, talk)
    db.write(leave_contact, talk.person_id, name=None, email="somebody@example.org", now=NOW)
    before = len(letters(db))

    db.write(add_reply, ticket_id, "Which printer?", actor=actor, now=NOW)

    mail = next(item for item in told(db, since=before) if item.port == MAIL)
    assert mail.recipient == "somebody@example.org"
    assert "printer is on fire" not in repr(mail.payload)
    assert "Which printer?" in mail.payload["text"]


def test_without_an_address_the_conversation_is_where_one_is_told(db: Database) -> None:
    ticket_id, actor = held_by(db, a_conversation(db))
    before = len(letters(db))

    db.write(add_reply, ticket_id, "Which printer?", actor=actor, now=NOW)

    assert [item.port for item in told(db, since=before)] == [CONVERSATION]


def test_a_kind_that_somebody_does_not_want_is_not_mailed_and_still_said(db: Database, talk: Talk) -> None:
    ticket_id, actor = held_by(db, talk)
    db.write(
        lambda session: session.add(
            UnwantedNotice(recipient=f"person:{talk.person_id}", kind=NoticeKind.REPLIED)
        )
    )
    before = len(letters(db))

    db.write(add_reply, ticket_id, "Which printer?", actor=actor, now=NOW)
    resolve(db, ticket_id, actor)

    assert [item.port for item in told(db, since=before)] == [CONVERSATION, MAIL, CONVERSATION]


def test_that_a_ticket_is_closed_at_last_is_told_to_nobody(db: Database, talk: Talk) -> None:
    ticket_id, actor = held_by(db, talk)
    resolve(db, ticket_id, actor)
    before = len(letters(db))

    db.write(move_ticket, ticket_id, Status.CLOSED, actor="desk", now=NOW)

    assert told(db, since=before) == []


@pytest.mark.parametrize(
    ("reason", "what"),
    [
        (HoldReason.REQUESTER, "Please answer its last message."),
        (HoldReason.SUPPLIER, "is waiting for a supplier. You have nothing to do."),
        (HoldReason.CHANGE, "a change that is planned has been made. You have nothing to do."),
    ],
)
def test_whoever_asked_is_told_what_a_ticket_on_hold_waits_for(
    db: Database, talk: Talk, reason: HoldReason, what: str
) -> None:
    ticket_id, actor = held_by(db, talk)
    before = len(letters(db))

    db.write(move_ticket, ticket_id, Status.ON_HOLD, actor=actor, now=NOW, hold_reason=reason)

    mail, line = told(db, since=before)
    assert what in mail.payload["text"]
    assert what.rstrip(".") in line.payload["text"]


def test_somebody_who_watches_is_not_told_that_it_is_their_request(db: Database, talk: Talk) -> None:
    ticket_id, actor = held_by(db, talk)
    bea = a_conversation(db, identity=type(ANA)(ANA.issuer, "bea", "Bea", "bea@example.org")).person_id
    db.write(watch_ticket, ticket_id, f"person:{bea}", actor=actor, now=NOW)
    before = len(letters(db))

    db.write(move_ticket, ticket_id, Status.ON_HOLD, actor=actor, now=NOW, hold_reason=HoldReason.REQUESTER)
    db.write(add_reply, ticket_id, "the big one", actor=f"person:{talk.person_id}", now=NOW)
    resolve(db, ticket_id, actor)

    hers = [item.payload for item in told(db, since=before) if item.recipient == "bea@example.org"]
    assert len(hers) == 3
    for payload in hers:
        assert "because you follow" in payload["text"]
        assert not re.search(r"\b[Yy]our\b", payload["subject"] + payload["text"])


def test_an_agent_who_watches_is_not_told_that_the_ticket_is_theirs(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db, talk)
    lee, kim = a_team(db, ticket_of(db, ticket_id).assignment_group, ["lee", "kim"])
    db.write(watch_ticket, ticket_id, kim.actor, actor="agent:9", now=NOW)
    before = len(letters(db))

    db.write(assign_ticket, ticket_id, lee.id, actor="agent:9", now=NOW)

    subjects = {item.recipient: item.payload["subject"] for item in told(db, since=before)}
    assert "Assigned to you" in subjects["lee@example.org"]
    assert "Assigned to Lee" in subjects["kim@example.org"]


def test_the_team_is_told_who_did_it_how_the_ticket_stands_and_how_to_open_it(
    db: Database, talk: Talk
) -> None:
    ticket_id, _ = held_by(db, talk)
    before = len(letters(db))

    db.write(add_reply, ticket_id, "the big one", actor=f"person:{talk.person_id}", now=NOW)

    [mail] = told(db, since=before)
    text = mail.payload["text"]
    assert text.startswith(f"Ana has added to INC-{ticket_id:06d}:\n\n> the big one\n\nPriority: ")
    assert "\nStatus: in progress\n" in text
    assert "\nRequester: Ana <ana@example.org>\n" in text
    assert text.endswith(f"guichet ticket show INC-{ticket_id:06d}")
    assert "place" not in mail.payload or mail.payload["place"] is None


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("The screen is black", "Message from the team: The screen is black"),
        ("word " * 30, f"Message from the team: {'word ' * 15}word…"),
        ("x" * 150, f"Message from the team: {'x' * 79}…"),
    ],
)
def test_a_subject_fits_in_a_list_of_mails(db: Database, talk: Talk, title: str, shown: str) -> None:
    ticket_id = a_ticket(db, talk, title)
    before = len(letters(db))

    db.write(add_reply, ticket_id, "Which printer?", actor="agent:1", now=NOW)

    assert told(db, since=before)[0].payload["subject"] == f"[INC-{ticket_id:06d}] {shown}"
