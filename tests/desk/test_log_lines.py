"""A line of the log says what an event is about, is one line, and holds nothing that people said."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest

from desk.log_lines import LogLine


def line_of(name: str, message: str, *, error: BaseException | None = None, **values: Any) -> str:
    record = logging.getLogger(name).makeRecord(
        name,
        logging.ERROR,
        "file.py",
        7,
        message,
        (),
        (type(error), error, error.__traceback__) if error else None,
        extra=values,
    )
    return LogLine().format(record)


def raised(words: str) -> BaseException:
    try:
        raise ValueError(words)
    except ValueError as error:
        return error


def test_an_event_says_what_it_is_about_and_when_in_utc() -> None:
    line = line_of("desk.gateway.middleware", "request_failed", reference="5f0c33de", error_kind="KeyError")

    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ERROR desk\.gateway\.middleware request_failed "
        r"reference=5f0c33de error_kind=KeyError",
        line,
    )


def test_a_value_with_spaces_or_signs_is_quoted() -> None:
    line = line_of("desk", "event", why='a "word" or\ntwo', places=["outer.py:1 call", "inner.py:2 fail"])

    assert line.endswith(r' event why="a \"word\" or\ntwo" places="inner.py:2 fail < outer.py:1 call"')


@pytest.mark.parametrize("name", ["asyncio", "aiohttp.client", "desk2", "apscheduler"])
def test_values_of_other_packages_are_not_written(name: str) -> None:
    assert "words" not in line_of(name, "event", body="somebody's words")


def test_of_an_error_its_kind_and_its_places_are_written_and_not_its_words() -> None:
    line = line_of("asyncio", "it failed", error=raised("somebody's words"))

    assert " it failed error=ValueError at=" in line
    assert "test_log_lines.py" in line
    assert "words" not in line


def test_behind_the_first_line_others_quote_what_failed() -> None:
    line = line_of("asyncio", "Task exception was never retrieved\nfuture: exception=ValueError('words')")

    assert line.endswith("ERROR asyncio Task exception was never retrieved")


@pytest.mark.parametrize("sign", ["\x1b[2J", "\r", "\u2028", "\x00"])
def test_no_message_moves_the_cursor_or_looks_like_another_event(sign: str) -> None:
    line = line_of("asyncio", f"one{sign}two", who=f"a{sign}b")

    assert line.isprintable()
