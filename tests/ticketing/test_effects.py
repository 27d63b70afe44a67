"""What a turn does to the world happens at most once, and a repeat is told the same (TRUST RL-5)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from storage.database import Database
from tests.databases import NOW, at_once, errors, values
from tests.ticketing.builders import a_conversation, claim_one, count, say_to
from ticketing.effects.models import Effect
from ticketing.effects.operations import EffectKey, effects_of, once


@pytest.fixture
def turn_id(db: Database) -> str:
    say_to(db, a_conversation(db), "hello")
    return claim_one(db).claim.turn_id


class Deed:
    """Counts how often it was done."""

    def __init__(self) -> None:
        self.done = 0

    def __call__(self) -> dict[str, Any]:
        self.done += 1
        return {"number": self.done, "deep": [{"é": None}]}


def do(db: Database, key: EffectKey, deed: Deed) -> dict[str, Any]:
    return db.write(once, key, deed, now=NOW)


def test_a_repeated_deed_is_done_once_and_its_result_repeated(db: Database, turn_id: str) -> None:
    deed = Deed()

    results = [do(db, EffectKey(turn_id, "open"), deed) for _ in range(5)]

    assert deed.done == 1
    assert results == [{"number": 1, "deep": [{"é": None}]}] * 5


def test_sixteen_callers_at_once_do_it_once(db: Database, turn_id: str) -> None:
    deed = Deed()

    results = at_once(16, lambda _: do(db, EffectKey(turn_id, "open"), deed))

    assert errors(results) == []
    assert deed.done == 1
    assert all(result == values(results)[0] for result in values(results))
    assert count(db, Effect) == 1


def test_another_name_ordinal_or_turn_is_another_deed(db: Database, turn_id: str) -> None:
    say_to(db, a_conversation(db), "hello")
    other_turn = claim_one(db).claim.turn_id
    deed = Deed()
    keys = [
        EffectKey(turn_id, "open"),
        EffectKey(turn_id, "open", 1),
        EffectKey(turn_id, "close"),
        EffectKey(other_turn, "open"),
    ]

    for key in keys * 2:
        do(db, key, deed)

    assert deed.done == len(keys)
    assert [name for name, _ in db.read(effects_of, turn_id)] == ["open", "open", "close"]


def test_a_deed_that_fails_leaves_no_row_and_may_be_done_later(db: Database, turn_id: str) -> None:
    def failing() -> dict[str, Any]:
        raise LookupError

    with pytest.raises(LookupError):
        db.write(once, EffectKey(turn_id, "open"), failing, now=NOW)

    assert count(db, Effect) == 0
    assert do(db, EffectKey(turn_id, "open"), Deed())["number"] == 1


def test_a_deed_whose_transaction_fails_afterwards_leaves_no_row(db: Database, turn_id: str) -> None:
    deed = Deed()

    def operation(session: Session) -> None:
        once(session, EffectKey(turn_id, "open"), deed, now=NOW)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        db.write(operation)

    assert count(db, Effect) == 0
    assert do(db, EffectKey(turn_id, "open"), deed)["number"] == 2


def test_sixteen_callers_of_whom_the_first_fail_still_do_it_once(db: Database, turn_id: str) -> None:
    done: list[int] = []

    def act(number: int) -> dict[str, Any]:
        def deed() -> dict[str, Any]:
            if number % 2:
                raise LookupError
            done.append(number)
            return {"by": number}

        return db.write(once, EffectKey(turn_id, "open"), deed, now=NOW)

    results = at_once(16, act)

    assert len(done) == 1
    assert values(results) == [{"by": done[0]}] * len(values(results))
    assert {type(error) for error in errors(results)} <= {LookupError}


def test_an_effect_of_no_turn_is_refused(db: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)no row|foreign key"):
        db.write(once, EffectKey("nope", "open"), Deed(), now=NOW)

    assert count(db, Effect) == 0
