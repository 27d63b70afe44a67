"""Moments as people of each language write them, where the clock stands that counts."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from notices.texts.dates import day_in_words, moment_in_words


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Monday 1 June 2026, 00:05 (Europe/Paris)"),
        ("fr", "lundi 1er juin 2026 à 0 h 05 (Europe/Paris)"),
        ("de", "Monday 1 June 2026, 00:05 (Europe/Paris)"),
    ],
)
def test_a_moment_is_said_in_its_zone_with_the_zone(language: str, said: str) -> None:
    moment = datetime(2026, 5, 31, 22, 5, tzinfo=UTC)

    assert moment_in_words(moment, ZoneInfo("Europe/Paris"), language) == said


@pytest.mark.parametrize(
    ("zone", "language", "said"),
    [
        ("Europe/Paris", "fr", "1er juin 2026"),
        ("Europe/Paris", "en", "1 June 2026"),
        ("UTC", "en", "31 May 2026"),
        ("America/New_York", "fr", "31 mai 2026"),
    ],
)
def test_a_moment_falls_on_the_day_that_it_is_there(zone: str, language: str, said: str) -> None:
    moment = datetime(2026, 5, 31, 22, 30, tzinfo=UTC)

    assert day_in_words(moment, ZoneInfo(zone), language) == said
