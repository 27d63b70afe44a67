"""Recording what a person says: once, in order, in one turn each, and only what may be kept (DESIGN §3)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.texts.catalogue import say
from storage.database import Database
from tests.databases import at_once, errors, later, values
from tests.ticketing.builders import (
    Talk,
    a_button,
    a_conversation,
    a_line,
    a_press,
    answer,
    authors,
    claim_one,
    count,
    say_to,
    transcript,
    turns,
)
from ticketing.conversations.errors import ConversationNotFound, MessageEmpty, MessageTooLong
from ticketing.conversations.logic import Author
from ticketing.conversations.masking import COVER
from ticketing.conversations.models import Message
from ticketing.conversations.operations import Inbound, receive_message
from ticketing.conversations.queries import access_conversation, latest_conversation, news_since, status_of
from ticketing.turns.logic import TurnState
from ticketing.turns.models import Turn
from ticketing.turns.queue import claim_turns

UUID = "0b9b6a9e-5a8e-4a7e-9a53-0c1f2d3e4b5a"


@pytest.fixture
def talk(db: Database) -> Talk:
    return a_conversation(db)


def test_lines_are_numbered_from_one_without_gaps(db: Database, talk: Talk) -> None:
    assert [say_to(db, talk, text).seq for text in ("one", "two", "three")] == [1, 2, 3]
    assert [line.text for line in transcript(db, talk)] == ["one", "two", "three"]


def test_thirty_two_senders_at_once_leave_no_gap_and_no_double(db: Database, talk: Talk) -> None:
    def sender(number: int) -> list[int]:
        return [say_to(db, talk, f"line {number}.{part}").seq for part in range(3)]

    results = at_once(32, sender)

    assert errors(results) == []
    given = [seq for seqs in values(results) for seq in seqs]
    assert sorted(given) == list(range(1, 97))
    assert [line.seq for line in transcript(db, talk)] == list(range(1, 97))
    assert all(seqs == sorted(seqs) for seqs in values(results)), "each sender's own lines stay in order"


def test_conversations_are_numbered_each_on_its_own(db: Database) -> None:
    talks = [a_conversation(db) for _ in range(4)]

    def sender(number: int) -> int:
        return say_to(db, talks[number % 4], "hello").seq

    assert sorted(values(at_once(16, sender))) == sorted([1, 2, 3, 4] * 4)


def test_a_refused_line_uses_no_number(db: Database, talk: Talk) -> None:
    say_to(db, talk, "one")
    with pytest.raises(MessageEmpty):
        say_to(db, talk, "  ")
    say_to(db, talk, a_line("two", UUID))
    say_to(db, talk, a_line("two", UUID))

    assert say_to(db, talk, "three").seq == 3


def test_a_line_sent_five_times_is_one_row_one_turn_and_five_equal_acknowledgements(
    db: Database, talk: Talk
) -> None:
    acks = [say_to(db, talk, a_line("hello", UUID)) for _ in range(5)]

    assert {(ack.seq, ack.turn) for ack in acks} == {(1, 1)}
    assert [ack.is_duplicate for ack in acks] == [False, True, True, True, True]
    assert (count(db, Message), count(db, Turn)) == (1, 1)


def test_a_line_sent_sixteen_times_at_once_is_one_row_and_one_turn(db: Database, talk: Talk) -> None:
    results = at_once(16, lambda _: say_to(db, talk, a_line("hello", UUID)))

    assert errors(results) == []
    assert {(ack.seq, ack.turn) for ack in values(results)} == {(1, 1)}
    assert sum(not ack.is_duplicate for ack in values(results)) == 1
    assert (count(db, Message), count(db, Turn)) == (1, 1)


def test_a_line_repeated_after_its_answer_gets_its_old_acknowledgement_and_no_second_turn(
    db: Database, talk: Talk
) -> None:
    first = say_to(db, talk, a_line("hello", UUID))
    answer(db, claim_one(db).claim)
    say_to(db, talk, "and another thing")

    again = say_to(db, talk, a_line("hello", UUID), now=later(86_400))

    assert (again.seq, again.turn, again.is_duplicate) == (first.seq, first.turn, True)
    assert len(turns(db, talk)) == 2


def test_a_repeated_line_with_other_words_does_not_change_what_was_said(db: Database, talk: Talk) -> None:
    say_to(db, talk, a_line("the truth", UUID))
    say_to(db, talk, a_line("something else", UUID))

    assert [line.text for line in transcript(db, talk)] == ["the truth"]


def test_the_same_client_id_in_two_conversations_is_two_lines(db: Database, talk: Talk) -> None:
    other = a_conversation(db)

    acks = [say_to(db, one, a_line("hello", UUID)) for one in (talk, other)]

    assert [ack.is_duplicate for ack in acks] == [False, False]
    assert count(db, Message) == 2


def test_a_repeated_secret_is_announced_once(db: Database, talk: Talk) -> None:
    for _ in range(3):
        say_to(db, talk, a_line("my password is hunter2", UUID))

    assert authors(transcript(db, talk)) == [Author.PERSON, Author.DESK]


def test_somebody_else_s_conversation_does_not_exist(db: Database, talk: Talk) -> None:
    stranger = Talk(talk.public_id, a_conversation(db).person_id)

    with pytest.raises(ConversationNotFound) as refused:
        say_to(db, stranger, "hello")
    with pytest.raises(ConversationNotFound) as unknown:
        say_to(db, Talk("0" * 32, talk.person_id), "hello")
    with pytest.raises(ConversationNotFound):
        db.read(access_conversation, talk.public_id, person_id=stranger.person_id)

    assert str(refused.value) == str(unknown.value), "which of the two it is cannot be told"
    assert count(db, Message) == 0


def test_a_person_finds_the_last_conversation_of_this_site_only(db: Database, talk: Talk) -> None:
    def latest(person_id: int, site_key: str) -> str | None:
        return db.read(latest_conversation, person_id=person_id, site_key=site_key)

    assert latest(talk.person_id, "demo") == talk.public_id
    assert latest(talk.person_id, "other") is None
    assert latest(talk.person_id + 1, "demo") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\t",
        "\u200b",
        "\u200d\ufeff\u2060",
        "\u00a0\u3000",
        "\x00",
        "\x07\x1b",
        "\ud800",
        "\u202e\u202c",
    ],
    ids=ascii,
)
def test_a_line_with_nothing_to_see_is_refused_and_leaves_nothing(
    db: Database, talk: Talk, text: str
) -> None:
    with pytest.raises(MessageEmpty):
        say_to(db, talk, text)

    assert (count(db, Message), count(db, Turn)) == (0, 0)


def test_four_thousand_characters_are_taken_and_one_more_is_not(db: Database, talk: Talk) -> None:
    say_to(db, talk, "é" * 4_000)
    with pytest.raises(MessageTooLong, match="4000"):
        say_to(db, talk, "é" * 4_001)

    assert count(db, Message) == 1


@pytest.mark.parametrize(
    "text",
    ["a\x00b", "a\ud800b", "🖨️ brûle", "'; DROP TABLE message; --", "{}%s\\", "e\u0301", "\U0010ffff"],
    ids=ascii,
)
def test_any_characters_can_be_said(db: Database, talk: Talk, text: str) -> None:
    say_to(db, talk, text)

    [line] = transcript(db, talk)
    assert line.text == "".join(c for c in text if c not in "\x00\ud800")


def test_lines_before_a_turn_starts_join_it_and_the_next_one_makes_the_next(db: Database, talk: Talk) -> None:
    assert [say_to(db, talk, text).turn for text in ("my printer", "is", "on fire")] == [1, 1, 1]
    first = claim_one(db)
    assert first.text == "my printer\nis\non fire"

    assert [say_to(db, talk, text).turn for text in ("hurry", "please")] == [2, 2]
    answer(db, first.claim)

    assert claim_one(db).text == "hurry\nplease"


def test_a_line_joins_no_turn_that_has_ended(db: Database, talk: Talk) -> None:
    say_to(db, talk, "one")
    answer(db, claim_one(db).claim)

    assert say_to(db, talk, "two").turn == 2


def test_a_typed_intent_reaches_the_assistant_as_plain_text(db: Database, talk: Talk) -> None:
    say_to(db, talk, "\u200b／restart{}")

    turn = claim_one(db)
    assert turn.text == "restart{}"
    assert turn.payload is None


def test_every_line_belongs_to_exactly_one_turn_while_turns_are_claimed(db: Database, talk: Talk) -> None:
    def act(number: int) -> None:
        if number % 4:
            for part in range(4):
                say_to(db, talk, f"{number}.{part}")
            return
        for _ in range(6):
            for turn in db.write(claim_turns, owner=f"desk-{number}", limit=4, now=later(1)):
                texts.append(turn.text)
                answer(db, turn.claim, now=later(1))

    texts: list[str] = []
    assert errors(at_once(16, act)) == []
    while any(turn.state is not TurnState.DONE for turn in turns(db, talk)):
        last = claim_one(db, now=later(2))
        texts.append(last.text)
        answer(db, last.claim, now=later(2))

    answered = [line for text in texts for line in text.splitlines()]
    said = [line.text for line in transcript(db, talk) if line.author is Author.PERSON]
    assert sorted(answered) == sorted(said), "what was answered is what was said, each line once"
    assert answered == said, "and in that order"
    assert all(line.turn_id for line in transcript(db, talk))


def test_a_secret_is_covered_before_it_is_stored_and_the_notice_follows(db: Database, talk: Talk) -> None:
    ack = say_to(db, talk, "hello, my password is hunter2")

    line, notice = transcript(db, talk)
    assert ack.has_secret
    assert line.text == f"hello, my password is {COVER}"
    assert (notice.author, notice.text) == (Author.DESK, say("notice_secret_masked", "en").text)
    assert claim_one(db).text == f"hello, my password is {COVER}"


def test_nothing_of_a_secret_is_anywhere_in_the_database(db: Database, talk: Talk, database_url: str) -> None:
    secrets = ["Tr0ub4dor-and-3-more", "xoxb-" + "123456789012-abcdefGHIJ", "Automne26-secret"]
    say_to(db, talk, f"my password is {secrets[0]}")
    say_to(db, talk, f"slack token {secrets[1]}")
    say_to(db, talk, f"mon mdp : {secrets[2]}")
    answer(db, claim_one(db).claim)
    say_to(db, talk, "needle-that-is-stored")

    if database_url.startswith("sqlite"):
        path = Path(database_url.removeprefix("sqlite:///"))
        stored = b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))
        assert path.with_name(path.name + "-wal").exists()
    else:
        rows = db.read(lambda session: session.execute(select(Message.__table__)).all())
        stored = os.fsencode(repr(rows))
    assert b"needle-that-is-stored" in stored
    assert [secret for secret in secrets if secret.encode() in stored] == []


def test_a_button_s_own_title_is_no_secret(db: Database, talk: Talk) -> None:
    button = a_button(db, talk, title="Password: choosing a good one")

    assert not say_to(db, talk, a_press(button)).has_secret

    assert transcript(db, talk)[-1].text == "Password: choosing a good one"


def test_an_unavailable_database_means_no_acknowledgement_and_no_line(db: Database, talk: Talk) -> None:
    def saved_then_lost(session: Session) -> None:
        receive_message(
            session, talk.public_id, Inbound("x", "hello"), person_id=talk.person_id, now=later(0)
        )
        raise ConnectionError

    with pytest.raises(ConnectionError):
        db.write(saved_then_lost)

    assert count(db, Message) == 0
    assert say_to(db, talk, a_line("hello", "x")).seq == 1


def test_a_viewer_reads_everything_after_where_it_was(db: Database, talk: Talk) -> None:
    for text in ("one", "two", "three"):
        say_to(db, talk, text)
    conversation_id = db.read(access_conversation, talk.public_id, person_id=talk.person_id)

    assert [line.seq for line in db.read(news_since, conversation_id, 1).lines] == [2, 3]
    assert [line.seq for line in db.read(news_since, conversation_id, 0, limit=2).lines] == [1, 2]
    assert db.read(news_since, conversation_id, 99).lines == ()


def test_the_status_says_what_is_done_and_whether_the_assistant_thinks(db: Database, talk: Talk) -> None:
    conversation_id = db.read(access_conversation, talk.public_id, person_id=talk.person_id)
    before = db.read(status_of, conversation_id)
    say_to(db, talk, "hello")
    asked = db.read(status_of, conversation_id)
    answer(db, claim_one(db).claim)
    done = db.read(status_of, conversation_id)

    assert [(s.is_thinking, s.turns_done, s.last_seq) for s in (before, asked, done)] == [
        (False, 0, 0),
        (True, 0, 1),
        (False, 1, 2),
    ]
    assert before.version < asked.version < done.version
