"""The demo's intranet: its pages, who is signed in there, and what it tells the counter."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import jwt
import pytest

from desk.demo.pages import LANGUAGES, PATHS, View, mail_page
from desk.demo.people import PEOPLE, vouch_for
from identity.sites.logic import read_host_identity
from notices.mail.port import Letter, Mail
from tests.desk.demos import TUESDAY, a_demo
from tests.desk.desks import SECRETS

DESK = "http://127.0.0.1:8080"
KEYS = [{"kid": "demo", "alg": "HS256", "key": SECRETS.demo_host_key}]
SATURDAY = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)


class Outline(HTMLParser):
    """The elements that stay open, and the headings."""

    VOID = frozenset({"meta", "link", "input", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PATHS.values())
async def test_every_page_is_whole_and_has_the_counter_on_it(
    tmp_path: Path, path: str, language: str
) -> None:
    async with a_demo(tmp_path) as demo:
        page = await demo.get(f"{path}?lang={language}")

    outline = Outline(page.text)
    assert page.status == 200
    assert f'<html lang="{language}">' in page.text
    assert outline.open == []
    assert outline.headings[0] == "h1"
    assert outline.headings.count("h1") == 1
    assert (
        f'<script src="{DESK}/widget/v1/loader.js" data-site="demo" data-language="{language}" '
        'data-identity="/identity" async></script>'
    ) in page.text
    for other in PATHS.values():
        assert f'href="{other}"' in page.text
    assert len(re.findall(r'<nav class="menu".*aria-current="page"', page.text)) == 1
    assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?! src=)", page.text) == []


async def test_a_page_takes_the_counter_from_the_desk_and_nothing_else_from_anywhere(tmp_path: Path) -> None:
    async with a_demo(tmp_path) as demo:
        page = await demo.get("/")

    policy = dict(part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": DESK,
        "frame-src": DESK,
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Server"] == "guichet"


async def test_the_counter_comes_by_the_way_this_machine_reaches_the_desk(tmp_path: Path) -> None:
    async with a_demo(tmp_path, public_url="https://help.example", port=8601) as demo:
        page = await demo.get("/")

    assert '<script src="http://127.0.0.1:8601/widget/v1/loader.js"' in page.text
    assert "script-src http://127.0.0.1:8601;" in page.headers["Content-Security-Policy"]


async def test_nobody_is_signed_in_at_first_and_nothing_is_kept(tmp_path: Path) -> None:
    async with a_demo(tmp_path) as demo:
        page = await demo.get("/")
        identity = await demo.get("/identity")

    assert "Not signed in" in page.text
    assert page.set_cookies == []
    assert (identity.status, identity.text) == (204, "")


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.id)
async def test_who_signs_in_is_vouched_for_and_reads_in_their_own_language(
    tmp_path: Path, person: object
) -> None:
    who = next(each for each in PEOPLE if each == person)
    async with a_demo(tmp_path) as demo:
        signed = await demo.sign_in(who.id, back="news")
        page = await demo.get("/news", Accept_Language="en")
        token = await demo.get("/identity")

    assert (signed.status, signed.headers["Location"]) == (303, "/news")
    assert all("HttpOnly" in cookie and "SameSite=Lax" in cookie for cookie in signed.set_cookies[-1:])
    assert who.name in page.text
    assert f'data-language="{who.language}"' in page.text
    assert f'<html lang="{who.language}">' in page.text
    assert token.headers["Cache-Control"] == "no-store"
    assert token.headers["Content-Type"].startswith("text/plain")
    vouched = read_host_identity(token.text, site_key="demo", host_keys=KEYS, now=TUESDAY)
    assert (vouched.subject, vouched.name, vouched.email) == (who.email, who.name, who.email)


async def test_every_identity_is_a_new_one(tmp_path: Path) -> None:
    async with a_demo(tmp_path) as demo:
        await demo.sign_in("sam")
        tokens = [(await demo.get("/identity")).text for _ in range(3)]

    seen = {jwt.decode(each, options={"verify_signature": False})["jti"] for each in tokens}
    assert len(seen) == 3


async def test_who_signs_out_is_nobody(tmp_path: Path) -> None:
    async with a_demo(tmp_path) as demo:
        await demo.sign_in("camille")
        await demo.sign_in("")

        assert (await demo.get("/identity")).status == 204
        assert "Not signed in" in (await demo.get("/", Accept_Language="en")).text


@pytest.mark.parametrize("person", ["admin", "alex ", "ALEX", "../alex", "<b>"])
async def test_nobody_else_can_be_signed_in(tmp_path: Path, person: str) -> None:
    async with a_demo(tmp_path) as demo:
        await demo.sign_in(person)

        assert (await demo.get("/identity")).status == 204


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:8080"])
async def test_only_the_demo_s_own_pages_sign_people_in(tmp_path: Path, origin: str | None) -> None:
    async with a_demo(tmp_path) as demo:
        refused = await demo.sign_in("alex", origin=origin)

        assert refused.status == 403
        assert refused.set_cookies == []


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "", "mail"])
async def test_signing_in_leads_to_a_page_of_the_demo(tmp_path: Path, back: str) -> None:
    async with a_demo(tmp_path) as demo:
        signed = await demo.sign_in("alex", back=back)

    assert signed.headers["Location"] == PATHS.get(back, "/")


async def test_a_language_that_was_chosen_stays_on_the_next_page(tmp_path: Path) -> None:
    async with a_demo(tmp_path) as demo:
        await demo.sign_in("alex")
        await demo.get("/?lang=fr")
        chosen = await demo.get("/canteen")
        await demo.sign_in("alex")
        own = await demo.get("/canteen")

    assert 'data-language="fr"' in chosen.text
    assert 'data-language="en"' in own.text


@pytest.mark.parametrize(
    ("accepted", "language"), [("fr-CA,fr;q=0.9", "fr"), ("de,fr;q=0.5", "fr"), ("de", "en"), ("", "en")]
)
async def test_a_visitor_reads_what_the_browser_prefers(tmp_path: Path, accepted: str, language: str) -> None:
    async with a_demo(tmp_path) as demo:
        page = await demo.get("/", Accept_Language=accepted)

    assert f'<html lang="{language}">' in page.text


async def test_the_canteen_marks_today_and_is_closed_at_the_weekend(tmp_path: Path) -> None:
    async with a_demo(tmp_path) as demo:
        week, home = await demo.get("/canteen"), await demo.get("/")
    async with a_demo(tmp_path, now=SATURDAY) as demo:
        weekend, closed = await demo.get("/canteen"), await demo.get("/")

    assert re.search(r'<tr class="?today"?><th scope="row">Tuesday', week.text)
    assert "Fish and potatoes" in home.text
    assert (
        "today" not in re.sub(r"<head>.*</head>", "", weekend.text, flags=re.DOTALL).lower().split("<main")[1]
    )
    assert "closed at the weekend" in closed.text


async def test_an_organisation_s_name_is_text(tmp_path: Path) -> None:
    async with a_demo(tmp_path, organisation="<i>Us</i> & co") as demo:
        page = await demo.get("/")

    assert "<i>" not in page.text
    assert "&lt;i&gt;Us&lt;/i&gt; &amp; co" in page.text


async def test_a_page_that_is_not_there_says_so(tmp_path: Path) -> None:
    async with a_demo(tmp_path) as demo:
        page = await demo.get("/nowhere")
        odd = await demo.get("/../etc/passwd")

    assert (page.status, odd.status) == (404, 404)
    assert "There is no such page" in page.text
    assert Outline(page.text).open == []


@pytest.mark.parametrize(
    ("path", "kind"), [("/static/demo.css", "text/css"), ("/static/icon.svg", "image/svg+xml")]
)
async def test_style_and_icon_are_there(tmp_path: Path, path: str, kind: str) -> None:
    async with a_demo(tmp_path) as demo:
        answer = await demo.get(path)

    assert (answer.status, answer.headers["Content-Type"].split(";")[0]) == (200, kind)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


MAIL = Mail(
    "k-1",
    "it-desk@example.org",
    "[INC-000001] <b>Écran</b> noir",
    "Bonjour <script>alert(1)</script>\n& co\n",
    TUESDAY,
)


@pytest.mark.parametrize(
    ("language", "none"), [("en", "No mail has been sent yet"), ("fr", "Aucun courriel")]
)
async def test_no_mail_is_said_in_words(tmp_path: Path, language: str, none: str) -> None:
    async with a_demo(tmp_path) as demo:
        assert none in (await demo.get(f"/demo/mail?lang={language}")).text


@pytest.mark.parametrize(
    ("language", "stays", "leaves", "none"),
    [
        ("en", "Nothing has left this machine", "Mail goes to the server", "has kept no mail"),
        ("fr", "Rien n’a quitté cette machine", "Les courriels partent vers le serveur", "aucun courriel"),
    ],
)
async def test_only_where_no_mail_server_is_set_is_mail_said_to_stay(
    tmp_path: Path, language: str, stays: str, leaves: str, none: str
) -> None:
    async with a_demo(tmp_path / "a") as demo:
        kept = (await demo.get(f"/demo/mail?lang={language}")).text
    async with a_demo(tmp_path / "b", smtp_host="localhost") as demo:
        sent = (await demo.get(f"/demo/mail?lang={language}")).text

    assert stays in kept
    assert leaves not in kept
    assert leaves in sent
    assert none in sent
    assert stays not in sent


@pytest.mark.parametrize(("language", "to"), [("en", "<dt>To</dt>"), ("fr", "<dt>À</dt>")])
async def test_every_mail_is_shown_as_text(tmp_path: Path, language: str, to: str) -> None:
    async with a_demo(tmp_path) as demo:
        await demo.mail.send(MAIL)
        page = await demo.get(f"/demo/mail?lang={language}")

    assert "<h2>[INC-000001] &lt;b&gt;Écran&lt;/b&gt; noir</h2>" in page.text
    assert "<pre>Bonjour &lt;script&gt;alert(1)&lt;/script&gt;\n&amp; co\n" in page.text
    assert f"{to}<dd>it-desk@example.org</dd>" in page.text
    assert Outline(page.text).open == []


async def test_a_letter_s_html_is_shown_in_a_frame_in_which_nothing_runs(tmp_path: Path) -> None:
    async with a_demo(tmp_path) as demo:
        await demo.mail.send(MAIL)
        page = await demo.get("/demo/mail")
        [src] = re.findall(r'<iframe sandbox src="([^"]+)"', page.text)
        letter, none = await demo.get(src), await demo.get("/demo/mail/letter?id=x")

    assert re.search(r"frame-src \S+ 'self';", page.headers["Content-Security-Policy"])
    assert "Bonjour &lt;script&gt;alert(1)&lt;/script&gt;" in letter.text
    policy = letter.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox;" in policy
    assert "script-src" not in policy
    assert none.status == 404


def test_letters_of_one_thread_say_which_one_they_are() -> None:
    view = View("mail", "en", None, "Demo", DESK, TUESDAY.date())
    letters = [Letter("a@example.org", f"s{n}", "", TUESDAY, thread=f"t{n % 2}") for n in range(3)]

    page = mail_page(view, letters, 9)

    assert re.findall(r"letter \d of \d", page) == ["letter 2 of 2", "letter 1 of 2"]


async def test_mail_is_shown_newest_first_and_not_without_end(tmp_path: Path) -> None:
    view = View("mail", "en", None, "Demo", DESK, TUESDAY.date())
    letters = [Letter("a@example.org", f"letter {number}", "", TUESDAY) for number in range(3)]

    page = mail_page(view, letters, 3)

    assert re.findall(r"letter \d", page) == ["letter 0", "letter 1", "letter 2"]
    assert "Only the newest 3 are shown" in page
    assert "Only the newest" not in mail_page(view, letters, 4)
    assert "24 November 2026" in page


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.id)
def test_the_names_of_the_demo_s_people_say_that_they_are_examples(person: object) -> None:
    who = next(each for each in PEOPLE if each == person)

    assert re.search("example|sample|exemple", who.name, re.IGNORECASE)
    assert who.email.endswith("@example.org")
    assert vouch_for(who, SECRETS.demo_host_key, TUESDAY).count(".") == 2
