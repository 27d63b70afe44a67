"""What a reply carries of its question is on record with the turn, and never costs anybody the reply."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from desk.gateway.questions import note_question
from knowledge.questions.logic import Asked, Feedback, Nearest
from knowledge.questions.models import Question
from knowledge.questions.queries import last_question
from knowledge.search.findings import LEXICAL, Band
from storage.database import Database
from tests.databases import NOW, later, make_tables
from tests.desk.chats import a_socket
from tests.desk.desks import Answer, Frame, a_desk, a_rasa
from tests.ticketing.builders import Talk, a_conversation, answer, claim_one, count, say_to
from ticketing.conversations.logic import Reply
from ticketing.turns.logic import TurnOutcome
from ticketing.turns.queue import ClaimedTurn

ASKED = Asked(Band.ANSWER, LEXICAL, 0.8, (Nearest("fix-wi-fi", "en", 0.9),), ("fix-wi-fi",))
MALFORMED: dict[str, Any] = {
    "nothing": {},
    "an unknown band": ASKED.as_json() | {"band": "certain"},
    "a field too many": ASKED.as_json() | {"person": 1},
    "a field too few": {"band": "answer"},
    "a name with a path": ASKED.as_json() | {"shown": ["../admin"]},
    "a NUL": ASKED.as_json() | {"shown": ["fix\x00wi-fi"]},
    "too many articles": ASKED.as_json() | {"shown": ["fix-wi-fi"] * 1_000},
    "no list": ASKED.as_json() | {"hits": "fix-wi-fi"},
    "a confidence beyond one": ASKED.as_json() | {"confidence": 2},
    "a yes for a confidence": ASKED.as_json() | {"confidence": True},
    "deep": ASKED.as_json() | {"hits": [[[[["fix-wi-fi"]]]]]},
}
NO_FEEDBACK: dict[str, Any] = {
    "nothing": {},
    "an unknown verdict": {"verdict": "splendid"},
    "a list for a verdict": {"verdict": ["solved"]},
    "an object for a verdict": {"verdict": {"solved": True}},
    "a number for a verdict": {"verdict": 1},
    "no name": {"shown": "../admin"},
    "a list of names": {"shown": ["connect-to-the-vpn"]},
}


def a_turn(db: Database, talk: Talk, text: str = "the wi-fi is slow") -> ClaimedTurn:
    say_to(db, talk, text)
    return claim_one(db)


def noted(db: Database, turn: ClaimedTurn, reply: Reply, seconds: float = 0) -> None:
    db.write(note_question, turn, reply, now=later(seconds))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """An empty desk database."""
    url = f"sqlite:///{tmp_path / 'questions.db'}"
    make_tables(url)
    database = Database(url, threads=1)
    yield database
    database.close()


@pytest.fixture
def talk(db: Database) -> Talk:
    return a_conversation(db)


def test_a_question_is_recorded_with_its_turn_and_its_words(db: Database, talk: Talk) -> None:
    turn = a_turn(db, talk)

    noted(db, turn, Reply("Turn it off and on.", question=ASKED.as_json()))

    question = db.read(last_question, talk.public_id)
    assert question is not None
    assert (question.turn_id, question.text) == (turn.claim.turn_id, "the wi-fi is slow")
    assert (question.band, question.hits, question.shown) == (Band.ANSWER, ASKED.hits, ASKED.shown)
    assert question.asked_at == NOW
    assert question.feedback is None


def test_a_turn_that_is_answered_twice_asks_once(db: Database, talk: Talk) -> None:
    turn = a_turn(db, talk)

    for _ in range(3):
        noted(db, turn, Reply("Turn it off and on.", question=ASKED.as_json()))

    assert count(db, Question) == 1


@pytest.mark.parametrize("verdict", list(Feedback))
def test_what_was_made_of_an_answer_stands_with_its_question(
    db: Database, talk: Talk, verdict: Feedback
) -> None:
    first = a_turn(db, talk)
    noted(db, first, Reply("Turn it off and on.", question=ASKED.as_json()))
    answer(db, first.claim)

    feedback = {"verdict": verdict.value, "shown": "connect-to-the-vpn"}
    noted(db, a_turn(db, talk, "no"), Reply("Then this.", feedback=feedback), seconds=60)

    question = db.read(last_question, talk.public_id)
    assert question is not None
    assert (question.feedback, question.feedback_at) == (verdict, later(60))
    assert question.shown == ("fix-wi-fi", "connect-to-the-vpn")
    assert count(db, Question) == 1


def test_feedback_without_a_question_is_of_no_account(db: Database, talk: Talk) -> None:
    noted(db, a_turn(db, talk), Reply("Glad.", feedback={"verdict": "solved", "shown": "fix-wi-fi"}))

    assert count(db, Question) == 0


def test_feedback_is_about_the_conversations_own_question(db: Database, talk: Talk) -> None:
    noted(db, a_turn(db, talk), Reply("Turn it off and on.", question=ASKED.as_json()))
    other = a_conversation(db)

    noted(db, a_turn(db, other), Reply("Glad.", feedback={"verdict": "solved"}))

    question = db.read(last_question, talk.public_id)
    assert question is not None
    assert question.feedback is None


@pytest.mark.parametrize("why", MALFORMED)
def test_a_malformed_question_is_not_recorded(db: Database, talk: Talk, why: str) -> None:
    noted(db, a_turn(db, talk), Reply("Turn it off and on.", question=MALFORMED[why]))

    assert count(db, Question) == 0


@pytest.mark.parametrize("why", NO_FEEDBACK)
def test_malformed_feedback_changes_nothing(db: Database, talk: Talk, why: str) -> None:
    turn = a_turn(db, talk)
    noted(db, turn, Reply("Turn it off and on.", question=ASKED.as_json()))

    noted(db, turn, Reply("Glad.", feedback=NO_FEEDBACK[why]), seconds=60)

    question = db.read(last_question, talk.public_id)
    assert question is not None
    assert (question.feedback, question.shown) == (None, ASKED.shown)


async def test_the_gateway_records_what_an_answer_of_rasas_carries(tmp_path: Path) -> None:
    async def answers(turn: Frame) -> Answer:
        if turn["text"] == "that did it":
            return [{"text": "Glad.", "custom": {"feedback": {"verdict": "solved"}}}]
        return [{"text": "Turn it off and on.", "custom": {"question": ASKED.as_json()}}]

    async with (
        a_rasa(answers) as rasa,
        a_desk(tmp_path, rasa) as desk,
        a_socket(desk, await desk.visitor()) as chat,
    ):
        await chat.send("c-1", "the wi-fi is slow")
        await desk.settled(chat.conversation, 1)
        await chat.send("c-2", "that did it")
        await desk.settled(chat.conversation, 2)

        question = desk.database.read(last_question, chat.conversation)
        assert question is not None
        assert (question.text, question.shown) == ("the wi-fi is slow", ("fix-wi-fi",))
        assert question.feedback is Feedback.SOLVED
        assert question.turn_id == desk.turns(chat.conversation)[0].id
        assert "question" not in str(chat.frames)
        assert "feedback" not in str(chat.frames)


async def test_whatever_malformed_thing_an_answer_carries_the_reply_is_said(tmp_path: Path) -> None:
    carried = [{"question": each} for each in MALFORMED.values()]
    carried += [{"question": ASKED.as_json(), "feedback": each} for each in NO_FEEDBACK.values()]

    async def answers(turn: Frame) -> Answer:
        return [{"text": f"reply to {turn['text']}", "custom": carried[int(turn["text"])]}]

    async with (
        a_rasa(answers) as rasa,
        a_desk(tmp_path, rasa) as desk,
        a_socket(desk, await desk.visitor()) as chat,
    ):
        for number in range(len(carried)):
            await chat.send(f"c-{number}", str(number))
            rows = await desk.settled(chat.conversation, number + 1)
            assert rows[-1].text == f"reply to {number}"
            assert desk.outcome(chat.conversation, number + 1) is TurnOutcome.ANSWERED

        texts = desk.database.read(lambda s: list(s.scalars(select(Question.text).order_by(Question.id))))
        assert texts == [str(number) for number in range(len(MALFORMED), len(carried))]
