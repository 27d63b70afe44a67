"""French signs keep the space before them, and no line begins with one."""

from __future__ import annotations

import re

import pytest

from notices.texts.catalogue import entries, is_typeset
from notices.texts.typography import typeset


@pytest.mark.parametrize(
    ("text", "set_"),
    [
        ("Quoi ? « Ceci » : oui ; non ! 75 %", "Quoi~? «~Ceci~»~: oui~; non~! 75~%"),
        ("https://example.org/a?b", "https://example.org/a?b"),
        ("à 17:30", "à 17:30"),
    ],
)
def test_spaces_before_french_signs_hold(text: str, set_: str) -> None:
    assert typeset(text, "fr") == set_.replace("~", "\N{NO-BREAK SPACE}")


def test_english_has_no_such_spaces() -> None:
    assert typeset("Why ? : !", "en") == "Why ? : !"


@pytest.mark.parametrize("key", [key for key in entries("fr") if is_typeset(key)])
def test_no_french_text_of_the_desk_lets_a_line_begin_with_a_sign(key: str) -> None:
    assert not re.search(r" [:;!?»%]|« ", entries("fr")[key].text)


def test_what_is_sent_as_if_somebody_had_typed_it_has_ordinary_spaces() -> None:
    assert "Où en est mon ticket ?" in entries("fr")["widget_requests"].text.splitlines()
