"""How well the shipped articles answer what colleagues write, and how well the search knows it."""

from __future__ import annotations

import numpy as np
import pytest

from knowledge.encoder.runtime import OnnxEncoder
from knowledge.evaluation.__main__ import LANGUAGES, QUESTIONS, STORIES
from knowledge.evaluation.calibrate import LEAST, LIBRARY, SIGNALS
from knowledge.evaluation.encoders import TextVectors
from knowledge.evaluation.labelled import Collection, in_stories, with_slips, written
from knowledge.evaluation.measuring import Abstention, Outcomes, Ranking, ask, outcomes
from knowledge.search.confidence import Sureness, shipped
from knowledge.search.dense import Encoders
from knowledge.search.findings import Band


@pytest.fixture(scope="module")
def library(encoder: OnnxEncoder, multilingual: OnnxEncoder) -> Encoders:
    return Encoders(TextVectors(encoder), TextVectors(multilingual))


@pytest.fixture(scope="module", params=LANGUAGES)
def colleagues(request: pytest.FixtureRequest) -> Collection:
    """What colleagues write, in one language, about the shipped articles and about other matters."""
    return written(LIBRARY, QUESTIONS / f"{request.param}.yml", request.param)


def test_between_an_answer_and_nothing_there_is_a_choice() -> None:
    for language, compared in LEAST:
        judgement = shipped().of(language, compared)
        steps = [judgement.band(Sureness(step / 100, step / 100)) for step in range(101)]

        assert list(dict.fromkeys(steps)) == [Band.NOTHING, Band.DID_YOU_MEAN, Band.ANSWER]


def test_the_shipped_coefficients_count_signals_the_right_way_round() -> None:
    for language, compared in LEAST:
        judgement = shipped().of(language, compared)
        for coefficients in (judgement.answer, judgement.choice):
            assert coefficients.weights
            assert all(weight * SIGNALS[compared][name] >= 0 for name, weight in coefficients.weights.items())
            assert 0 < coefficients.least < 1


def test_the_shipped_articles_answer_what_colleagues_write(colleagues: Collection, library: Encoders) -> None:
    language = colleagues.language
    ranking = Ranking.of(ask(colleagues, library.of(language)))
    got = Outcomes.of(outcomes(colleagues, library))

    assert ranking.mean_average_precision >= {"en": 0.97, "fr": 0.94}[language]
    assert got.right >= {"en": 0.85, "fr": 0.81}[language]
    assert got.right + got.offered >= {"en": 0.95, "fr": 0.915}[language]
    assert got.wrong <= {"en": 0.03, "fr": 0.05}[language]
    assert got.none_answered <= 0.05
    assert got.none_offered <= {"en": 0.19, "fr": 0.29}[language]


def test_without_the_second_encoder_other_languages_are_still_answered(library: Encoders) -> None:
    colleagues = written(LIBRARY, QUESTIONS / "fr.yml", "fr")
    got = Outcomes.of(outcomes(colleagues, Encoders(library.first)))

    assert got.right >= 0.69
    assert got.wrong <= 0.07


def test_slips_of_the_fingers_cost_few_answers(colleagues: Collection, library: Encoders) -> None:
    got = Outcomes.of(outcomes(with_slips(colleagues), library))

    assert got.right >= {"en": 0.75, "fr": 0.72}[colleagues.language]
    assert got.wrong <= 0.05


def test_a_long_story_costs_few_answers(colleagues: Collection, library: Encoders) -> None:
    got = Outcomes.of(outcomes(in_stories(colleagues, STORIES), library))

    assert got.right >= {"en": 0.85, "fr": 0.8}[colleagues.language]
    assert got.wrong <= 0.05
    assert got.none_answered <= 0.07


def test_measures_on_a_case_worked_by_hand() -> None:
    from knowledge.evaluation.measuring import Asked

    asked = [Asked(1, {}), Asked(2, {}), Asked(1, {}), Asked(0, {})]
    ranking = Ranking.of(asked)
    known = Abstention.of(asked, [0.9, 0.8, 0.3, 0.6], 0.5)

    assert (ranking.questions, round(ranking.first, 3)) == (3, 0.667)
    assert ranking.mean_average_precision == pytest.approx((1 + 0.5 + 1) / 3)
    assert known.precision == pytest.approx(1 / 3)
    assert known.answered == pytest.approx(1 / 3)
    assert known.wrongly == 1
    assert known.separation == pytest.approx(2 / 3)
    assert np.isclose(known.reachable, 1 / 3)
