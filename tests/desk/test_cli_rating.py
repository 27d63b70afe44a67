"""`guichet rating`: what requesters think, one by one and in numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.database import Database
from tests.databases import later
from tests.desk.commands import Guichet
from tests.ticketing.ratings import a_token
from ticketing.ratings.operations import give_rating


@pytest.fixture
def desk(var: Path, guichet: Guichet) -> Iterator[Database]:
    """The database of an installation."""
    assert guichet("db", "upgrade")[0] == 0
    database = Database(f"sqlite:///{var / 'guichet.db'}", threads=2)
    yield database
    database.close()


def test_before_anybody_said_anything_there_is_no_mean(guichet: Guichet, desk: Database) -> None:
    assert guichet("rating", "list") == (0, "0 asked, 0 given\n", "")
    a_token(desk)

    facts = json.loads(guichet("rating", "list", "--json")[1])

    assert facts == {"summary": {"asked": 1, "given": 0, "mean": None, "good": None}, "ratings": []}


def test_ratings_are_listed_and_summed_up(guichet: Guichet, desk: Database) -> None:
    tickets = [a_token(desk) for _ in range(3)]
    desk.write(give_rating, tickets[0][1], 5, "[b]Quick[/b]", now=later(60))
    desk.write(give_rating, tickets[1][1], 2, now=later(120))

    code, said, _ = guichet("rating", "list")

    assert code == 0
    assert said.splitlines()[-1] == "3 asked, 2 given, mean 3.50, 50% satisfied (4 or 5)"
    assert "[b]Quick[/b]" in said
    facts = json.loads(guichet("rating", "list", "--json")[1])
    assert facts["summary"] == {"asked": 3, "given": 2, "mean": 3.5, "good": 0.5}
    assert [(each["score"], each["comment"]) for each in facts["ratings"]] == [
        (2, None),
        (5, "[b]Quick[/b]"),
    ]


def test_only_those_since_a_date_are_taken(guichet: Guichet, desk: Database) -> None:
    desk.write(give_rating, a_token(desk)[1], 5, now=later(60))

    assert guichet("rating", "list", "--since", "2026-03-03")[1] == "0 asked, 0 given\n"
    assert "1 asked, 1 given" in guichet("rating", "list", "--since", "2026-03-02")[1]
