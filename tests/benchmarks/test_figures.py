"""The arithmetic behind docs/benchmarks.md."""

from __future__ import annotations

import itertools

import pytest

from benchmarks.figures import Goal, Measured, Phase, goals, percentile
from benchmarks.questions import LANGUAGES, drawn, wordings
from benchmarks.systems import Turn
from benchmarks.training import BenchmarkFailed


def measured(ms: float, *, megabytes: float = 100, flaw: str | None = None) -> Measured:
    turns = [Turn(number, ms, "a line", flaw) for number in (1, 2)]
    phases = [Phase(at_once, len(turns) * ms / 1e3, turns) for at_once in (1, 8, 16)]
    return Measured("one", phases, resident={"all": int(megabytes * 1e6)})


@pytest.mark.parametrize(("percent", "value"), [(50, 2.5), (95, 4), (100, 4), (1, 1)])
def test_a_percentile_is_a_measured_value_and_the_median_the_middle(percent: float, value: float) -> None:
    assert percentile([3, 1, 4, 2], percent) == value


def test_every_turn_number_has_a_goal_of_its_own() -> None:
    reached = goals(measured(10), measured(20), training=0.1)

    assert [(goal.name, round(goal.ratio, 3)) for goal in reached] == [
        ("p50 of turn 1", 0.5),
        ("p50 of turn 2", 0.5),
        ("turns/s, 16 at once", 2.0),
        ("training", 0.1),
        ("resident memory", 1.0),
    ]
    assert [goal.is_met for goal in reached] == [True, True, True, True, False]


def test_more_is_better_only_where_it_is_said() -> None:
    assert Goal("time", 1.1, 1.0).is_met is False
    assert Goal("rate", 1.9, 2.0, more_is_better=True).is_met is False


def test_wrong_replies_are_counted_with_what_was_asked() -> None:
    wrong = measured(10, flaw="no answer in time")

    assert wrong.flaws() == {"no answer in time": 6}
    assert wrong.flawed_lines() == ["a line"] * 6


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_wording_is_asked_twice(language: str) -> None:
    texts = wordings(language)

    assert len(set(texts)) == len(texts) > 1_500


def test_only_what_has_an_answer_is_asked_and_running_out_is_said() -> None:
    asked = drawn("en", lambda text, _: text if text.endswith(" please") else None, seed=1)

    with pytest.raises(BenchmarkFailed, match="too few"):
        assert all(text.endswith(" please") for text in asked)


def test_no_article_is_asked_for_twice_in_a_row() -> None:
    asked = itertools.islice(drawn("en", lambda text, _: text[-1], seed=1), 200)

    assert all(earlier[-1] != later[-1] for earlier, later in itertools.pairwise(asked))
