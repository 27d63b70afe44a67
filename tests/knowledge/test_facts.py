"""Site facts: what differs between organisations is a setting, and never anything but text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from knowledge.articles.errors import ArticleBroken
from knowledge.articles.factfiles import load_facts, shipped_facts
from knowledge.articles.facts import KEYS, Fact, Facts, FactsBroken, facts_of, placeholder_faults
from knowledge.articles.frontmatter import parse_article
from knowledge.articles.operations import import_article
from knowledge.search.index import build
from knowledge.search.loading import SearchLoader
from knowledge.search.port import KnowledgeSearch
from storage.database import Database
from tests.databases import NOW
from tests.knowledge.articles import a_file, an_article

ARTICLE = an_article(
    title="Connect with {{ vpn_name }}",
    questions=("{{vpn_name}} fails", "vpn not working", "work from home"),
    body="Open **{{ vpn_name }}** at [the page]({{ password_page }}).\n\n## On {{ vpn_name }}\n\n1. Click.\n",
)


def some_facts(**values: str) -> Facts:
    return Facts({key: Fact(value, "here") for key, value in values.items()})


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_fact_has_a_neutral_value_in_every_language(language: str) -> None:
    assert set(shipped_facts().of(language)) == set(KEYS)


def test_an_organisations_own_facts_win(tmp_path: Path) -> None:
    path = tmp_path / "facts.toml"
    path.write_text('mail_quota = "20 GB"\nvpn_name = "Tunnel"\n[fr]\nvpn_name = "Tunnel FR"\n')

    facts = load_facts(path)

    assert facts.fill("{{ vpn_name }} {{mail_quota}}", "en") == "Tunnel 20 GB"
    assert facts.fill("{{ vpn_name }} {{mail_quota}}", "fr") == "Tunnel FR 20 GB"
    assert facts.of("en")["vpn_name"].origin == str(path)
    assert facts.of("en")["wifi_name"].origin == "shipped"


def test_the_organisations_name_is_the_settings_unless_the_file_says_another(tmp_path: Path) -> None:
    path = tmp_path / "facts.toml"
    path.write_text('[fr]\norganisation = "Exemple SA"\n')

    facts = load_facts(path, organisation="Example Ltd")

    assert facts.fill("{{ organisation }}", "en") == "Example Ltd"
    assert facts.fill("{{ organisation }}", "fr") == "Exemple SA"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('vpn_nam = "x"', "vpn_nam is not a site fact; did you mean vpn_name?"),
        ("vpn_name = 3", "vpn_name is 3; allowed: text on one line"),
        ('vpn_name = " "', "vpn_name is ' '; allowed: text on one line"),
        ('vpn_name = "a\\nb"', "allowed: text on one line"),
        ('vpn_name = "{{ it_phone }}"', "allowed: text on one line"),
        ('[en]\nvpn_name = ["x"]', "en.vpn_name is ['x']; allowed: text on one line"),
        ('[english]\nvpn_name = "x"', "[english] is not a two-letter language"),
        ("[vpn_name]\nx = 1", "vpn_name is {'x': 1}; allowed: text on one line"),
        ("vpn_name = x", "not valid TOML"),
    ],
)
def test_a_wrong_fact_is_refused_with_its_file_its_key_and_what_is_allowed(text: str, said: str) -> None:
    with pytest.raises(FactsBroken, match=re.escape(said)) as refused:
        facts_of(text, file="ours.toml")

    assert str(refused.value).startswith("ours.toml: ")


def test_a_file_of_facts_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FactsBroken, match=r"absent\.toml: cannot be read"):
        load_facts(tmp_path / "absent.toml")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("{{ vpn_name }} and {{it_desk}}", []),
        ("fine\n{{ vpn }}", [2]),
        ("{{ vpn_name", [1]),
        ("vpn_name }}", [1]),
        ("{{ VPN_NAME }}", [1]),
        ("{{ vpn_name\n}}", [1, 2]),
        ("{{ vpn_name | upper }}", [1]),
        ("a { b } c", []),
    ],
)
def test_a_placeholder_nobody_can_fill_has_its_line(text: str, lines: list[int]) -> None:
    assert [line for line, _ in placeholder_faults(text)] == lines


def test_an_article_with_an_unknown_placeholder_is_refused_with_file_and_line() -> None:
    text = a_file(title='"The {{ vpn_nmae }}"', body="Fine.\n\nCall {{ nobody }}.")

    with pytest.raises(ArticleBroken) as broken:
        parse_article(text, file="en/vpn.md", slug="vpn", language="en")

    assert [(flaw.file, flaw.line) for flaw in broken.value.flaws] == [("en/vpn.md", 2), ("en/vpn.md", 11)]
    assert "did you mean vpn_name?" in broken.value.flaws[0].reason


def test_a_passage_and_a_title_say_the_organisations_own_values() -> None:
    facts = some_facts(vpn_name="Star*Gate*", password_page="https://p.example.org")
    hit = KnowledgeSearch(build([ARTICLE], None, facts=facts)).find("vpn not working", "en").hits[0]

    assert hit.title == "Connect with Star*Gate*"
    assert hit.passage.startswith("Open Star*Gate* at the page (https://p.example.org).")
    assert "On Star*Gate*" in hit.passage


def test_people_find_an_article_by_the_name_their_organisation_uses() -> None:
    search = KnowledgeSearch(build([ARTICLE], None, facts=some_facts(vpn_name="Zephyr")))

    assert search.find("zephyr", "en").hits[0].slug == ARTICLE.slug


def test_a_changed_fact_needs_a_restart_and_no_import(db: Database) -> None:
    db.write(import_article, ARTICLE, now=NOW)

    before = SearchLoader(db, None, facts=some_facts(vpn_name="Old")).load()
    after = SearchLoader(db, None, facts=some_facts(vpn_name="New")).load()

    assert before.find("vpn", "en").hits[0].title == "Connect with Old"
    assert after.find("vpn", "en").hits[0].title == "Connect with New"
