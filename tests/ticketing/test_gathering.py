"""Three lines in a row are one question: which lines are waited after, and for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storage.database import Database
from tests.databases import NOW, at_once, errors, later, values
from tests.ticketing.builders import (
    Talk,
    a_button,
    a_conversation,
    a_line,
    a_press,
    answer,
    claim_one,
    turns,
)
from ticketing.conversations.operations import Hearing, Inbound, Recorded, receive_message, take_over
from ticketing.gathering.logic import Look, look_of, ready_at, ready_at_after_typing
from ticketing.turns.logic import TurnOutcome, TurnState
from ticketing.turns.queue import ClaimedTurn, claim_turns, next_ready_at, wait_while_typing

WINDOW = timedelta(seconds=1)


# How a line looks


@pytest.mark.parametrize(
    "text",
    [
        "hello", "Hi", "hello!", "Bonjour !", "good morning", "hi there", "i have a question",
        "hello i need help", "my printer", "my vpn is", "since this morning",
        "the printer on the second floor and", "it says,", "so...", "well…", "error code:", "outlook",
        "wifi down", "because", "and then it stopped working and", "(", "#", "bonjour", "Bonjour à tous",
        "salut", "j'ai un problème", "j’ai une question", "mon imprimante", "depuis ce matin",
        "mon vpn ne marche pas et", "quand j'ouvre outlook,", "il dit que", "euh...", "parce que",
        "imprimante en panne", "pas de son", "le wifi de la salle de réunion qui",
    ],
)  # fmt: skip
def test_these_look_unfinished(text: str) -> None:
    assert look_of(text) is Look.OPEN


@pytest.mark.parametrize(
    "text",
    [
        "My printer is jammed.", "is the mail server down?", "it does not work!!", "help!",
        "hello can you reset my password", "yes", "Yes please", "no", "ok", "OK.", "thanks", "thank you",
        "it works now", "just me", "cancel", "42", "3", "10 %", "+33 1 23 45 67 89", "INC-000123",
        "inc 000123", "ana@example.org", "0x80070057", "https://intranet.example.org/",
        "room 204 is dark (again)", "can you help me reset my password", "how do i share my calendar",
        "what is the wifi password", "i forgot my password",
        "my laptop has been very slow since the update yesterday", "it works 👍", "first line\nsecond line",
        "Mon imprimante est bloquée.", "le serveur est tombé ?", "oui", "Oui merci", "non", "d'accord",
        "d’accord", "merci beaucoup", "c'est bon", "ça marche", "tout le monde", "laisse tomber",
        "comment partager mon agenda", "j'ai oublié mon mot de passe", "je voudrais un deuxième écran",
        "où en est ma demande", "mon ordinateur est très lent depuis la mise à jour d'hier",
        "un humain svp", "bonjour, comment partager mon agenda",
    ],
)  # fmt: skip
def test_these_look_finished(text: str) -> None:
    assert look_of(text) is Look.FINISHED


@pytest.mark.parametrize("text", ["outlook crashes every morning", "mon vpn se coupe souvent"])
def test_a_few_words_without_an_end_may_be_either(text: str) -> None:
    assert look_of(text) is Look.UNCLEAR


@pytest.mark.parametrize(
    ("look", "heard_seconds_ago", "seconds"),
    [
        (Look.OPEN, None, 1),
        (Look.OPEN, 60, 1),
        (Look.UNCLEAR, None, None),
        (Look.UNCLEAR, 60, None),
        (Look.UNCLEAR, 1, 1),
        (Look.FINISHED, 1, None),
    ],
)
def test_a_line_is_waited_after_when_it_looks_unfinished(
    look: Look, heard_seconds_ago: float | None, seconds: float | None
) -> None:
    heard_at = None if heard_seconds_ago is None else later(-heard_seconds_ago)
    expected = None if seconds is None else later(seconds)

    assert ready_at(look, now=NOW, received_at=NOW, heard_at=heard_at, window=WINDOW) == expected


def test_the_first_line_waits_four_windows_at_most() -> None:
    def until(seconds: float) -> object:
        return ready_at(Look.OPEN, now=later(seconds), received_at=NOW, heard_at=None, window=WINDOW)

    assert [until(2.5), until(3.5), until(4), until(9)] == [later(3.5), later(4), None, None]
    assert ready_at_after_typing(later(0.5), NOW, WINDOW) == later(3.5)
    assert ready_at_after_typing(later(2), NOW, WINDOW) == later(4)


# The queue


@pytest.fixture
def talk(db: Database) -> Talk:
    return a_conversation(db)


def hear(
    db: Database, talk: Talk, inbound: str | Inbound, seconds: float = 0, *, owner: str | None = None
) -> Recorded:
    """The person says something, and the desk waits for more where it looks unfinished."""
    line = a_line(inbound) if isinstance(inbound, str) else inbound
    return db.write(
        receive_message,
        talk.public_id,
        line,
        person_id=talk.person_id,
        now=later(seconds),
        owner=owner,
        hearing=Hearing(window=WINDOW),
    )


def claim(db: Database, seconds: float, owner: str = "desk-1") -> list[ClaimedTurn]:
    return db.write(claim_turns, owner=owner, limit=8, now=later(seconds))


def test_an_unfinished_line_is_nobody_s_until_its_window_has_passed(db: Database, talk: Talk) -> None:
    recorded = hear(db, talk, "hello", owner="desk-1")

    assert (recorded.claimed, recorded.ready_at) == (None, later(1))
    assert claim(db, 0.999) == []
    assert [turn.text for turn in claim(db, 1)] == ["hello"]


def test_three_lines_in_a_row_are_one_turn(db: Database, talk: Talk) -> None:
    said = [hear(db, talk, "hello", 0), hear(db, talk, "my printer", 0.8), hear(db, talk, "is jammed", 1.6)]

    assert [(line.seq, line.turn) for line in said] == [(1, 1), (2, 1), (3, 1)]
    assert claim(db, 2.5) == []
    [turn] = claim(db, 2.6)
    assert turn.text == "hello\nmy printer\nis jammed"
    assert turn.received_at == NOW, "what a person waits counts from the first line"


def test_a_finished_line_ends_the_wait_and_is_claimed_on_the_spot(db: Database, talk: Talk) -> None:
    hear(db, talk, "hello", 0, owner="desk-1")

    claimed = hear(db, talk, "my printer is jammed.", 0.3, owner="desk-1").claimed

    assert claimed is not None
    assert claimed.text == "hello\nmy printer is jammed."


def test_a_finished_line_alone_waits_for_nothing(db: Database, talk: Talk) -> None:
    recorded = hear(db, talk, "is the mail server down?", owner="desk-1")

    assert recorded.ready_at is None
    assert recorded.claimed is not None


def test_a_pressed_button_waits_for_nothing_and_ends_the_wait_before_it(db: Database, talk: Talk) -> None:
    button = a_button(db, talk)
    hear(db, talk, "my printer", 0)

    pressed = hear(db, talk, a_press(button), 0.2, owner="desk-1")

    assert (pressed.turn, pressed.claimed) == (2, None), "what was said before it comes first"
    [first] = claim(db, 0.2)
    assert first.text == "my printer"
    answer(db, first.claim, now=later(0.2))
    [second] = claim(db, 0.2)
    assert second.payload == "/open_ticket"


def test_however_many_lines_come_the_first_is_answered_after_four_windows(db: Database, talk: Talk) -> None:
    for step in range(5):
        hear(db, talk, "and", step * 0.9)

    assert claim(db, 3.99) == []
    [turn] = claim(db, 4)
    assert turn.text == "\n".join(["and"] * 5)


def test_a_line_after_that_begins_a_turn_and_a_window_of_its_own(db: Database, talk: Talk) -> None:
    hear(db, talk, "hello", 0)
    [first] = claim(db, 1)
    second = hear(db, talk, "my printer", 1.2)
    answer(db, first.claim, now=later(1.3))

    assert (second.turn, second.ready_at) == (2, later(2.2))
    assert claim(db, 2.1) == []
    assert [turn.text for turn in claim(db, 2.2)] == ["my printer"]


def test_lines_that_follow_each_other_closely_are_waited_after(db: Database, talk: Talk) -> None:
    first = hear(db, talk, "outlook crashes every morning", 0)
    soon = hear(db, talk, "outlook crashes every evening", 1.5)
    long_after = hear(db, talk, "outlook crashes every night", 60)

    assert [line.ready_at for line in (first, soon, long_after)] == [None, later(2.5), None]


def test_typing_keeps_a_waiting_turn_waiting(db: Database, talk: Talk) -> None:
    def types(seconds: float) -> object:
        return db.write(wait_while_typing, talk.public_id, now=later(seconds), window=WINDOW)

    assert types(0) is None
    hear(db, talk, "my printer", 0)
    assert types(0.5) == later(3.5)
    assert claim(db, 3.4) == []
    assert types(3.4) == later(4)
    assert len(claim(db, 4)) == 1
    assert types(4) is None


def test_the_next_moment_to_look_is_that_of_the_first_turn_that_waits(db: Database, talk: Talk) -> None:
    def look(seconds: float) -> object:
        return db.read(next_ready_at, later(seconds))

    other = a_conversation(db)
    assert look(0) is None
    hear(db, talk, "hello", 0.5)
    hear(db, other, "hello", 0)

    assert [look(0), look(1), look(1.5)] == [later(1), later(1.5), None]


def test_a_turn_that_waits_is_handed_over_like_any_other(db: Database, talk: Talk) -> None:
    hear(db, talk, "hello", 0)

    db.write(take_over, talk.public_id, agent_name="Bea", now=later(0.5))

    assert [(turn.state, turn.outcome) for turn in turns(db, talk)] == [
        (TurnState.DONE, TurnOutcome.HANDED_OVER)
    ]
    assert claim(db, 9) == []


def test_a_line_sent_again_does_not_make_the_wait_longer(db: Database, talk: Talk) -> None:
    hear(db, talk, a_line("hello", "x"), 0)

    again = hear(db, talk, a_line("hello", "x"), 0.9, owner="desk-1")

    assert (again.is_duplicate, again.claimed) == (True, None)
    assert [turn.text for turn in claim(db, 1)] == ["hello"]


def test_a_window_of_zero_answers_every_line_at_once(db: Database, talk: Talk) -> None:
    line = a_line("hello")
    recorded = db.write(
        receive_message, talk.public_id, line, person_id=talk.person_id, now=NOW, owner="desk-1"
    )

    assert recorded.claimed is not None
    assert recorded.ready_at is None


def test_lines_of_many_connections_and_many_claims_answer_every_line_once(db: Database, talk: Talk) -> None:
    def act(number: int) -> None:
        if number % 4:
            for part in range(4):
                hear(db, talk, f"{number} and {part}", number / 10)
            return
        for step in range(6):
            for turn in claim(db, step, f"desk-{number}"):
                texts.append(turn.text)
                answer(db, turn.claim, now=later(step))

    texts: list[str] = []
    assert errors(at_once(16, act)) == []
    while any(turn.state is not TurnState.DONE for turn in turns(db, talk)):
        last = claim_one(db, now=later(20))
        texts.append(last.text)
        answer(db, last.claim, now=later(20))

    answered = [line for text in texts for line in text.splitlines()]
    assert len(answered) == len(set(answered)) == 48


def test_a_turn_that_is_ready_is_claimed_by_one_desk(db: Database, talk: Talk) -> None:
    hear(db, talk, "hello", 0)

    taken = values(at_once(8, lambda number: claim(db, 1, f"desk-{number}")))

    assert sum(len(turns) for turns in taken) == 1
