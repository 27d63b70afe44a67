"""Buttons: only those this conversation was given, each once, each a turn of its own (TRUST RA-6)."""

from __future__ import annotations

import pytest

from storage.database import Database
from tests.databases import at_once, errors, values
from tests.ticketing.builders import (
    Talk,
    a_button,
    a_conversation,
    a_press,
    answer,
    claim_one,
    say_to,
    transcript,
    turns,
)
from ticketing.conversations.errors import ButtonRefused
from ticketing.conversations.logic import Author
from ticketing.conversations.operations import Inbound


@pytest.fixture
def talk(db: Database) -> Talk:
    return a_conversation(db)


def pressed(db: Database, talk: Talk) -> int:
    return sum(line.author is Author.PERSON for line in transcript(db, talk))


def test_a_pressed_button_says_its_title_and_means_its_payload(db: Database, talk: Talk) -> None:
    button = a_button(db, talk, title="Leave a message", payload="/open_ticket")

    say_to(db, talk, a_press(button))

    turn = claim_one(db)
    assert turn.payload == "/open_ticket"
    assert transcript(db, talk)[-1].text == "Leave a message"


def test_the_payload_of_a_button_is_not_shown(db: Database, talk: Talk) -> None:
    a_button(db, talk, payload="/open_ticket")

    [offer] = transcript(db, talk)
    assert "/open_ticket" not in repr(offer)
    assert set(offer.extras["buttons"][0]) == {"id", "title"}


def test_a_button_stands_alone(db: Database, talk: Talk) -> None:
    button = a_button(db, talk)

    numbers = [say_to(db, talk, line).turn for line in ("one", a_press(button), "two", "three")]

    assert numbers == [1, 2, 3, 3]
    first = claim_one(db)
    answer(db, first.claim)
    second = claim_one(db)
    assert (first.text, first.payload, second.payload) == ("one", None, "/open_ticket")


def test_a_button_works_once(db: Database, talk: Talk) -> None:
    button = a_button(db, talk)
    say_to(db, talk, a_press(button))

    with pytest.raises(ButtonRefused):
        say_to(db, talk, a_press(button))

    assert pressed(db, talk) == 1


def test_a_press_sent_again_gets_the_same_acknowledgement(db: Database, talk: Talk) -> None:
    press = a_press(a_button(db, talk))

    acks = [say_to(db, talk, press) for _ in range(5)]

    assert len({(ack.seq, ack.turn) for ack in acks}) == 1
    assert len(turns(db, talk)) == 1


def test_a_button_pressed_sixteen_times_at_once_works_once(db: Database, talk: Talk) -> None:
    button = a_button(db, talk)

    results = at_once(16, lambda _: say_to(db, talk, a_press(button)))

    assert len(values(results)) == 1
    assert {type(error) for error in errors(results)} == {ButtonRefused}
    assert pressed(db, talk) == len(turns(db, talk)) == 1


def test_one_press_delivered_sixteen_times_at_once_is_one_press_with_equal_acknowledgements(
    db: Database, talk: Talk
) -> None:
    press = a_press(a_button(db, talk))

    results = at_once(16, lambda _: say_to(db, talk, press))

    assert errors(results) == []
    assert len({(ack.seq, ack.turn) for ack in values(results)}) == 1
    assert pressed(db, talk) == len(turns(db, talk)) == 1


def test_a_button_of_another_conversation_is_refused_and_stays_unused(db: Database, talk: Talk) -> None:
    other = a_conversation(db)
    button = a_button(db, talk)

    with pytest.raises(ButtonRefused):
        say_to(db, other, a_press(button))

    assert transcript(db, other) == []
    assert say_to(db, talk, a_press(button)).turn == 1


@pytest.mark.parametrize("button_id", ["", "nope", "/open_ticket", "' OR '1'='1", "é" * 300])
def test_a_button_nobody_offered_is_refused(db: Database, talk: Talk, button_id: str) -> None:
    a_button(db, talk)

    with pytest.raises(ButtonRefused):
        say_to(db, talk, a_press(button_id))

    assert pressed(db, talk) == 0


def test_text_beside_a_button_is_not_taken(db: Database, talk: Talk) -> None:
    button = a_button(db, talk, title="Yes")

    say_to(db, talk, Inbound("x", text="/restart", button_id=button))

    assert transcript(db, talk)[-1].text == "Yes"


def test_a_press_that_is_not_saved_leaves_the_button_to_press(db: Database, talk: Talk) -> None:
    button = a_button(db, talk, title="\u200b")

    with pytest.raises(Exception, match="empty"):
        say_to(db, talk, a_press(button))
    with pytest.raises(Exception, match="empty"):
        say_to(db, talk, a_press(button))
