"""The HTML of the demo's intranet. Everything that comes from outside passes through `escape`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

import yaml

from desk.demo.letters import letters_shown
from desk.demo.people import PEOPLE, DemoPerson
from desk.demo.site import SITE_KEY
from notices.mail.port import Letter
from notices.texts.dates import in_words

PATHS = {"home": "/", "news": "/news", "canteen": "/canteen", "rooms": "/rooms", "mail": "/demo/mail"}
LANGUAGES = ("en", "fr")
IDENTITY = "/identity"
SIGN_IN = "/sign-in"
STYLE = "/static/demo.css"
ICON = "/static/icon.svg"
NEWS_ON_HOME = 3
DAYS_BETWEEN_NEWS = 3

Texts = Mapping[str, Any]


@dataclass(frozen=True)
class View:
    """Who looks at which page, when; `desk` is the desk's origin, from which the counter comes."""

    page: str
    language: str
    person: DemoPerson | None
    organisation: str
    desk: str
    today: date

    @property
    def texts(self) -> Texts:
        return _texts(self.language)


def snippet(view: View) -> str:
    """What puts the counter on a page, as `docs/embed.md` shows it."""
    return (
        f'<script src="{escape(view.desk)}/widget/v1/loader.js" data-site="{SITE_KEY}" '
        f'data-language="{view.language}" data-identity="{IDENTITY}" async></script>'
    )


def home_page(view: View) -> str:
    """News, today's dishes, and where to get help."""
    said = view.texts["home"]
    title = said["hello"].format(name=view.person.name) if view.person else said["title"]
    main = (
        f'<section class="hero"><h1>{escape(title)}</h1>'
        f"<p>{escape(said['lead'].format(organisation=view.organisation))}</p></section>"
        f'<div class="columns"><section aria-labelledby="news"><h2 id="news">{escape(said["news"])}</h2>'
        f"{_news(view, NEWS_ON_HOME, 'h3')}{_more('news', said['all_news'])}</section>"
        f'<div class="side">{_help(view)}{_lunch(view)}'
        f'<section class="card"><h2>{escape(said["rooms"])}</h2><p>{escape(said["rooms_text"])}</p>'
        f"{_more('rooms', said['all_rooms'])}</section></div></div>"
    )
    return _page(view, title, main)


def news_page(view: View) -> str:
    """All the news."""
    title = view.texts["news"]["title"]
    return _page(view, title, f"<h1>{escape(title)}</h1>{_news(view, None, 'h2')}")


def canteen_page(view: View) -> str:
    """The week's dishes, today's marked."""
    said = view.texts["canteen"]
    rows = "".join(
        f'<tr{" class=today" if number == view.today.weekday() else ""}><th scope="row">{escape(day)}'
        f"{_mark(said['today']) if number == view.today.weekday() else ''}</th>"
        f"<td>{escape(soup)}<br>{escape(dish)}</td><td>{escape(green)}</td></tr>"
        for number, (day, (soup, dish, green)) in enumerate(zip(said["days"], said["dishes"], strict=True))
    )
    table = _table(said["title"], [said["day"], said["dish"], said["green"]], rows)
    return _page(view, said["title"], f"<h1>{escape(said['title'])}</h1><p>{escape(said['lead'])}</p>{table}")


def rooms_page(view: View) -> str:
    """Every room."""
    said = view.texts["rooms"]
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{escape(each)}</td>" for each in rest)}</tr>'
        for name, *rest in said["rows"]
    )
    table = _table(said["title"], [said[key] for key in ("name", "floor", "seats", "has")], rows)
    return _page(view, said["title"], f"<h1>{escape(said['title'])}</h1><p>{escape(said['lead'])}</p>{table}")


def mail_page(view: View, letters: Sequence[Letter], most: int, *, by_server: bool = False) -> str:
    """What the desk has sent; on this page a letter is text, whatever stands in it.

    Args:
        by_server: a mail server takes the letters, so that none of them is here.
    """
    said = view.texts["mail"]
    lead, none = ("lead_by_server", "none_by_server") if by_server else ("lead", "none")
    body = letters_shown(letters, view.language, said)
    if not letters:
        body = f'<p class="empty">{escape(said[none])}</p>'
    elif len(letters) == most:
        body += f"<p>{escape(said['most'].format(number=most))}</p>"
    main = (
        f"<h1>{escape(said['title'])}</h1><p>{escape(said[lead])} "
        f'<a href="{PATHS["mail"]}">{escape(said["refresh"])}</a></p>{body}'
    )
    return _page(view, said["title"], main)


def missing_page(view: View) -> str:
    """No such page."""
    said = view.texts["missing"]
    return _page(view, said["title"], f"<h1>{escape(said['title'])}</h1><p>{escape(said['text'])}</p>")


PAGES: Mapping[str, Callable[[View], str]] = {
    "home": home_page,
    "news": news_page,
    "canteen": canteen_page,
    "rooms": rooms_page,
}


def _page(view: View, title: str, main: str) -> str:
    said = view.texts
    return (
        f'<!doctype html>\n<html lang="{view.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)} · {escape(view.organisation)}</title>\n"
        f'<link rel="icon" href="{ICON}" type="image/svg+xml">\n<link rel="stylesheet" href="{STYLE}">\n'
        f"{snippet(view)}\n</head>\n<body>\n"
        f'<a class="skip" href="#main">{escape(said["skip"])}</a>\n'
        f'<aside class="banner"><p>{escape(said["banner"])}</p></aside>\n'
        f'<header><a class="brand" href="/"><span aria-hidden="true"></span>{escape(view.organisation)} '
        # The counter, when it is open, covers what stands on the right.
        f"<small>{escape(said['brand'])}</small></a>{_who(view)}{_menu(view)}{_languages(view)}</header>\n"
        f'<main id="main">{main}</main>\n<footer><p>{escape(said["footer"])}</p></footer>\n'
        "</body>\n</html>\n"
    )


def _menu(view: View) -> str:
    links = "".join(
        f'<a href="{path}"{_current(name == view.page, "page")}>{escape(view.texts["pages"][name])}</a>'
        for name, path in PATHS.items()
    )
    return f'<nav class="menu" aria-label="{escape(view.texts["menu"])}">{links}</nav>'


def _languages(view: View) -> str:
    path = PATHS.get(view.page, "/")
    links = "".join(
        f'<a href="{path}?lang={each}" lang="{each}" hreflang="{each}" title="{_texts(each)["language"]}"'
        f"{_current(each == view.language, 'true')}>{each.upper()}</a>"
        for each in LANGUAGES
    )
    return f'<nav class="languages" aria-label="{escape(view.texts["languages"])}">{links}</nav>'


def _who(view: View) -> str:
    """Who is signed in, and the way to be somebody else: a form, no script."""
    said, person = view.texts["who"], view.person
    name = escape(said["visitor"])
    if person:
        name = f'<span class="unseen">{escape(said["title"])}</span> {escape(person.name)}'
    choices = "".join(_choice(each.id, each.name, each.language, each == person) for each in PEOPLE)
    choices += _choice("", said["none"], view.language, person is None)
    return (
        f'<details class="who"><summary><span class="face" aria-hidden="true">'
        f"{person.initials if person else '?'}</span>{name}</summary>"
        f'<form method="post" action="{SIGN_IN}"><p>{escape(said["choose"])}</p>'
        f'<input type="hidden" name="back" value="{view.page}">{choices}'
        f"<p><small>{escape(said['note'])}</small></p></form></details>"
    )


def _choice(value: str, name: str, language: str, is_chosen: bool) -> str:
    return (
        f'<button name="person" value="{value}"{_current(is_chosen, "true")}>{escape(name)}'
        f"{f' <small>{language.upper()}</small>' if value else ''}</button>"
    )


def _news(view: View, most: int | None, heading: str) -> str:
    items = "".join(
        f'<article class="card news kind-{number % 4}"><p class="meta">{escape(kind)} · '
        f"{_day(view.today - timedelta(days=1 + DAYS_BETWEEN_NEWS * number), view.language)}</p>"
        f"<{heading}>{escape(title)}</{heading}><p>{escape(text)}</p></article>"
        for number, (kind, title, text) in enumerate(view.texts["news"]["items"][:most])
    )
    return f'<div class="cards">{items}</div>'


def _help(view: View) -> str:
    said = view.texts["home"]
    return (
        f'<section class="card help"><h2>{escape(said["help"])}</h2><p>{escape(said["help_text"])}</p><ul>'
        f'<li><a href="{escape(view.desk)}/kb/?lang={view.language}">{escape(said["articles"])}</a></li>'
        f'<li><a href="{escape(view.desk)}/chat/{SITE_KEY}">{escape(said["window"])}</a></li></ul></section>'
    )


def _lunch(view: View) -> str:
    said, dishes = view.texts["home"], view.texts["canteen"]["dishes"]
    day = view.today.weekday()
    listed = "".join(f"<li>{escape(dish)}</li>" for dish in dishes[day]) if day < len(dishes) else ""
    body = f"<ul>{listed}</ul>" if listed else f"<p>{escape(said['closed'])}</p>"
    title = escape(said["today"])
    return f'<section class="card"><h2>{title}</h2>{body}{_more("canteen", said["week"])}</section>'


def _more(page: str, text: str) -> str:
    return f'<p class="more"><a href="{PATHS[page]}">{escape(text)}</a></p>'


def _table(title: str, heads: Sequence[str], rows: str) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    return (
        f'<div class="scroll" role="region" aria-label="{escape(title)}" tabindex="0"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _mark(text: str) -> str:
    return f' <span class="mark">{escape(text)}</span>'


def _day(day: date, language: str) -> str:
    moment = datetime(day.year, day.month, day.day).astimezone()
    return f'<time datetime="{day.isoformat()}">{_words(moment, language)}</time>'


def _words(moment: datetime, language: str) -> str:
    return escape(in_words(moment, language))


def _current(is_current: bool, value: str) -> str:
    return f' aria-current="{value}"' if is_current else ""


@cache
def _texts(language: str) -> Texts:
    found: dict[str, Texts] = yaml.safe_load(files("desk.demo").joinpath("texts.yml").read_text("utf-8"))
    return found[language]
