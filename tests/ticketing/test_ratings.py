"""What requesters think: asked once, of whoever can be asked; answered once; its words can be erased."""

from __future__ import annotations

from datetime import timedelta

import pytest

from identity.people.models import Person
from notices.preferences.logic import NoticeKind
from notices.preferences.models import UnwantedNotice
from storage.database import Database
from tests.databases import NOW, at_once, later, values
from tests.ticketing.builders import ANA, a_conversation
from tests.ticketing.ratings import AGENT, a_token, links, resolutions, resolve
from tests.ticketing.tickets import a_ticket, journal, letters, take, ticket_of
from ticketing.conversations.masking import COVER
from ticketing.ratings.errors import CommentTooLong, RatingNotFound, ScoreInvalid
from ticketing.ratings.logic import COMMENT_CHARACTERS, PATH, WINDOW, token_digest
from ticketing.ratings.models import Rating
from ticketing.ratings.operations import give_rating
from ticketing.ratings.queries import asked_rating, list_ratings, satisfaction
from ticketing.tickets.erasing import erase_text
from ticketing.tickets.journal import person
from ticketing.tickets.logic import EntryKind, ResolutionCode, Status, ticket_number
from ticketing.tickets.merging import merge_ticket
from ticketing.tickets.models import TicketWatcher
from ticketing.tickets.tagging import tag_ticket
from ticketing.tickets.verifying import verify_journal


def ratings(db: Database) -> list[Rating]:
    return db.read(lambda session: list(session.query(Rating).order_by(Rating.id)))


def test_the_question_comes_with_the_resolution_in_the_mail_and_in_the_conversation(db: Database) -> None:
    a_token(db, a_conversation(db, identity=ANA))

    assert sorted(letter.port for letter in resolutions(db)) == ["conversation", "mail"]
    assert len({letter.payload["link"] for letter in resolutions(db)}) == 1
    [line] = [letter for letter in resolutions(db) if letter.port == "conversation"]
    assert "How did we do?" in line.payload["text"]  # a mail says it with the link, when it leaves
    assert not [letter for letter in letters(db) if ":rating_asked:" in letter.key]


def test_only_the_digest_of_the_secret_is_kept_with_the_question(db: Database) -> None:
    _, token = a_token(db)

    [rating] = ratings(db)
    assert rating.token_digest == token_digest(token)
    assert token not in str(vars(rating))


def test_the_secret_is_in_no_letter_to_a_watcher(db: Database) -> None:
    talk = a_conversation(db, identity=ANA)
    ticket_id = a_ticket(db, talk)
    watcher = a_conversation(db, identity=type(ANA)(ANA.issuer, "bea", "Bea", "bea@example.org")).person_id
    db.write(lambda session: session.add(TicketWatcher(ticket_id=ticket_id, watcher=person(watcher))))

    resolve(db, ticket_id)

    [letter] = [each for each in resolutions(db) if each.recipient == "bea@example.org"]
    assert letter.payload["link"] is None


def test_an_address_that_nobody_vouches_for_is_not_sent_the_secret(db: Database) -> None:
    talk = a_conversation(db)

    def claim(session: object) -> None:
        session.get_one(Person, talk.person_id).email = "x@example.org"  # type: ignore[attr-defined]

    db.write(claim)
    ticket_id = a_ticket(db, talk)

    resolve(db, ticket_id)

    assert {letter.port: bool(letter.payload["link"]) for letter in resolutions(db)} == {
        "mail": False,
        "conversation": True,
    }


def test_it_is_asked_once_per_ticket_however_often_that_is_resolved(db: Database) -> None:
    ticket_id, _ = a_token(db)
    take(db, ticket_id, Status.ASSIGNED)
    resolve(db, ticket_id)

    assert len(ratings(db)) == len(links(db)) == 1


@pytest.mark.parametrize("code", [ResolutionCode.DUPLICATE, ResolutionCode.BY_REQUESTER])
def test_a_duplicate_and_what_the_requester_settled_are_not_asked_about(
    db: Database, code: ResolutionCode
) -> None:
    resolve(db, a_ticket(db), code)

    assert ratings(db) == []


def test_spam_and_what_is_cancelled_or_merged_is_not_asked_about(db: Database) -> None:
    spam, merged, target = (a_ticket(db) for _ in range(3))
    db.write(tag_ticket, spam, add=["spam"], actor=AGENT, now=NOW)
    resolve(db, spam)
    a_ticket(db, status=Status.CANCELLED)
    db.write(merge_ticket, merged, target, actor=AGENT, now=NOW)

    assert ratings(db) == []


def test_who_does_not_want_to_be_asked_is_not(db: Database) -> None:
    talk = a_conversation(db, identity=ANA)
    unwanted = UnwantedNotice(recipient=person(talk.person_id), kind=NoticeKind.RATING_ASKED)
    db.write(lambda session: session.add(unwanted))

    resolve(db, a_ticket(db, talk))

    assert (ratings(db), links(db)) == ([], [])


def test_what_is_given_stands_in_the_journal_with_its_words_outside_the_chain(db: Database) -> None:
    talk = a_conversation(db)
    ticket_id, token = a_token(db, talk)

    given = db.write(give_rating, token, 5, " Quick and kind. ", now=later(60))

    assert (given.score, given.comment) == (5, "Quick and kind.")
    entry = journal(db, ticket_id)[-1]
    assert (entry.kind, entry.actor) == (EntryKind.RATED, person(talk.person_id))
    assert entry.data == {"score": 5}
    assert db.read(verify_journal, ticket_id) is None


@pytest.mark.parametrize(
    ("typed", "is_kept"),
    [
        ("go\x00od", "good"),
        ("\u202egood\u2069", "good"),
        ("my password is Xk9!fr4q, thanks", f"my password is {COVER}, thanks"),
        ("\x00\u200b", None),
    ],
)
def test_of_a_comment_what_nobody_may_read_or_can_see_is_not_kept(
    db: Database, typed: str, is_kept: str | None
) -> None:
    ticket_id, token = a_token(db)

    db.write(give_rating, token, 4, typed, now=NOW)

    assert journal(db, ticket_id)[-1].kind is EntryKind.RATED
    [rated] = db.read(list_ratings)
    assert rated.comment == is_kept
    assert db.read(verify_journal, ticket_id) is None


def test_what_was_said_first_stands(db: Database) -> None:
    ticket_id, token = a_token(db)
    db.write(give_rating, token, 2, "Slow.", now=later(60))
    before = len(journal(db, ticket_id))

    again = db.write(give_rating, token, 5, "Great.", now=later(90))

    assert (again.score, again.comment, again.given_at) == (2, "Slow.", later(60))
    assert len(journal(db, ticket_id)) == before


def test_of_two_answers_at_once_one_is_kept(db: Database) -> None:
    ticket_id, token = a_token(db)

    found = values(at_once(2, lambda n: db.write(give_rating, token, n + 1, now=later(60)).score))

    assert len(found) == 2
    assert len(set(found)) == 1
    assert sum(entry.kind is EntryKind.RATED for entry in journal(db, ticket_id)) == 1


@pytest.mark.parametrize("token", ["", "x", "../x", "é" * 32, "a" * 32, "a" * 5000])
def test_what_is_no_secret_leads_nowhere(db: Database, token: str) -> None:
    a_token(db)

    with pytest.raises(RatingNotFound):
        db.read(asked_rating, token, now=NOW)
    with pytest.raises(RatingNotFound):
        db.write(give_rating, token, 5, now=NOW)


def test_an_old_link_leads_nowhere(db: Database) -> None:
    _, token = a_token(db)

    assert db.read(asked_rating, token, now=NOW + WINDOW).score is None
    with pytest.raises(RatingNotFound):
        db.write(give_rating, token, 5, now=NOW + WINDOW + timedelta(seconds=1))


def test_after_a_merge_nothing_is_rated_any_more(db: Database) -> None:
    ticket_id, token = a_token(db)
    target = a_ticket(db)
    take(db, ticket_id, Status.ASSIGNED)
    db.write(merge_ticket, ticket_id, target, actor=AGENT, now=NOW)

    with pytest.raises(RatingNotFound):
        db.read(asked_rating, token, now=NOW)
    with pytest.raises(RatingNotFound):
        db.write(give_rating, token, 5, now=NOW)


@pytest.mark.parametrize("score", [0, 6, -1])
def test_a_score_is_from_1_to_5(db: Database, score: int) -> None:
    _, token = a_token(db)

    with pytest.raises(ScoreInvalid):
        db.write(give_rating, token, score, now=NOW)
    with pytest.raises(CommentTooLong):
        db.write(give_rating, token, 3, "x" * (COMMENT_CHARACTERS + 1), now=NOW)
    assert db.read(satisfaction).given == 0


def test_words_that_are_erased_are_gone_and_the_score_stays(db: Database) -> None:
    ticket_id, token = a_token(db)
    db.write(give_rating, token, 1, "Ana was ill that day.", now=later(60))

    db.write(erase_text, ticket_id, journal(db, ticket_id)[-1].number, actor=AGENT, now=later(90))

    seen = db.read(asked_rating, token, now=later(120))
    assert (seen.score, seen.comment) == (1, None)
    assert [row.comment for row in db.read(list_ratings)] == [None]


def test_ratings_are_listed_latest_first_and_counted(db: Database) -> None:
    assert db.read(satisfaction).mean is None
    tickets = [a_ticket(db) for _ in range(4)]
    for minute, (ticket_id, score) in enumerate(zip(tickets, (5, 4, 2, None), strict=True)):
        before = set(links(db))
        resolve(db, ticket_id)
        [link] = set(links(db)) - before
        if score:
            db.write(give_rating, link.removeprefix(PATH), score, now=later(60 * minute))

    found = db.read(satisfaction)
    assert (found.asked, found.given, found.mean, found.good) == (4, 3, 11 / 3, 2 / 3)
    numbers = [ticket_number(ticket_of(db, each).type, each) for each in tickets]
    assert [row.ticket for row in db.read(list_ratings)] == numbers[2::-1]
    assert [row.ticket for row in db.read(list_ratings, since=later(60))] == [numbers[2], numbers[1]]
