"""What requesters do with their own tickets: reply, reopen, each once, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from identity.agents.models import Agent
from storage.database import Database
from tests.databases import NOW, at_once, errors, later, values
from tests.ticketing.builders import ANA, TEAM, Talk, a_conversation, count
from tests.ticketing.teams import an_agent
from tests.ticketing.tickets import a_ticket, journal, letters, ticket_of
from ticketing.conversations.errors import MessageEmpty, MessageTooLong
from ticketing.effects.models import PersonEffect
from ticketing.tickets.errors import (
    MoveNotAllowed,
    ReopenTooLate,
    ReplyNotAllowed,
    TicketingError,
    TicketNotFound,
)
from ticketing.tickets.handling import move_ticket
from ticketing.tickets.journal import person
from ticketing.tickets.logic import (
    MOVES,
    OPEN,
    EntryKind,
    HoldReason,
    ResolutionCode,
    Status,
    is_reopening,
    may_reopen,
    may_reply,
    reopened,
)
from ticketing.tickets.queries import Moment, own_ticket
from ticketing.tickets.requesters import OwnWords, Written, reopen_as_requester, reply_as_requester
from ticketing.tickets.verifying import verify_journal

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
    assert is_open_again(status) is any(is_reopening(status, to) for to in MOVES[status])
    assert is_open_again(status) is (status in (Status.RESOLVED, Status.CLOSED))
    assert reopened(status, "agent:1") in (None, Status.ASSIGNED)
    assert reopened(status, None) in (None, Status.NEW)


def is_open_again(status: Status, days: float = 0) -> bool:
    """Whether a ticket that was resolved so long ago may be reopened."""
    return may_reopen(status, resolved_at=NOW, now=NOW + timedelta(days=days), window=timedelta(days=14))


@pytest.mark.parametrize(
    ("days", "is_so"), [(0, True), (13.9, True), (14, True), (14.1, False), (400, False)]
)
def test_the_work_goes_on_for_as_long_as_the_desk_has_promised(days: float, is_so: bool) -> None:
    assert is_open_again(Status.RESOLVED, days) is is_so
    assert is_open_again(Status.CLOSED, days) is is_so


def test_when_it_was_too_long_ago_a_new_ticket_is_asked_for_and_nothing_is_changed(
    db: Database, talk: Talk
) -> None:
    ticket_id = a_ticket(db, talk, status=Status.CLOSED)
    late = NOW + timedelta(days=14, seconds=1)
    words = OwnWords("w-1", f"INC-{ticket_id:06d}", "still broken")

    with pytest.raises(ReopenTooLate, match="more than 14 days ago; open a new ticket"):
        db.write(reopen_as_requester, talk.person_id, words, team=TEAM, character_limit=100, now=late)

    assert ticket_of(db, ticket_id).status is Status.CLOSED
    seen = db.read(own_ticket, talk.person_id, str(ticket_id), at=Moment(late))
    assert not seen.may_reopen


def test_what_waited_for_the_requester_goes_on_with_the_answer(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db, talk, status=Status.IN_PROGRESS)
    db.write(
        move_ticket,
        ticket_id,
        Status.ON_HOLD,
        actor="agent:1",
        now=NOW,
        hold_reason=HoldReason.REQUESTER,
    )

    writes(db, talk, reply_as_requester, ticket_id, "the big one")

    after = ticket_of(db, ticket_id)
    assert (after.status, after.hold_reason) == (Status.IN_PROGRESS, None)
    assert [(entry.kind, entry.actor) for entry in journal(db, ticket_id)[-2:]] == [
        (EntryKind.REPLIED, person(talk.person_id)),
        (EntryKind.MOVED, "desk"),
    ]


def test_a_reopened_ticket_of_somebody_who_has_left_is_nobodys(db: Database, talk: Talk) -> None:
    agent_id = an_agent(db, "lee").id
    ticket_id = a_ticket(db, talk, status=Status.IN_PROGRESS)
    actor = f"agent:{agent_id}"
    db.write(move_ticket, ticket_id, Status.ASSIGNED, actor=actor, now=NOW, assignee=actor)
    db.write(
        move_ticket,
        ticket_id,
        Status.RESOLVED,
        actor=actor,
        now=NOW,
        reason="new toner",
        code=ResolutionCode.FIXED,
    )
    db.write(lambda session: setattr(session.get_one(Agent, agent_id), "is_active", False))

    writes(db, talk, reopen_as_requester, ticket_id)

    after = ticket_of(db, ticket_id)
    assert (after.status, after.assignee) == (Status.NEW, None)


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
        with pytest.raises(ReplyNotAllowed, match=status.words):
            writes(db, talk, reply_as_requester, ticket_id)
        assert len(journal(db, ticket_id)) == len(before)
    assert db.read(verify_journal, ticket_id) is None


@pytest.mark.parametrize("status", Status)
def test_only_what_is_finished_and_has_a_way_back_is_reopened(
    db: Database, talk: Talk, status: Status
) -> None:
    ticket_id = a_ticket(db, talk, status=status)

    if is_open_again(status):
        writes(db, talk, reopen_as_requester, ticket_id)
        after = ticket_of(db, ticket_id)
        assert (after.status, after.assignee) == (Status.ASSIGNED, "agent:1")
        assert journal(db, ticket_id)[-1].kind is EntryKind.REOPENED
    else:
        with pytest.raises(MoveNotAllowed, match=status.words):
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
