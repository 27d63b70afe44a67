"""Cutting articles: where a reader would, and nothing lost or invented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.articles.importing import read_library
from knowledge.search.passages import LONGEST_BLOCK, PASSAGE_LENGTH, blocks, excerpt, passages, plain

LIBRARY = read_library(Path(__file__).parents[2] / "knowledge" / "library").drafts
STEPS = "\n".join(
    f"{number}. Do the thing number {number} and look at what happens." for number in range(1, 12)
)


def shown(markdown: str, block: int) -> str:
    return excerpt(blocks(markdown), block)


def test_a_passage_knows_its_heading() -> None:
    found = passages(blocks("Intro.\n\n## On **Windows**\n\nOpen it.\n\n## On a Mac\n\nClick it."))

    assert [(each.heading, each.text) for each in found] == [
        ("", "Intro."),
        ("On Windows", "Open it."),
        ("On a Mac", "Click it."),
    ]


def test_long_text_is_cut_between_sentences() -> None:
    text = " ".join(f"This is the sentence number {number} of it." for number in range(40))

    found = passages(blocks(text))

    assert len(found) > 2
    assert all(len(each.text) <= PASSAGE_LENGTH and each.text.endswith(".") for each in found)


def test_a_list_of_steps_is_shown_whole_with_the_sentence_that_announces_it() -> None:
    markdown = f"## Do it\n\nFollow these steps:\n\n{STEPS}\n\nDone."

    text = shown(markdown, 1)

    assert text.startswith("Do it\n\nFollow these steps:\n\n1. Do")
    assert "11. Do the thing number 11" in text


def test_only_the_section_that_answers_is_shown() -> None:
    markdown = f"{'Some introduction. ' * 30}\n\n## One\n\n{STEPS}\n\n## Two\n\nOther text."

    assert "Other text" not in shown(markdown, 1)
    assert shown(markdown, 2) == "Two\n\nOther text."


def test_a_short_introduction_comes_with_what_follows() -> None:
    assert shown("In short.\n\n## One\n\nFirst.\n\n## Two\n\nSecond.", 0) == (
        "In short.\n\nOne\n\nFirst.\n\nTwo\n\nSecond."
    )


def test_a_list_longer_than_any_screen_ends_at_a_step() -> None:
    many = "\n".join(f"{number}. {'word ' * 20}end." for number in range(1, 60))

    text = shown(many, 0)

    assert len(text) <= LONGEST_BLOCK
    assert text.endswith("end.")


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("**Bold** and *italic* and `code`", "Bold and italic and code"),
        ("[the portal](https://example.org/a)", "the portal (https://example.org/a)"),
        ("[an article](/kb/vpn)", "an article"),
        ("![a screen](x.png)", "a screen"),
        ("a_name_with_lines and 2*3*4", "a_name_with_lines and 2*3*4"),
        ("1\\. not a list \\*", "1. not a list *"),
    ],
)
def test_markdown_signs_are_left_out(markdown: str, words: str) -> None:
    assert plain(markdown) == words


def test_an_empty_article_has_no_passage() -> None:
    assert passages(blocks("")) == ()
    assert excerpt((), 0) == ""


@pytest.mark.parametrize("article", LIBRARY, ids=lambda article: f"{article.language}-{article.slug}")
def test_every_excerpt_is_the_articles_own_words_and_ends_where_a_sentence_does(article: object) -> None:
    body = article.body  # type: ignore[attr-defined]
    outline = blocks(body)
    held = _letters(plain(body))

    for passage in passages(outline):
        text = excerpt(outline, passage.block)
        assert all(_letters(line) in held for line in text.splitlines())
        assert len(text) <= LONGEST_BLOCK
        assert re.search(r"[.!?:;\"»”)]\s*$", text), text[-60:]


@given(st.text(max_size=400))
def test_any_text_can_be_cut(text: str) -> None:
    outline = blocks(text)
    for passage in passages(outline):
        assert passage.text in excerpt(outline, passage.block) or len(passage.text) > 0


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text)
