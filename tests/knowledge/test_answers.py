"""From what was found to what is said: three outcomes, in the articles' own words."""

from __future__ import annotations

import pytest

from knowledge.answers import AnswerKind, Choice, answer_from, answer_of, compose_answer, next_best
from knowledge.search.findings import HYBRID, Band, Findings, Hit

HITS = tuple(
    Hit(slug, "en", slug.title(), f"How to {slug}.", score)
    for slug, score in (("vpn", 0.8), ("wifi", 0.7), ("mfa", 0.6), ("screen", 0.55), ("weather", 0.1))
)


def findings(band: Band, hits: tuple[Hit, ...] = HITS) -> Findings:
    return Findings(band, hits, HYBRID, 0.5)


def test_a_sure_search_answers_with_its_best_passage_and_where_it_comes_from() -> None:
    answer = compose_answer(findings(Band.ANSWER))

    assert (answer.kind, answer.text_key) == (AnswerKind.ANSWER, "utter_answer")
    assert answer.values == {"passage": "How to vpn."}
    assert [(source.url, source.title) for source in answer.sources] == [("/kb/vpn?lang=en", "Vpn")]
    assert answer.choices == ()


def test_a_less_sure_one_asks_which_of_three_is_meant_and_says_nothing_of_its_own() -> None:
    answer = compose_answer(findings(Band.DID_YOU_MEAN))

    assert (answer.kind, answer.text_key) == (AnswerKind.DID_YOU_MEAN, "utter_did_you_mean")
    assert answer.choices == (
        Choice("Vpn", "vpn", "en"),
        Choice("Wifi", "wifi", "en"),
        Choice("Mfa", "mfa", "en"),
    )
    assert (answer.values, answer.sources) == ({}, ())


def test_an_article_far_behind_the_best_is_no_choice() -> None:
    answer = compose_answer(findings(Band.DID_YOU_MEAN, (HITS[0], HITS[-1])))

    assert [choice.slug for choice in answer.choices] == ["vpn"]


@pytest.mark.parametrize(
    "found", [findings(Band.NOTHING), findings(Band.ANSWER, ()), findings(Band.DID_YOU_MEAN, ())]
)
def test_without_anything_good_enough_it_says_so(found: Findings) -> None:
    answer = compose_answer(found)

    assert (answer.kind, answer.text_key, answer.choices) == (AnswerKind.NOTHING, "utter_no_answer", ())


@pytest.mark.parametrize("band", Band)
def test_a_chosen_article_answers_whatever_the_search_thought(band: Band) -> None:
    chosen = answer_from(findings(band), "weather")

    assert chosen is not None
    assert chosen.values == {"passage": "How to weather."}
    assert answer_from(findings(band), "elsewhere") is None


def test_the_next_best_is_the_first_not_tried_that_may_help() -> None:
    assert next_best(findings(Band.ANSWER), ["vpn"]) == answer_of(HITS[1])
    assert next_best(findings(Band.ANSWER), ["vpn", "wifi"]) == answer_of(HITS[2])
    assert next_best(findings(Band.ANSWER), [hit.slug for hit in HITS[:4]]) is None
    assert next_best(findings(Band.NOTHING), []) is None
