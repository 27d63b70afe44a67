"""Reading article files: a mistake is reported where it is."""

from __future__ import annotations

from datetime import date

import pytest

from knowledge.articles.errors import ArticleBroken
from knowledge.articles.frontmatter import parse_article
from knowledge.articles.logic import KEYS, ArticleDraft, Audience
from tests.knowledge.articles import a_file


def parse(text: str, slug: str = "vpn", language: str = "en") -> ArticleDraft:
    return parse_article(text, file=f"{language}/{slug}.md", slug=slug, language=language)


def flaws(text: str, slug: str = "vpn", language: str = "en") -> list[str]:
    with pytest.raises(ArticleBroken) as broken:
        parse(text, slug, language)
    return [str(flaw) for flaw in broken.value.flaws]


def test_a_good_file_becomes_an_article() -> None:
    article = parse(a_file())

    assert (article.slug, article.language, article.title) == ("vpn", "en", "Connect to the VPN")
    assert (article.audience, article.review_on) == (Audience.EVERYONE, date(2027, 5, 31))
    assert article.body == "Click **Connect**.\n"


@pytest.mark.parametrize("key", KEYS)
def test_a_missing_key_is_named(key: str) -> None:
    assert flaws(a_file(**{key: None})) == [f"en/vpn.md:1: {key} is missing"]


@pytest.mark.parametrize(
    ("key", "value", "line", "reason"),
    [
        ("title", "[1, 2]", 2, "title must be text (put it in quotes)"),
        ("title", '"' + "x" * 201 + '"', 2, "title must be one line of at most 200 characters"),
        ("questions", "[one, two]", 3, "questions has 2 different sample questions, at least 3 are needed"),
        (
            "questions",
            "[one, One, two]",
            3,
            "questions has 2 different sample questions, at least 3 are needed",
        ),
        ("questions", "[one, 2, three]", 3, "questions must be a list of texts (put each in quotes)"),
        ("category", "Net Work", 4, "category must be lower-case letters, digits and single hyphens"),
        ("audience", "nobody", 5, "audience 'nobody' is not one of everyone, staff, agents"),
        ("review", "soon", 6, "review must be a date like 2027-05-31"),
        ("review", "2027-05-31 10:00:00", 6, "review must be a date like 2027-05-31"),
        ("translation", "a b", 7, "translation must be lower-case letters, digits and single hyphens"),
        ("title", "", 2, "title is missing"),
    ],
)
def test_a_wrong_value_is_reported_on_its_line(key: str, value: str, line: int, reason: str) -> None:
    assert flaws(a_file(**{key: value})) == [f"en/vpn.md:{line}: {reason}"]


def test_every_flaw_of_a_file_is_reported_at_once() -> None:
    assert len(flaws(a_file(title=None, review="soon", audience="nobody", body=""))) == 4


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("", "en/vpn.md:1: the file must start with a line ---"),
        ("# A title", "en/vpn.md:1: the file must start with a line ---"),
        ("---\ntitle: x\n", "en/vpn.md:1: the front matter is not closed by a line ---"),
        ("---\n- a\n---\nText", "en/vpn.md:1: the front matter must be lines of `key: value`"),
        ("---\n---\nText", "en/vpn.md:1: the front matter must be lines of `key: value`"),
        (a_file(auteur="me"), "en/vpn.md:8: auteur is not a known key"),
        (a_file().replace("review:", "category: x\nreview:"), "en/vpn.md:6: category is given twice"),
        (a_file(title="a: b: c"), "en/vpn.md:2: not valid YAML"),
        (a_file(body="  \n"), "en/vpn.md:1: the article has no text"),
    ],
)
def test_what_is_no_article_is_refused(text: str, flaw: str) -> None:
    assert flaws(text)[0].startswith(flaw)


@pytest.mark.parametrize(("slug", "language"), [("Ä b", "en"), ("vpn", "english"), ("../vpn", "en")])
def test_names_that_cannot_stand_in_an_address_are_refused(slug: str, language: str) -> None:
    assert flaws(a_file(), slug, language)


def test_windows_line_ends_and_a_byte_order_mark_are_accepted() -> None:
    assert parse("\ufeff" + a_file().replace("\n", "\r\n")).title == "Connect to the VPN"


def test_yaml_never_makes_objects() -> None:
    assert "not valid YAML" in flaws(a_file(title="!!python/object/apply:os.getcwd []"))[0]
