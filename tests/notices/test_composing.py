"""Whatever stands in a letter, it stays a letter: no headers of its own, no markup, nothing fetched."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notices.mail.composing import Sender, compose
from notices.mail.html import as_html
from notices.mail.port import Mail, MailLink
from notices.texts.catalogue import LANGUAGES
from tests.databases import NOW

SENDER = Sender("Guichet <guichet@desk.example.org>")
MAIL = Mail("k", "ana@example.org", "[INC-000001] s", "t", NOW, "en", (), "INC-000001")
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
    "X-Auto-Response-Suppress", "Content-Language", "MIME-Version", "Content-Type",
}  # fmt: skip

PIECES = [
    "<script>alert(1)</script>", "<img src=//evil.example/x>", "</p></td></table>", '" onload="x', "&amp;",
    "\r\n", "\n\n", "\nBcc: b@example.org\n", "\n.\n", "=?utf-8?q?x?=", "\x00", "\x0b", "\u2028", "\x85",
    "\ud800", "\u202e", "é", "🖨️", "--b\nContent-Type: text/html\n\n",
    "javascript:alert(1)", "{ticket}", " " * 40, "x" * 1200,
]  # fmt: skip
hostile = st.lists(st.sampled_from(PIECES) | st.text(max_size=20), max_size=12).map("".join)


class Seen(HTMLParser):
    """What a mail program would find in the HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def arrived(mail: Mail) -> EmailMessage:
    """The letter after its way over the wire."""
    sent = compose(mail, SENDER).as_bytes()
    assert max(map(len, sent.split(b"\r\n"))) <= 998
    return message_from_bytes(sent, _class=EmailMessage, policy=policy.default)


def body(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body(preferencelist=(kind,))
    assert part is not None
    return str(part.get_content())


@settings(max_examples=60, deadline=None)
@given(subject=hostile, text=hostile)
def test_no_words_become_a_header_or_a_part(subject: str, text: str) -> None:
    letter = arrived(replace(MAIL, subject=subject, text=text))

    assert set(letter.keys()) == HEADERS
    assert [part.get_content_type() for part in letter.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert letter["To"] == MAIL.to


@settings(max_examples=60, deadline=None)
@given(subject=hostile, text=hostile)
def test_no_words_become_markup(subject: str, text: str) -> None:
    plain = Seen(as_html(replace(MAIL, subject="s", text="t")))
    seen = Seen(body(arrived(replace(MAIL, subject=subject, text=text)), "html"))

    assert seen.open == []
    assert set(seen.tags) <= set(plain.tags) | {"br", "div", "span"}
    assert not [name for name, _ in seen.attributes if name.startswith("on") or name == "src"]
    assert [value for name, value in seen.attributes if name == "href"] == []


@settings(max_examples=60, deadline=None)
@given(words=st.lists(st.from_regex(r"[a-zé<>&]{1,12}", fullmatch=True), min_size=1, max_size=30))
def test_both_forms_say_every_word(words: list[str]) -> None:
    letter = arrived(replace(MAIL, subject="1", text="\n\n".join(words)))

    assert body(letter, "plain").split()[: len(words)] == words
    assert [word for word in Seen(body(letter, "html")).words.split() if word in words][: len(words)] == words


@settings(max_examples=60, deadline=None)
@given(key=hostile, to=st.sampled_from(["a@example.org", "b@example.org"]))
def test_ids_are_ids_whatever_the_key_and_the_same_for_the_same(key: str, to: str) -> None:
    first, again = (arrived(replace(MAIL, key=key, to=to, thread=key or "t")) for _ in range(2))

    assert first["Message-ID"] == again["Message-ID"]
    assert re.fullmatch(r"<[0-9a-f]{32}@desk\.example\.org>", first["Message-ID"])
    assert re.fullmatch(r"<thread\.[0-9a-f]{32}@desk\.example\.org>", first["References"])


@pytest.mark.parametrize(
    ("link", "hrefs"),
    [
        ("https://desk.example.org/r?a=1&b=2", ["https://desk.example.org/r?a=1&b=2"]),
        ("javascript:alert(1)", []),
    ],
)
def test_only_a_link_of_the_web_is_a_link(link: str, hrefs: list[str]) -> None:
    seen = Seen(as_html(replace(MAIL, links=(MailLink(link, "Open <it>"),))))

    assert [value for name, value in seen.attributes if name == "href"] == hrefs


def test_both_forms_say_where_each_link_leads() -> None:
    links = (
        MailLink("https://desk.example.org/ticket/x", "See it"),
        MailLink("https://desk.example.org/rate/y", "Rate", "How did we do?"),
    )
    letter = arrived(replace(MAIL, links=links))
    plain, seen = body(letter, "plain").replace("\r\n", "\n"), Seen(body(letter, "html"))

    assert "\n\nSee it:\nhttps://desk.example.org/ticket/x\n\nHow did we do?\nhttps://" in plain
    assert [value for name, value in seen.attributes if name == "href"] == [link.url for link in links]
    assert "How did we do?" in seen.words


def test_what_somebody_wrote_stands_apart_from_what_the_desk_says() -> None:
    html = as_html(replace(MAIL, text="They wrote:\n\n> first <b>\n> line\n>\n> second\n\nGoodbye."))

    [words] = re.findall(r'<div class="words"[^>]*>(.*?)</div>', html, re.DOTALL)
    assert re.sub(r"<[^>]+>", "", words) == "first &lt;b&gt;\nline\nsecond\n"
    assert "&gt; first" not in html
    assert "Goodbye." not in words


def test_no_line_ends_within_a_ticket_s_number() -> None:
    html = as_html(replace(MAIL, text="see INC-000123, not INC-1"))

    assert '<span style="white-space:nowrap">INC-000123</span>, not INC-1' in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_says_its_language_and_that_a_machine_wrote_it(language: str) -> None:
    letter = arrived(replace(MAIL, language=language))
    machine = {"en": "automatically", "fr": "automatiquement"}[language]

    assert letter["Content-Language"] == language
    assert f'<html lang="{language}">' in body(letter, "html")
    assert machine in body(letter, "html")
    assert machine in body(letter, "plain")


def test_nothing_is_fetched_and_the_dark_is_minded() -> None:
    html = as_html(MAIL)

    assert not re.search(r"<(img|link|script|iframe)|url\(|@import", html)
    assert "prefers-color-scheme:dark" in html
    assert '<meta name="color-scheme" content="light dark">' in html


def test_letters_of_two_installations_with_one_address_are_not_repeats_of_each_other() -> None:
    ours, theirs = (compose(MAIL, replace(SENDER, seal=seal)) for seal in ("a", "b"))

    assert ours["Message-ID"] != theirs["Message-ID"]
    assert ours["References"] != theirs["References"]
    assert compose(MAIL, replace(SENDER, seal="a"))["Message-ID"] == ours["Message-ID"]
