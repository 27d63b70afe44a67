"""The HTML of the article pages. Everything that comes from outside passes through `escape`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby
from urllib.parse import quote

from desk.pages.markdown import Rendered, render
from desk.pages.texts import Texts, texts
from knowledge.articles.queries import Reading, StoredArticle

STYLE = "/kb/static/article.css"

FEWEST_SECTIONS = 3
"""Below this a list of sections is longer than scrolling."""


def article_page(reading: Reading, organisation: str, languages: Sequence[str]) -> str:
    """One article, and where else it can be read."""
    said, article = texts(reading.asked_language), reading.article
    rendered = render(article.body)
    other = "" if article.language == said.language else f' lang="{escape(article.language)}"'
    main = (
        f'<p class="back"><a href="{_listing(said)}">{escape(said["back"])}</a></p>'
        f"{_fallback(reading, said)}"
        f"<article{other}><h1>{escape(article.title)}</h1>{_facts(article, said)}"
        f"{_sections(rendered, said)}{rendered.html}</article>"
    )
    links = "".join(_translation(each) for each in reading.translations if each.language in languages)
    return _page(article.title, main, organisation, said, links)


def listing_page(
    articles: Sequence[StoredArticle], organisation: str, language: str, languages: Sequence[str]
) -> str:
    """Every article by category."""
    said = texts(language)
    groups = groupby(articles, key=lambda article: article.category)
    written = sorted((said.category(name), _group(said.category(name), list(each))) for name, each in groups)
    body = "".join(section for _, section in written) or f"<p>{escape(said['none'])}</p>"
    links = "".join(
        f'<a href="{_listing(other)}" lang="{other.language}" hreflang="{other.language}">'
        f"{escape(other['name'])}</a>"
        for other in (texts(each) for each in languages if each != language)
    )
    return _page(said["title"], f"<h1>{escape(said['title'])}</h1>{body}", organisation, said, links)


def missing_page(organisation: str, language: str) -> str:
    """No article at this address."""
    said = texts(language)
    main = (
        f"<h1>{escape(said['missing'])}</h1><p>{escape(said['missing_text'])}</p>"
        f'<p><a href="{_listing(said)}">{escape(said["all"])}</a></p>'
    )
    return _page(said["missing"], main, organisation, said, "")


def article_path(slug: str, language: str) -> str:
    """The address of an article on this site."""
    return f"/kb/{quote(slug, safe='')}?lang={quote(language, safe='')}"


def _page(title: str, main: str, organisation: str, said: Texts, links: str) -> str:
    return (
        f'<!doctype html>\n<html lang="{said.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)} · {escape(organisation)}</title>\n"
        f'<link rel="stylesheet" href="{STYLE}">\n</head>\n<body>\n'
        f'<header><a class="home" href="{_listing(said)}">{escape(organisation)}</a>'
        f'<nav aria-label="{escape(said["title"])}">{links}</nav></header>\n'
        f"<main>{main}</main>\n</body>\n</html>\n"
    )


def _listing(said: Texts) -> str:
    return f"/kb/?lang={said.language}"


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


def _group(name: str, articles: Sequence[StoredArticle]) -> str:
    items = "".join(
        f'<li><a href="{escape(article_path(each.slug, each.language))}">{escape(each.title)}</a></li>'
        for each in articles
    )
    return f'<section class="group"><h2>{escape(name)}</h2><ul>{items}</ul></section>'
