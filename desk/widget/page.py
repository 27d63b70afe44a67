"""The page of the counter: almost empty, with what its script must know of the site. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

import yaml

from identity.sites.queries import ShownSite
from notices.texts.catalogue import say

ASSETS = "/widget/v1/assets"
LOGOS = "/widget/v1/logo"
ICON = "/widget/v1/icon.svg"


@dataclass(frozen=True)
class DeskFacts:
    """What the page says that is the same for every site.

    `picture_bytes`: how big a picture somebody may send; None where pictures are not taken.
    `privacy`: where the installation's privacy notice stands.
    """

    languages: Sequence[str]
    default_language: str
    characters: int
    picture_bytes: int | None
    privacy: str


def counter_page(site: ShownSite, facts: DeskFacts, *, host: str | None, script: str, style: str) -> str:
    """The page, in a frame of `host` or in a window of its own."""
    config = json.dumps(config_of(site, facts, host), ensure_ascii=False, separators=(",", ":"))
    # No text can end the element it stands in, or begin a comment there.
    config = config.replace("<", "\\u003c")
    return (
        f'<!doctype html>\n<html lang="{escape(facts.default_language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1, '
        'interactive-widget=resizes-content">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(site.name)}</title>\n{_icon(site) if host is None else ''}"
        f'<link rel="stylesheet" href="{ASSETS}/{escape(style)}">\n'
        f'<script type="application/json" id="guichet-config">{config}</script>\n'
        f'<script type="module" src="{ASSETS}/{escape(script)}"></script>\n'
        "</head>\n<body></body>\n</html>\n"
    )


def config_of(site: ShownSite, facts: DeskFacts, host: str | None) -> dict[str, Any]:
    """What the script is told; nothing in it is secret."""
    look = site.look
    return {
        "site": site.key,
        "name": site.name,
        "host": host,
        "languages": list(facts.languages),
        "default_language": facts.default_language,
        "color": look.color,
        "logo": _logo(site),
        "greeting": {name: text for name, text in look.greeting.items() if name in facts.languages},
        "requests": {name: _requests(look.requests, name) for name in facts.languages},
        "privacy": site.privacy["link"] if site.privacy else facts.privacy,
        "identity": _identity(site),
        "files": {"max_bytes": facts.picture_bytes} if facts.picture_bytes else None,
        "characters": facts.characters,
    }


def plain_page(key: str) -> str:
    """A page that says in both languages why there is nothing to see."""
    said = _texts()[key]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(said['title'])}</title>\n</head>\n<body>\n"
        f'<p>{escape(said["en"])}</p>\n<p lang="fr">{escape(said["fr"])}</p>\n</body>\n</html>\n'
    )


def _logo(site: ShownSite) -> str | None:
    return f"{LOGOS}/{site.key}?v={site.look.logo}" if site.look.logo else None


def _icon(site: ShownSite) -> str:
    """What a browser shows beside the title of a window; a frame has none."""
    return f'<link rel="icon" href="{escape(_logo(site) or ICON)}">\n'


def _requests(own: Mapping[str, Sequence[str]], language: str) -> list[str]:
    return list(own.get(language) or say("widget_requests", language).text.splitlines())


def _identity(site: ShownSite) -> str:
    if site.is_identity_required:
        return "required"
    return "offered" if site.host_keys else "none"


@cache
def _texts() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = yaml.safe_load(
        files("desk.widget").joinpath("texts.yml").read_text("utf-8")
    )
    return found
