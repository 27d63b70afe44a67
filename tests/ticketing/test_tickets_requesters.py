"""What requesters do with their own tickets: reply, reopen, each once, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from storage.database import Database
from tests.databases import NOW, at_once, errors, later, values
from tests.ticketing.builders import ANA, TEAM, Talk, a_conversation, count
from tests.ticketing.tickets import a_ticket, journal, letters, ticket_of
from ticketing.conversations.errors import MessageEmpty, MessageTooLong
from ticketing.effects.models import PersonEffect
from ticketing.tickets.errors import MoveNotAllowed, ReplyNotAllowed, TicketingError, TicketNotFound
from ticketing.tickets.journal import person, verify_journal
from ticketing.tickets.logic import (
    MOVES,
    OPEN,
    EntryKind,
    Status,
    is_reopening,
    may_reopen,
    may_reply,
    reopened,
)
from ticketing.tickets.requesters import OwnWords, Written, reopen_as_requester, reply_as_requester

Verb = Callable[..., Written]
BOTH: list[tuple[Verb, Status]] = [
    (reply_as_requester, Status.IN_PROGRESS),
    (reopen_as_requester, Status.RESOLVED),
]


@pytest.fixture
def talk(db: Database) -> Talk:
    return a_conversation(db, identity=ANA)


def writes(
    db: Database,
    talk: Talk,
    verb: Verb,
    ticket_id: int,
    text: str = "still broken",
    *,
    client_id: str = "w-1",
    limit: int = 4_000,
) -> Written:
    words = OwnWords(client_id, f"INC-{ticket_id:06d}", text)
    return db.write(verb, talk.person_id, words, team=TEAM, character_limit=limit, now=later(60))


@pytest.mark.parametrize("status", Status)
def test_who_may_reply_and_who_may_reopen_follows_from_the_moves(status: Status) -> None:
    assert may_reply(status) is (status in OPEN)
    assert may_reopen(status) is any(is_reopening(status, to) for to in MOVES[status])
    assert {each for each in Status if may_reopen(each)} == {Status.RESOLVED, Status.CLOSED}
    assert reopened(status) in (None, Status.ASSIGNED)


@pytest.mark.parametrize("status", Status)
def test_a_reply_is_written_on_an_open_ticket_only(db: Database, talk: Talk, status: Status) -> None:
    ticket_id = a_ticket(db, talk, status=status)
    before = journal(db, ticket_id)

    if may_reply(status):
        written = writes(db, talk, reply_as_requester, ticket_id)
        entry = journal(db, ticket_id)[-1]
        assert (entry.number, entry.kind, entry.actor) == (
            written.entry,
            EntryKind.REPLIED,
            person(talk.person_id),
        )
        assert ticket_of(db, ticket_id).status is status
    else:
        with pytest.raises(ReplyNotAllowed, match=status.value):
            writes(db, talk, reply_as_requester, ticket_id)
        assert len(journal(db, ticket_id)) == len(before)
    assert db.read(verify_journal, ticket_id) is None


@pytest.mark.parametrize("status", Status)
def test_only_what_is_finished_and_has_a_way_back_is_reopened(
    db: Database, talk: Talk, status: Status
) -> None:
    ticket_id = a_ticket(db, talk, status=status)

    if may_reopen(status):
        writes(db, talk, reopen_as_requester, ticket_id)
        after = ticket_of(db, ticket_id)
        assert (after.status, after.assignee) == (Status.ASSIGNED, "agent:1")
        assert journal(db, ticket_id)[-1].kind is EntryKind.REOPENED
    else:
        with pytest.raises(MoveNotAllowed, match=status.value):
            writes(db, talk, reopen_as_requester, ticket_id)
        assert ticket_of(db, ticket_id).status is status
    assert db.read(verify_journal, ticket_id) is None


@pytest.mark.parametrize(("verb", "status"), BOTH)
def test_somebody_elses_ticket_is_one_that_does_not_exist(
    db: Database, talk: Talk, verb: Verb, status: Status
) -> None:
    theirs = a_ticket(db, status=status)

    refused = errors([_tried(db, talk, verb, number) for number in (theirs, theirs + 1_000)])

    assert [type(error) for error in refused] == [TicketNotFound, TicketNotFound]
    assert str(refused[0]) == str(refused[1])
    assert ticket_of(db, theirs).status is status


def _tried(db: Database, talk: Talk, verb: Verb, ticket_id: int) -> Written | Exception:
    try:
        return writes(db, talk, verb, ticket_id, client_id=f"w-{ticket_id}")
    except TicketingError as error:
        return error


@pytest.mark.parametrize(("verb", "status"), BOTH)
def test_the_same_client_id_writes_once_and_gets_the_same_answer(
    db: Database, talk: Talk, verb: Verb, status: Status
) -> None:
    ticket_id = a_ticket(db, talk, status=status)
    first = writes(db, talk, verb, ticket_id)
    entries, mails = len(journal(db, ticket_id)), len(letters(db))

    again = writes(db, talk, verb, ticket_id, "other words")

    assert (again.number, again.entry) == (first.number, first.entry)
    assert (first.is_duplicate, again.is_duplicate) == (False, True)
    assert (len(journal(db, ticket_id)), len(letters(db))) == (entries, mails)


@pytest.mark.parametrize(("verb", "status"), BOTH)
def test_eight_deliveries_at_once_are_one_entry_and_one_mail(
    db: Database, talk: Talk, verb: Verb, status: Status
) -> None:
    ticket_id = a_ticket(db, talk, status=status)
    entries, mails = len(journal(db, ticket_id)), len(letters(db))

    results = at_once(8, lambda _: writes(db, talk, verb, ticket_id))

    assert errors(results) == []
    assert len({(written.number, written.entry) for written in values(results)}) == 1
    assert sorted(written.is_duplicate for written in values(results)) == [False] + [True] * 7
    assert (len(journal(db, ticket_id)), len(letters(db))) == (entries + 1, mails + 1)
    assert db.read(verify_journal, ticket_id) is None


def test_eight_reopenings_at_once_with_ids_of_their_own_are_one(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db, talk, status=Status.RESOLVED)

    results = at_once(
        8, lambda number: writes(db, talk, reopen_as_requester, ticket_id, client_id=f"w-{number}")
    )

    assert len(values(results)) == 1
    assert {type(error) for error in errors(results)} == {MoveNotAllowed}
    assert count(db, PersonEffect) == 1


def test_an_id_is_only_taken_for_the_person_who_used_it(db: Database, talk: Talk) -> None:
    other = a_conversation(db)
    mine, theirs = a_ticket(db, talk), a_ticket(db, other)

    writes(db, talk, reply_as_requester, mine)

    assert not writes(db, other, reply_as_requester, theirs).is_duplicate


def test_a_refusal_does_not_use_the_id_up(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db, talk, status=Status.RESOLVED)
    with pytest.raises(ReplyNotAllowed):
        writes(db, talk, reply_as_requester, ticket_id)

    assert not writes(db, talk, reopen_as_requester, ticket_id).is_duplicate


@pytest.mark.parametrize(("verb", "status"), BOTH)
@pytest.mark.parametrize(
    ("text", "refusal"), [("", MessageEmpty), (" \u200b\n", MessageEmpty), ("x" * 101, MessageTooLong)]
)
def test_nothing_is_changed_by_a_text_that_cannot_be_read(
    db: Database, talk: Talk, verb: Verb, status: Status, text: str, refusal: type[Exception]
) -> None:
    ticket_id = a_ticket(db, talk, status=status)

    with pytest.raises(refusal):
        writes(db, talk, verb, ticket_id, text, limit=100)

    assert ticket_of(db, ticket_id).status is status
    assert count(db, PersonEffect) == 0


@pytest.mark.parametrize(("verb", "status"), BOTH)
def test_the_team_is_told_by_mail_with_secrets_covered(
    db: Database, talk: Talk, verb: Verb, status: Status
) -> None:
    ticket_id = a_ticket(db, talk, status=status)

    writes(db, talk, verb, ticket_id, "my password is hunter2!x and\u200b it still fails")

    mail = letters(db)[-1].payload["text"]
    assert "hunter2" not in mail
    assert "and it still fails" in mail
    assert "Ana <ana@example.org>" in mail
    assert letters(db)[-1].created_at == later(60)


def test_the_mail_of_a_reopening_says_so(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db, talk, status=Status.CLOSED)

    writes(db, talk, reopen_as_requester, ticket_id)

    assert letters(db)[-1].payload["subject"].startswith(f"[INC-{ticket_id:06d}] Reopened")
    assert "still broken" in letters(db)[-1].payload["text"]
    assert letters(db)[-1].created_at > NOW
