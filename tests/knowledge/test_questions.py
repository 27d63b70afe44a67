"""What people ask is kept, once each, with what was found, what was shown and what they said about it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from knowledge.questions.logic import LONGEST_TEXT, MOST_HITS, MOST_SHOWN, Asked, Feedback, Nearest, read_slug
from knowledge.questions.operations import note_shown, record_feedback, record_question
from knowledge.questions.queries import articles_tried, last_question, questions
from knowledge.search.findings import HYBRID, LEXICAL, Band, Findings, Hit
from storage.database import Database
from tests.databases import NOW, later

FOUND = Asked(Band.ANSWER, HYBRID, 0.8, (Nearest("vpn", "en", 0.7), Nearest("wifi", "en", 0.4)), ("vpn",))
NOT_FOUND = Asked(Band.NOTHING, LEXICAL, 0.01)
DAY = 24 * 3600


def ask(db: Database, number: int = 1, **changes: Any) -> None:
    given = {
        "asked": FOUND,
        "turn_id": f"turn-{number}",
        "conversation": "c1",
        "language": "en",
        "text": f"question {number}",
        "now": later(number),
        **changes,
    }
    asked = given.pop("asked")
    db.write(record_question, asked, **given)


def test_a_question_is_kept_with_its_outcome(db: Database) -> None:
    ask(db)

    kept = db.read(last_question, "c1")

    assert kept is not None
    assert (kept.text, kept.band, kept.mode, kept.confidence) == ("question 1", Band.ANSWER, HYBRID, 0.8)
    assert (kept.hits, kept.shown, kept.asked_at) == (FOUND.hits, ("vpn",), later(1))
    assert (kept.feedback, kept.feedback_at) == (None, None)


def test_a_turn_that_ends_twice_asks_once(db: Database) -> None:
    ask(db, 1)
    ask(db, 1, text="again")

    assert [each.text for each in db.read(questions)] == ["question 1"]


def test_of_a_very_long_question_the_beginning_is_kept(db: Database) -> None:
    ask(db, text="x" * 20_000)

    assert len(db.read(questions)[0].text) == LONGEST_TEXT


def test_the_last_question_is_the_one_of_that_conversation(db: Database) -> None:
    for number, conversation in ((1, "c1"), (2, "c1"), (3, "c2")):
        ask(db, number, conversation=conversation)

    kept = db.read(last_question, "c1")

    assert kept is not None
    assert kept.text == "question 2"
    assert db.read(last_question, "c3") is None


def test_a_further_article_shown_belongs_to_the_last_question(db: Database) -> None:
    ask(db, 1)
    ask(db, 2)

    assert db.write(note_shown, "c1", "wifi", now=later(5))
    assert not db.write(note_shown, "c1", "wifi", now=later(6))
    assert [each.shown for each in db.read(questions)] == [("vpn", "wifi"), ("vpn",)]


def test_no_engine_can_make_a_question_grow_for_ever(db: Database) -> None:
    ask(db)

    noted = [db.write(note_shown, "c1", f"a-{number}", now=later(5)) for number in range(MOST_SHOWN + 5)]

    assert sum(noted) == MOST_SHOWN - 1


def test_the_last_word_about_a_question_counts(db: Database) -> None:
    ask(db)

    assert db.write(record_feedback, "c1", Feedback.NOT_SOLVED, now=later(10))
    assert db.write(record_feedback, "c1", Feedback.SOLVED, now=later(20))

    kept = db.read(last_question, "c1")
    assert kept is not None
    assert (kept.feedback, kept.feedback_at) == (Feedback.SOLVED, later(20))


@pytest.mark.parametrize(
    ("asked", "seconds", "taken"),
    [(FOUND, 10, True), (NOT_FOUND, 10, False), (FOUND, DAY - 60, True), (FOUND, DAY + 60, False)],
)
def test_feedback_is_about_an_article_shown_within_a_day(
    db: Database, asked: Asked, seconds: int, taken: bool
) -> None:
    ask(db, asked=asked)

    assert db.write(record_feedback, "c1", Feedback.SOLVED, now=later(seconds)) is taken


def test_feedback_without_any_question_is_nothing(db: Database) -> None:
    assert not db.write(record_feedback, "c1", Feedback.SOLVED, now=NOW)
    assert not db.write(note_shown, "c1", "vpn", now=NOW)


def test_the_articles_tried_are_those_shown_since_then_each_once(db: Database) -> None:
    for number, shown in enumerate([("old",), ("vpn", "wifi"), ("wifi", "mfa")], start=1):
        ask(db, number, asked=Asked(Band.ANSWER, HYBRID, 0.8, (), shown))

    assert db.read(articles_tried, "c1", later(2)) == ("vpn", "wifi", "mfa")
    assert db.read(articles_tried, "c2", later(0)) == ()


def test_questions_are_listed_newest_first_and_by_what_fits(db: Database) -> None:
    ask(db, 1)
    ask(db, 2, asked=NOT_FOUND, language="fr")
    ask(db, 3)
    db.write(record_feedback, "c1", Feedback.SOLVED, now=later(9))

    def listed(**wanted: Any) -> list[str]:
        return [each.turn_id for each in db.read(questions, **wanted)]

    assert listed() == ["turn-3", "turn-2", "turn-1"]
    assert listed(band=Band.NOTHING) == listed(language="fr") == ["turn-2"]
    assert listed(since=later(2)) == ["turn-3", "turn-2"]
    assert listed(until=later(2)) == ["turn-1"]
    assert listed(feedback=Feedback.SOLVED) == listed(limit=1) == ["turn-3"]
    assert listed(since=NOW + timedelta(days=1)) == []


def test_an_outcome_survives_the_way_through_the_engine() -> None:
    hits = (Hit("vpn", "en", "T", "P", 0.71), Hit("wifi", "fr", "T", "P", 0.4))
    asked = Asked.of(Findings(Band.DID_YOU_MEAN, hits, LEXICAL, 0.25), ["vpn"])

    assert asked.hits == (Nearest("vpn", "en", 0.71), Nearest("wifi", "fr", 0.4))
    assert Asked.read(json.loads(json.dumps(asked.as_json()))) == asked


@pytest.mark.parametrize(
    "changes",
    [
        {"band": "sure"},
        {"band": []},
        {"mode": "magic"},
        {"mode": None},
        {"mode": {}},
        {"confidence": 1.2},
        {"confidence": -0.1},
        {"confidence": float("nan")},
        {"confidence": True},
        {"confidence": "0.5"},
        {"confidence": 10**400},
        {"hits": None},
        {"hits": [["vpn", "en", 0.1]] * (MOST_HITS + 1)},
        {"hits": [["vpn", "en"]]},
        {"hits": [["../x", "en", 0.1]]},
        {"hits": [["vpn", "english", 0.1]]},
        {"hits": [["vpn", "en", 2]]},
        {"hits": [["a" * 101, "en", 0.1]]},
        {"hits": "vpn"},
        {"shown": [3]},
        {"shown": ["x"] * (MOST_SHOWN + 1)},
        {"shown": "vpn"},
        {"more": 1},
    ],
)
def test_an_outcome_that_is_not_exactly_one_is_not_read(changes: dict[str, Any]) -> None:
    assert Asked.read(FOUND.as_json() | changes) is None


@pytest.mark.parametrize("value", [None, 3, "x", [], {}, {"band": "answer"}])
def test_what_is_no_outcome_at_all_is_not_read(value: object) -> None:
    assert Asked.read(value) is None


@pytest.mark.parametrize(
    ("value", "slug"),
    [("reset-your-password", "reset-your-password"), ("../etc", None), ("A", None), (3, None), ("", None)],
)
def test_a_slug_from_outside_is_a_name_or_nothing(value: object, slug: str | None) -> None:
    assert read_slug(value) == slug
