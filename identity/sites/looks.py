"""The look and the words of a site: what may be set, and why something may not. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

NAME_CHARACTERS = 80
GREETING_CHARACTERS = 300
REQUEST_CHARACTERS = 60
MOST_REQUESTS = 6

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_KEY_CHARACTERS = 32


@dataclass(frozen=True)
class Look:
    """What the counter looks like on a site and what it says there first.

    `greeting` and `requests` are by language; a language that is missing has the shipped words.
    `logo` says which version there is, the picture itself is read where it is shown.
    """

    color: str | None = None
    logo: str | None = None
    greeting: Mapping[str, str] = field(default_factory=dict)
    requests: Mapping[str, Sequence[str]] = field(default_factory=dict)


def why_not_name(name: str) -> str | None:
    """The reason a site cannot have this name, or None if it can."""
    if not name.strip():
        return "a name is missing"
    if len(name) > NAME_CHARACTERS:
        return f"it is longer than {NAME_CHARACTERS} characters"
    return _why_not_a_line(name)


def why_not_color(color: str) -> str | None:
    """The reason a colour cannot be used, or None if it can."""
    if _COLOR.fullmatch(color):
        return None
    return "a colour is written as # and six hexadecimal digits, such as #0b5fff"


def why_not_greeting(text: str) -> str | None:
    """The reason a greeting cannot be used, or None if it can."""
    if len(text) > GREETING_CHARACTERS:
        return f"it is longer than {GREETING_CHARACTERS} characters"
    return _why_not_a_line(text)


def why_not_requests(texts: Sequence[str]) -> str | None:
    """The reason frequent requests cannot be used, or None if they can."""
    if len(texts) > MOST_REQUESTS:
        return f"there are {len(texts)} of them, and {MOST_REQUESTS} have room"
    if len(set(texts)) < len(texts):
        return "one of them is there twice"
    for text in texts:
        if not text.strip():
            return "one of them is empty"
        if len(text) > REQUEST_CHARACTERS:
            return f"{text!r} is longer than {REQUEST_CHARACTERS} characters"
        if why := _why_not_a_line(text):
            return why
    return None


def key_from(name: str, taken: Collection[str]) -> str:
    """A key that is like the name and that no site has: `Ville d'Albi` becomes `ville-d-albi`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_KEY_CHARACTERS].strip("-") or "site"
    key, number = base, 1
    while key in taken:
        number += 1
        key = f"{base}-{number}"
    return key


def _why_not_a_line(text: str) -> str | None:
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text):
        return "it must be one line of text"
    return None
