"""The article pages: what is written is shown, and nothing else can happen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from desk.pages.markdown import is_safe_link, render
from desk.pages.routes import ArticlePages, routes
from desk.pages.texts import texts
from knowledge.articles.factfiles import shipped_facts
from knowledge.articles.facts import Fact, Facts
from knowledge.articles.importing import read_library
from knowledge.articles.logic import ArticleDraft, Audience
from knowledge.articles.operations import import_article
from knowledge.search.loading import SearchLoader
from storage.database import Database
from tests.databases import NOW
from tests.knowledge.articles import ALL, IMPRIMANTE, PRINTER, VPN, an_article

CATEGORIES = [
    "access",
    "computer",
    "equipment",
    "files",
    "mail",
    "meetings",
    "network",
    "people",
    "phones",
    "printing",
    "security",
    "software",
]
Client = TestClient[web.Request, web.Application]
Store = Callable[[ArticleDraft], None]


@pytest.fixture
def store(database: Database) -> Store:
    def store(draft: ArticleDraft) -> None:
        database.write(import_article, draft, now=NOW)

    for draft in ALL:
        store(draft)
    return store


@pytest.fixture
async def client(database: Database, store: Store) -> AsyncIterator[Client]:
    application = web.Application()
    search = SearchLoader(database, None, facts=FACTS).load()
    pages = ArticlePages(database, "Acme & <Sons>", facts=FACTS, browse=search.browse)
    application.add_routes(routes(pages))
    async with TestClient(TestServer(application)) as client:
        yield client


HOSTILE = '<script>alert(1)</script> [x](javascript:alert(1)) **bold** `code` "'
FACTS = shipped_facts().overridden_by(
    Facts(
        {
            "vpn_name": Fact(HOSTILE, "test"),
            "password_page": Fact("https://pass.example.org/a_b_c?x=1&y=2", "test"),
            "it_email": Fact("it_desk@example.org", "test"),
            "network_drive": Fact("S:", "test"),
            "software_catalogue": Fact("javascript:alert(1)", "test"),
        }
    )
)


def rendered(markdown: str) -> str:
    return render(markdown, lambda key: fact.text if (fact := FACTS.of("en").get(key)) else None).html


async def page(client: Client, path: str, **headers: str) -> str:
    async with client.get(path, headers=headers) as response:
        assert response.status == 200, path
        return await response.text()


async def test_an_article_is_shown_with_its_facts(client: Client) -> None:
    text = await page(client, "/kb/connect-to-the-vpn?lang=en")

    assert "<h1>Connect to the VPN from home</h1>" in text
    assert "<strong>Connect</strong>" in text
    assert '<time datetime="2027-05-31">31 May 2027</time>' in text
    assert "Network" in text
    assert "<title>Connect to the VPN from home · Acme &amp; &lt;Sons&gt;</title>" in text
    assert '<html lang="en">' in text


async def test_the_translation_is_one_link_away(client: Client) -> None:
    english = await page(client, f"/kb/{PRINTER.slug}?lang=en")
    french = await page(client, f"/kb/{IMPRIMANTE.slug}?lang=fr")

    assert f'href="/kb/{IMPRIMANTE.slug}?lang=fr" lang="fr" hreflang="fr"' in english
    assert f'href="/kb/{PRINTER.slug}?lang=en" lang="en" hreflang="en"' in french
    assert '<time datetime="2027-05-31">31 mai 2027</time>' in french


async def test_a_link_in_one_language_leads_to_the_article_in_another(client: Client) -> None:
    text = await page(client, f"/kb/{PRINTER.slug}?lang=fr")

    assert IMPRIMANTE.title in text
    assert 'class="notice"' not in text


async def test_a_missing_translation_is_said_plainly(client: Client) -> None:
    text = await page(client, f"/kb/{VPN.slug}?lang=fr")

    assert "pas encore en français" in text
    assert '<html lang="fr">' in text
    assert '<article lang="en">' in text


async def test_the_list_shows_the_articles_of_the_language_by_category(client: Client) -> None:
    english, french = await page(client, "/kb/?lang=en"), await page(client, "/kb/?lang=fr")

    assert english.index("Mail and calendar") < english.index("Network") < english.index("Printing")
    assert PRINTER.title in english
    assert IMPRIMANTE.title not in english
    assert IMPRIMANTE.title in french
    assert PRINTER.title not in french


@pytest.mark.parametrize(
    ("path", "accepted", "language"),
    [
        ("/kb/", "fr-CH,fr;q=0.9,en;q=0.8", "fr"),
        ("/kb/", "de-DE,de;q=0.9", "en"),
        ("/kb/?lang=en", "fr", "en"),
        ("/kb/?lang=xx", "fr", "fr"),
        ("/kb/?lang=%22%3E%3Cscript%3E", "", "en"),
    ],
)
async def test_the_language_is_the_one_asked_for_then_the_browsers(
    client: Client, path: str, accepted: str, language: str
) -> None:
    text = await page(client, path, **{"Accept-Language": accepted})

    assert f'<html lang="{language}">' in text


@pytest.mark.parametrize("slug", ["nothing-here", "%3Cscript%3E", "..%2f..%2fetc", "a" * 3_000])
async def test_an_unknown_article_is_a_404_that_repeats_nothing(client: Client, slug: str) -> None:
    async with client.get(f"/kb/{slug}?lang=fr") as response:
        text = await response.text()

    assert response.status == 404
    assert "Page introuvable" in text
    assert "script" not in text
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


async def test_what_is_for_agents_only_is_not_served(client: Client, store: Store) -> None:
    store(an_article(slug="runbook", translation="runbook", audience=Audience.AGENTS, title="Secret runbook"))

    async with client.get("/kb/runbook") as response:
        assert response.status == 404
    assert "Secret runbook" not in await page(client, "/kb/")


@pytest.mark.parametrize("path", ["/kb/", "/kb/connect-to-the-vpn"])
async def test_pages_allow_nothing_but_their_own_style(client: Client, path: str) -> None:
    async with client.get(path) as response:
        headers = response.headers

    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'self'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


async def test_browsers_that_ask_for_an_icon_get_one(client: Client) -> None:
    async with client.get("/favicon.ico") as response:
        assert (response.status, response.content_type) == (200, "image/svg+xml")


async def test_the_style_is_served_and_asks_nobody_else(client: Client) -> None:
    async with client.get("/kb/static/article.css") as response:
        style = await response.text()

    assert response.content_type == "text/css"
    assert "url(" not in style
    assert "@import" not in style
    assert "prefers-color-scheme: dark" in style
    assert "@media print" in style


async def test_hostile_articles_are_shown_as_text(client: Client, store: Store) -> None:
    evil = '<script>alert(1)</script> "><img src=x onerror=alert(1)>'
    store(
        an_article(
            title=evil, questions=(evil, "b", "c"), body=f"{evil}\n\n## {evil}\n\n[x](javascript:alert(1))"
        )
    )

    for path in ("/kb/", f"/kb/{VPN.slug}"):
        assert_harmless(await page(client, path))


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://example.org/a?b=c", True),
        ("mailto:it@example.org", True),
        ("/kb/vpn?lang=en", True),
        ("vpn", True),
        ("#part", True),
        ("http://example.org", False),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        ("java\tscript:alert(1)", False),
        ("data:text/html,x", False),
        ("vbscript:x", False),
        ("file:///etc/passwd", False),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("https://[", False),
        ("ms-msdt:/id", False),
    ],
)
def test_links_lead_to_safe_places_only(address: str, safe: bool) -> None:
    assert is_safe_link(address) is safe


def test_links_do_not_tell_where_the_reader_came_from() -> None:
    assert render("[a](https://example.org)").html == (
        '<p><a href="https://example.org" rel="noopener noreferrer">a</a></p>\n'
    )
    assert "<a" not in render("[a](javascript:x) <javascript:x> <http://example.org>").html


def test_a_picture_is_replaced_by_its_description() -> None:
    assert render("![the **queue** window](https://evil.example/x.png)").html == "<p>the queue window</p>\n"


def test_the_page_has_one_first_level_heading_and_an_address_per_section() -> None:
    rendered = render("# One\n\n## Éteindre l'écran\n\n## One\n\n### Deep")

    assert "<h1" not in rendered.html
    assert [section.anchor for section in rendered.sections] == ["1-one", "2-eteindre-l-ecran", "3-one"]
    assert '<h2 id="2-eteindre-l-ecran">' in rendered.html


@given(st.text(alphabet=st.sampled_from("<>\"'`[]()!#*_\\:/&;ajscript on=\n "), max_size=120))
def test_no_markdown_becomes_anything_but_plain_html(markdown: str) -> None:
    assert_harmless(render(markdown).html)


def test_a_site_fact_is_text_whatever_it_looks_like() -> None:
    html = rendered("# {{ vpn_name }}\n\n**{{ vpn_name }}** and `{{ vpn_name }}`\n\n    {{ vpn_name }}\n")

    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt; [x](javascript:alert(1)) **bold** `code`") == 4
    assert_harmless(html)


def test_a_site_fact_that_is_an_address_is_a_link() -> None:
    page_link = (
        '<a href="https://pass.example.org/a_b_c?x=1&amp;y=2" class="address" rel="noopener noreferrer">'
    )

    assert page_link + "https://pass.example.org/a_b_c?x=1&amp;y=2</a>" in rendered(
        "Open {{ password_page }}."
    )
    assert '<a href="mailto:it_desk@example.org"' in rendered("Write to {{ it_email }}.")
    assert rendered("The drive {{ network_drive }}") == "<p>The drive S:</p>\n"


def test_a_link_to_a_site_fact_leads_there_or_nowhere() -> None:
    assert 'href="https://pass.example.org/a_b_c?x=1&amp;y=2"' in rendered("[page]({{ password_page }})")
    assert rendered("[page]({{ software_catalogue }})") == "<p>page</p>\n"
    assert rendered("[page]({{ nobody }})") == "<p>page</p>\n"
    assert rendered("[{{ password_page }}](https://example.org)").count("<a ") == 1


def test_a_placeholder_nobody_fills_stays_visible() -> None:
    assert rendered("a {{ nobody }} b {{ c") == "<p>a {{ nobody }} b {{ c</p>\n"


async def test_pages_say_the_organisations_own_values(client: Client, store: Store) -> None:
    store(
        an_article(
            slug="drive",
            translation="drive",
            title="The drive {{ network_drive }}",
            body="Open {{ network_drive }}.",
        )
    )

    article, listing = await page(client, "/kb/drive?lang=en"), await page(client, "/kb/?lang=en")

    assert "<h1>The drive S:</h1>" in article
    assert "<p>Open S:.</p>" in article
    assert ">The drive S:</a>" in listing
    assert "{{" not in article + listing


async def test_somebody_looking_for_words_finds_articles_without_a_script(client: Client) -> None:
    text = await page(client, "/kb/?lang=en&q=printer+not+printing")

    results = text.partition('class="results"')[2].partition("</section>")[0]
    assert "Articles about “printer not printing”" in results
    assert results.index(PRINTER.title) < len(results)
    assert "Clear the queue" in results or "printer" in results
    assert '<form class="search" role="search" action="/kb/" method="get">' in text
    assert 'value="printer not printing"' in text
    assert 'href="/kb/?lang=fr&amp;q=printer%20not%20printing"' in text


async def test_a_search_without_result_says_so_and_shows_the_list(client: Client) -> None:
    text = await page(client, "/kb/?lang=fr&q=xyzzyqq")

    assert "Aucun article trouvé pour «\u00a0xyzzyqq\u00a0»" in text
    assert IMPRIMANTE.title in text


@pytest.mark.parametrize(
    "words", ["%3Cscript%3Ealert(1)%3C/script%3E", "%22%20onfocus=alert(1)%20x=%22", "%00", "%20"]
)
async def test_hostile_words_are_only_words(client: Client, words: str) -> None:
    assert_harmless(await page(client, f"/kb/?q={words}"))


async def test_only_the_beginning_of_an_endless_search_counts(client: Client) -> None:
    text = await page(client, "/kb/?lang=en&q=" + "vpn+" * 1_500)

    assert f'value="{("vpn " * 50).strip()}"' in text


async def test_the_introduction_comes_before_the_list_of_sections(client: Client, store: Store) -> None:
    store(an_article(body="First this.\n\n## A\n\na\n\n## B\n\nb\n\n## C\n\nc\n"))

    text = await page(client, f"/kb/{VPN.slug}?lang=en")

    assert text.index("First this.") < text.index('class="sections"') < text.index('<h2 id="1-a">')


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_usual_category_has_a_name_of_its_own(language: str) -> None:
    names = [texts(language).category(each) for each in CATEGORIES]

    assert set(texts(language)._texts["categories"]) == set(CATEGORIES)
    assert len(set(names)) == len(CATEGORIES)


def test_every_text_exists_in_every_language() -> None:
    english, french = texts("en"), texts("fr")

    assert set(english._texts) == set(french._texts)
    assert set(english._texts["categories"]) == set(french._texts["categories"])


def test_every_category_of_the_library_has_a_name() -> None:
    library = read_library(Path(str(resources.files("knowledge").joinpath("library"))))

    assert {draft.category for draft in library.drafts} <= set(texts("en")._texts["categories"])


def test_a_language_without_texts_gets_english_ones() -> None:
    assert texts("de").language == "en"
    assert texts("en").category("data-centre") == "Data centre"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "img", "iframe", "object", "embed", "svg", "style", "base"}:
            self.wrong.append(tag)
        if tag == "form" and dict(attrs).get("action") != "/kb/":
            self.wrong.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.wrong.append(f"{tag} {name}")
            if name in ("href", "src") and not is_safe_link(value or ""):
                self.wrong.append(f"{tag} {name}={value}")


def assert_harmless(html: str) -> None:
    tags = _Tags()
    tags.feed(html)
    assert tags.wrong == []
