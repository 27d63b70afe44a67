"""The privacy notice: what it must say, and what a file of one's own may look like (TRUST GD-1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from notices.privacy.notice import PrivacyNoticeError, read_notice, whole_notice
from notices.texts.catalogue import LANGUAGES

VALUES = {
    "organisation": "Example SA",
    "contact": "dpo@example.org",
    "link": "https://desk.example.org/privacy",
}
OWN = """
version: 3
link: https://intranet.example.org/privacy
en: "{organisation} keeps what you write. {contact} {link}"
fr: "{organisation} conserve ce que vous écrivez. {contact} {link}"
"""
# Who, what for, on which basis, how long, rights, private matters.
MUST_SAY = {
    "en": [
        "responsible",
        "handle your request",
        "legitimate interest",
        "kept for",
        "correct, delete",
        "health",
    ],
    "fr": ["responsable", "traiter votre demande", "intérêt légitime", "conservées", "les effacer", "santé"],
}


def own(folder: Path, text: str, name: str = "privacy.yml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_shipped_notice_says_what_the_law_asks_for_and_where_the_rest_stands(language: str) -> None:
    notice = read_notice(None)
    text = notice.text(language, VALUES)

    assert notice.version
    assert all(value in text for value in VALUES.values())
    assert [words for words in MUST_SAY[language] if words not in text] == []
    assert "consent" not in text, "people at work cannot freely refuse"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_notice_has_no_place_left_unfilled(language: str) -> None:
    page = whole_notice(language, VALUES)

    assert "{" not in page
    assert page.count("**") == 14, "seven headings in each language"


def test_an_own_notice_is_read(tmp_path: Path) -> None:
    notice = read_notice(own(tmp_path, OWN))

    assert (notice.version, notice.link) == ("3", "https://intranet.example.org/privacy")
    assert notice.text("fr", VALUES).startswith("Example SA conserve")


def test_an_own_notice_may_be_toml(tmp_path: Path) -> None:
    text = 'version = "a"\nlink = "https://example.org/p"\nen = "see {link}"\nfr = "voir {link}"\n'

    assert read_notice(own(tmp_path, text, "privacy.toml")).version == "a"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "expected: version, link, en, fr"),
        ("- a\n- b\n", "expected: version, link, en, fr"),
        ("version: [\n", "not YAML"),
        (OWN.replace("version: 3", ""), "version: missing"),
        (OWN.replace("version: 3", "version: " + "x" * 65), "version: longer than 64 characters"),
        (OWN.replace("link: https:", "link: ftp:"), "link: the http"),
        (OWN.replace("https://intranet.example.org/privacy", "''"), "link: the http"),
        (OWN.replace("fr:", "de:"), "de: unknown"),
        ("\n".join(OWN.splitlines()[:-1]), "fr: the text is missing"),
        (OWN.replace("{contact}", "{dpo}"), "{dpo} is none of"),
        (OWN.replace("{contact} {link}", "{contact}"), "{link} is missing"),
        (OWN.replace("keeps", "keeps " + "x" * 1_500), "longer than 1500 characters"),
    ],
)
def test_a_notice_that_cannot_be_used_says_why(tmp_path: Path, text: str, why: str) -> None:
    path = own(tmp_path, text)

    with pytest.raises(PrivacyNoticeError) as refused:
        read_notice(path)

    assert str(refused.value).startswith(f"{path}: ")
    assert why in str(refused.value)


def test_a_file_that_is_not_there_or_no_text_says_so(tmp_path: Path) -> None:
    (tmp_path / "latin.yml").write_bytes(b"en: \xe9\xe9")
    (tmp_path / "bad.toml").write_text("version = ")

    for name, why in (("none.yml", "No such file"), ("latin.yml", "UTF-8"), ("bad.toml", "not TOML")):
        with pytest.raises(PrivacyNoticeError, match=why):
            read_notice(tmp_path / name)
