"""Site facts: what differs from one organisation to the next, such as the name of its VPN. Pure.

Articles hold `{{ key }}`; the value is filled in when an article is indexed or shown, so that a fact can be
changed without touching any article. Values are text: wherever they are filled in, they are not Markdown.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from knowledge.articles.errors import KnowledgeError

KEYS = (
    "organisation",
    "it_desk",
    "it_phone",
    "it_email",
    "it_hours",
    "vpn_name",
    "wifi_name",
    "guest_wifi_name",
    "password_page",
    "mfa_app",
    "mail_quota",
    "software_catalogue",
    "network_drive",
    "meeting_app",
    "cloud_storage",
)
LONGEST_FACT = 200

PLACEHOLDER = re.compile(r"\{\{[ \t]*([a-z_]+)[ \t]*\}\}")
_BRACES = re.compile(r"\{\{.*?(?:\}\}|$)|\}\}")
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]|\{\{|\}\}")
_ALLOWED = f"text on one line, at most {LONGEST_FACT} characters"


class FactsBroken(KnowledgeError):
    """A file of facts that cannot be used; every flaw of it is listed at once."""

    code = "facts_broken"

    def __init__(self, flaws: Collection[str]) -> None:
        super().__init__("\n".join(flaws))


@dataclass(frozen=True)
class Fact:
    """A value, and where it was written: for people who wonder why an article says so."""

    text: str
    origin: str


@dataclass(frozen=True)
class Facts:
    """Facts for all languages, and those that are worded differently in one language."""

    common: Mapping[str, Fact] = field(default_factory=dict)
    by_language: Mapping[str, Mapping[str, Fact]] = field(default_factory=dict)

    def of(self, language: str) -> dict[str, Fact]:
        """Every fact as readers of a language see it."""
        return {**self.common, **self.by_language.get(language, {})}

    def overridden_by(self, other: Facts) -> Facts:
        """These facts, with the other's in their place: its common values win over our languages' own."""
        languages = {*self.by_language, *other.by_language}
        return Facts(
            {**self.common, **other.common},
            {
                each: {
                    **{k: v for k, v in self.by_language.get(each, {}).items() if k not in other.common},
                    **other.by_language.get(each, {}),
                }
                for each in sorted(languages)
            },
        )

    def fill(self, text: str, language: str) -> str:
        """A plain text with its placeholders filled in; one that nobody knows stays visible."""
        known = self.of(language)
        return fill(text, lambda key: known[key].text if key in known else None)


NO_FACTS = Facts()


def fill(text: str, value: Callable[[str], str | None]) -> str:
    """Replace the placeholders that have a value."""
    return PLACEHOLDER.sub(lambda found: _or_itself(value(found[1]), found[0]), text)


def placeholder_faults(text: str) -> Iterator[tuple[int, str]]:
    """The line (from 1) and the reason of every placeholder that cannot be filled in."""
    for number, line in enumerate(text.splitlines(), start=1):
        for braces in _BRACES.findall(line):
            placeholder = PLACEHOLDER.fullmatch(braces)
            if placeholder is None:
                yield number, f"{braces.strip()[:60]} is not a placeholder: write {{{{ key }}}} on one line"
            elif placeholder[1] not in KEYS:
                yield number, f"{placeholder[1]} is not a site fact{_meant(placeholder[1])}"


def facts_of(text: str, *, file: str, origin: str | None = None) -> Facts:
    """The facts in a TOML file; raises FactsBroken with file, key and what is allowed.

    Args:
        origin: where people are told that a value comes from; the file when not given.
    """
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FactsBroken([f"{file}: not valid TOML: {error}"]) from error
    tables = {key: value for key, value in read.items() if isinstance(value, dict) and key not in KEYS}
    common = {key: value for key, value in read.items() if key not in tables}
    flaws = [*_flaws(common, file, "")]
    for language, table in tables.items():
        if re.fullmatch(r"[a-z]{2}", language):
            flaws += _flaws(table, file, f"{language}.")
        else:
            flaws.append(f"{file}: [{language}] is not a two-letter language such as [en]")
    if flaws:
        raise FactsBroken(flaws)
    return Facts(
        _values(common, origin or file),
        {language: _values(table, origin or file) for language, table in tables.items()},
    )


def _flaws(table: Mapping[str, object], file: str, prefix: str) -> Iterator[str]:
    for key, value in table.items():
        if key not in KEYS:
            yield f"{file}: {prefix}{key} is not a site fact{_meant(key)}"
        elif not _is_fact(value):
            yield f"{file}: {prefix}{key} is {value!r:.60}; allowed: {_ALLOWED}"


def _is_fact(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= LONGEST_FACT and _UNFIT.search(value) is None


def _values(table: Mapping[str, str], origin: str) -> dict[str, Fact]:
    return {key: Fact(value.strip(), origin) for key, value in table.items()}


def _meant(key: str) -> str:
    near = difflib.get_close_matches(key, KEYS, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else f" (known: {', '.join(KEYS)})"


def _or_itself(value: str | None, placeholder: str) -> str:
    return placeholder if value is None else value
