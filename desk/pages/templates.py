"""The HTML of the article pages. Everything that comes from outside passes through `escape`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from urllib.parse import quote

from desk.pages.markdown import Rendered, render
from desk.pages.texts import Texts, texts
from knowledge.articles.facts import Facts
from knowledge.articles.queries import Reading, StoredArticle
from knowledge.search.findings import Band, Findings, Hit
from knowledge.search.words import fold

STYLE = "/kb/static/article.css"

FEWEST_SECTIONS = 3
"""Below this a list of sections is longer than scrolling."""

LONGEST_SEARCH = 200
LONGEST_SNIPPET = 220
WORTH_LISTING = 0.5
"""A found article this much worse than the best one only makes the list longer."""


@dataclass(frozen=True)
class Look:
    """What every page is made with."""

    organisation: str
    languages: Sequence[str]
    facts: Facts
    may_search: bool = True


@dataclass(frozen=True)
class Search:
    """What somebody looked for, and what there was."""

    words: str
    findings: Findings


def article_page(reading: Reading, look: Look) -> str:
    """One article, and where else it can be read."""
    said, article = texts(reading.asked_language), reading.article
    known = look.facts.of(article.language)
    rendered = render(article.body, lambda key: known[key].text if key in known else None)
    title = look.facts.fill(article.title, article.language)
    other = "" if article.language == said.language else f' lang="{escape(article.language)}"'
    main = (
        f'<p class="back"><a href="{_listing(said)}">{escape(said["back"])}</a></p>'
        f"{_fallback(reading, said)}"
        f"<article{other}><h1>{escape(title)}</h1>{_facts(article, said)}"
        f"{_with_sections(rendered, said)}</article>"
    )
    links = "".join(_translation(each) for each in reading.translations if each.language in look.languages)
    return page(title, main, look, said, links)


def listing_page(
    articles: Sequence[StoredArticle], look: Look, language: str, search: Search | None = None
) -> str:
    """Every article by category, below what was found when somebody searches."""
    said = texts(language)
    titled = sorted(
        (
            (said.category(each.category), look.facts.fill(each.title, each.language), each)
            for each in articles
        ),
        key=lambda row: (fold(row[0]), fold(row[1])),
    )
    groups = groupby(titled, key=lambda row: row[0])
    body = "".join(_group(name, [(title, each) for _, title, each in rows]) for name, rows in groups)
    main = (
        f"<h1>{escape(said['title'])}</h1>"
        f"{_search_box(said, search.words if search else '') if look.may_search else ''}"
        f"{_found(search, said) if search else ''}"
        f"{body or '<p>' + escape(said['none']) + '</p>'}"
    )
    links = "".join(
        f'<a href="{_listing(other, search.words if search else "")}" lang="{other.language}" '
        f'hreflang="{other.language}">{escape(other["name"])}</a>'
        for other in (texts(each) for each in look.languages if each != language)
    )
    return page(said["title"], main, look, said, links)


def missing_page(look: Look, language: str) -> str:
    """No article at this address."""
    said = texts(language)
    main = (
        f"<h1>{escape(said['missing'])}</h1><p>{escape(said['missing_text'])}</p>"
        f"{_search_box(said, '') if look.may_search else ''}"
        f'<p><a href="{_listing(said)}">{escape(said["all"])}</a></p>'
    )
    return page(said["missing"], main, look, said, "")


def text_page(title: str, markdown: str, look: Look, language: str, address: str) -> str:
    """A text of the desk's own that stands at one address in every language."""
    said = texts(language)
    links = "".join(
        f'<a href="{escape(address)}?lang={other.language}" lang="{other.language}" '
        f'hreflang="{other.language}">{escape(other["name"])}</a>'
        for other in (texts(each) for each in look.languages if each != language)
    )
    main = f"<article><h1>{escape(title)}</h1>{render(markdown).html}</article>"
    return page(title, main, look, said, links)


def article_path(slug: str, language: str) -> str:
    """The address of an article on this site."""
    return f"/kb/{quote(slug, safe='')}?lang={quote(language, safe='')}"


def page(title: str, main: str, look: Look, said: Texts, links: str) -> str:
    organisation = escape(look.organisation)
    return (
        f'<!doctype html>\n<html lang="{said.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)} · {organisation}</title>\n"
        f'<link rel="stylesheet" href="{STYLE}">\n</head>\n<body>\n'
        f'<header><a class="home" href="{_listing(said)}">{organisation}</a>'
        f'<nav aria-label="{escape(said["translations"])}">{links}</nav></header>\n'
        f"<main>{main}</main>\n</body>\n</html>\n"
    )


def _listing(said: Texts, words: str = "") -> str:
    asked = f"&amp;q={quote(words, safe='')}" if words else ""
    return f"/kb/?lang={said.language}{asked}"


def _search_box(said: Texts, words: str) -> str:
    return (
        f'<form class="search" role="search" action="/kb/" method="get">'
        f'<label for="q">{escape(said["search_label"])}</label>'
        f'<input type="hidden" name="lang" value="{said.language}">'
        f'<input type="search" id="q" name="q" value="{escape(words)}" maxlength="{LONGEST_SEARCH}" '
        f'autocomplete="off" required><button type="submit">{escape(said["search"])}</button></form>'
    )


def _found(search: Search, said: Texts) -> str:
    hits = _worth_listing(search.findings.hits)
    key = "nothing" if not hits else "perhaps" if search.findings.band is Band.NOTHING else "results"
    text = escape(said[key].format(words=search.words))
    if key == "nothing":
        return f'<p class="notice" role="status">{text}</p>'
    items = "".join(_result(hit, said) for hit in hits)
    return f'<section class="results"><h2>{text}</h2><ol>{items}</ol></section>'


def _worth_listing(hits: Sequence[Hit]) -> list[Hit]:
    return [hit for hit in hits if hit.score >= WORTH_LISTING * hits[0].score]


def _result(hit: Hit, said: Texts) -> str:
    other = "" if hit.language == said.language else f' lang="{escape(hit.language)}"'
    return (
        f'<li{other}><a href="{escape(article_path(hit.slug, hit.language))}">{escape(hit.title)}</a>'
        f'<span class="category" lang="{said.language}">{escape(said.category(hit.category))}</span>'
        f"<p>{escape(_snippet(hit.passage))}</p></li>"
    )


def _snippet(passage: str) -> str:
    """The beginning, cut between words."""
    text = " ".join(passage.split())
    if len(text) <= LONGEST_SNIPPET:
        return text
    return text[:LONGEST_SNIPPET].rpartition(" ")[0].rstrip(" ,;:.") + " …"


def _fallback(reading: Reading, said: Texts) -> str:
    if not reading.is_fallback:
        return ""
    text = said["only_in_other"].format(language=texts(reading.article.language)["name"])
    return f'<p class="notice" role="note">{escape(text)}</p>'


def _facts(article: StoredArticle, said: Texts) -> str:
    facts = (
        (said["category"], escape(said.category(article.category))),
        (said["updated"], _time(article.updated_at.date().isoformat(), said.date(article.updated_at.date()))),
        (said["review"], _time(article.review_on.isoformat(), said.date(article.review_on))),
    )
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>" for name, value in facts)
    return f'<dl class="facts" lang="{said.language}">{rows}</dl>'


def _time(machine: str, people: str) -> str:
    return f'<time datetime="{machine}">{escape(people)}</time>'


def _with_sections(rendered: Rendered, said: Texts) -> str:
    """The text, the list of its sections after the introduction: that answers most people by itself."""
    introduction, heading, rest = rendered.html.partition("<h2 id=")
    return f"{introduction}{_sections(rendered, said)}{heading}{rest}"


def _sections(rendered: Rendered, said: Texts) -> str:
    if len(rendered.sections) < FEWEST_SECTIONS:
        return ""
    items = "".join(
        f'<li><a href="#{escape(section.anchor)}">{escape(section.title)}</a></li>'
        for section in rendered.sections
    )
    name = escape(said["sections"])
    return f'<nav class="sections" aria-label="{name}"><h2>{name}</h2><ol>{items}</ol></nav>'


def _translation(article: StoredArticle) -> str:
    said = texts(article.language)
    return (
        f'<a href="{escape(article_path(article.slug, article.language))}" lang="{said.language}" '
        f'hreflang="{said.language}" title="{escape(said["read_in"])}">{escape(said["name"])}</a>'
    )


def _group(name: str, rows: Sequence[tuple[str, StoredArticle]]) -> str:
    items = "".join(
        f'<li><a href="{escape(article_path(each.slug, each.language))}">{escape(title)}</a></li>'
        for title, each in rows
    )
    return f'<section class="group"><h2>{escape(name)}</h2><ul>{items}</ul></section>'
