"""What is typed is never an intent, however it is dressed up (TRUST RA-6)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ticketing.conversations.logic import neutralised, without_invisible

CORPUS = [
    "/restart",
    "/session_start",
    " /intent{}",
    '/open_ticket{"text": "x"}',
    "/intent@1.0{}",
    "//restart",
    "/ /restart",
    "/\n/restart",
    "\u200b/restart",
    "\u200d\u200c/restart",
    "\ufeff/restart",
    "\u2060/restart",
    "\u202e/restart",
    "\u00ad/restart",
    "\u180e/restart",
    "\U000e0001/restart",
    "／restart",
    " ／ ／restart",
    "\u3000／restart",
    "\u00a0/restart",
    "\u1680/restart",
    "/\u1680/restart",
    "/\u2028/restart",
    "/\u2003/restart",
    "/\u205f\u1680/restart",
    "\x00/restart",
    "/\x00/restart",
    "\x1b[0m/restart",
    "\x1c/restart",
    "\x85/restart",
    "\r\n\t/restart",
    "\ud800/restart",
    "/",
    "///",
    "／",
    "",
    " ",
    "\u200b",
]

# Where the traps are: slashes, spaces of every kind, what cannot be seen, what folds into something else.
TRAPS = st.sampled_from(
    "/／ \t\n\r\u00a0\u1680\u2003\u2028\u2029\u205f\u3000\u200b\u200d\ufeff\u00ad\u2060\x00\x85…⁄∕½℀"
)
TEXTS = st.text(TRAPS | st.characters(), max_size=40)


def starts_an_intent(text: str) -> bool:
    seen = "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    return any(
        form.strip().startswith("/")
        for form in (text, seen, unicodedata.normalize("NFKC", seen), seen.strip())
    )


@pytest.mark.parametrize("text", CORPUS, ids=ascii)
def test_a_typed_intent_arrives_as_plain_text(text: str) -> None:
    assert not starts_an_intent(neutralised(text))


@settings(max_examples=400, deadline=None)
@given(TEXTS)
@example("/\u1680/x")
@example("/")
@example("…")
def test_nothing_typed_starts_an_intent_or_comes_out_empty(text: str) -> None:
    once = neutralised(text)

    assert not starts_an_intent(once)
    assert once.strip()
    assert neutralised(once) == once
    once.encode()


@pytest.mark.parametrize(
    "text", ["hello", "what does / mean?", "and/or", "C:/temp is full", "https://example.org/x", "été"]
)
def test_ordinary_text_is_left_as_it_is(text: str) -> None:
    assert neutralised(text) == text


def test_the_rest_of_a_typed_intent_is_kept() -> None:
    assert neutralised(" /restart the printer") == "restart the printer"


def test_no_character_hides_the_slash_behind_it() -> None:
    # Where Unicode keeps its spaces, invisible characters, full-width forms and tags.
    places = [*range(0x3100), *range(0xD800, 0xE000), *range(0xFE00, 0x10000), *range(0xE0000, 0xE0200)]

    assert [f"{code:x}" for code in places if starts_an_intent(neutralised(chr(code) + "/x"))] == []


def test_what_cannot_be_seen_is_taken_out_and_lines_and_tabs_are_kept() -> None:
    assert without_invisible("a\u200bb\x00c\nd\te\ud800f\u202eg") == "abc\nd\tefg"
