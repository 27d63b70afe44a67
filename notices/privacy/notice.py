"""The privacy notice: the shipped one, or the organisation's own file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from notices.texts.catalogue import DEFAULT_LANGUAGE, LANGUAGES, placeholders

KEYS = ("version", "link", *LANGUAGES)
PLACEHOLDERS = frozenset({"organisation", "contact", "link"})
VERSION_CHARACTERS = 64
TEXT_CHARACTERS = 1_500


class PrivacyNoticeError(Exception):
    """A notice that cannot be used; the text names the file and what is wrong with it."""


@dataclass(frozen=True)
class PrivacyNotice:
    """A version of the notice: a short text in each language, and where the whole of it stands.

    `link` is empty for the shipped one: the desk itself has its page.
    """

    version: str
    link: str
    texts: Mapping[str, str]

    def text(self, language: str, values: Mapping[str, str]) -> str:
        """A text as people read it; `values` has a value for each placeholder."""
        return _filled(self.texts[language], values)


def read_notice(path: Path | None) -> PrivacyNotice:
    """The notice in a file (YAML or TOML: version, link, en, fr), or the shipped one.

    Raises:
        PrivacyNoticeError: it cannot be read, or something in it is missing, unknown or too long.
    """
    if path is None:
        shipped = yaml.safe_load(files("notices.privacy").joinpath("default.yml").read_text(encoding="utf-8"))
        return _notice(shipped | {"link": ""})
    try:
        values = _read(path)
        if not _is_address(values.get("link")):
            raise PrivacyNoticeError("link: the http(s) address of your whole notice is expected")
        return _notice(values)
    except PrivacyNoticeError as error:
        raise PrivacyNoticeError(f"{path}: {error}") from None


def kept(notice: PrivacyNotice) -> dict[str, str]:
    """A notice as it is kept with a site; `from_kept` reads it."""
    return {"version": notice.version, "link": notice.link, **notice.texts}


def from_kept(values: Mapping[str, Any]) -> PrivacyNotice:
    """A notice that `kept` wrote: it was checked then."""
    return PrivacyNotice(values["version"], values["link"], {name: values[name] for name in LANGUAGES})


def whole_notice(language: str, values: Mapping[str, str]) -> str:
    """The page of the shipped notice, in Markdown."""
    chosen = language if language in LANGUAGES else DEFAULT_LANGUAGE
    text = files("notices.privacy").joinpath(f"page_{chosen}.md").read_text(encoding="utf-8")
    return _filled(text, values)


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name in placeholders(text):
        text = text.replace(f"{{{name}}}", values[name])
    return text


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text) if path.suffix == ".toml" else yaml.safe_load(text)
    except OSError as error:
        raise PrivacyNoticeError(error.strerror or "cannot be read") from None
    except tomllib.TOMLDecodeError as error:
        raise PrivacyNoticeError(f"not TOML: {error}") from None
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise PrivacyNoticeError(f"not YAML: {error.problem}{line}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise PrivacyNoticeError("not YAML in UTF-8") from None
    if not isinstance(values, dict):
        raise PrivacyNoticeError(f"expected: {', '.join(KEYS)}")
    return values


def _notice(values: Mapping[str, Any]) -> PrivacyNotice:
    if unknown := [str(key) for key in values if key not in KEYS]:
        raise PrivacyNoticeError(f"{unknown[0]}: unknown; expected: {', '.join(KEYS)}")
    version = values.get("version")
    if isinstance(version, bool) or not str(version or "").strip():
        raise PrivacyNoticeError("version: missing")
    if len(str(version)) > VERSION_CHARACTERS:
        raise PrivacyNoticeError(f"version: longer than {VERSION_CHARACTERS} characters")
    texts = {language: _text(language, values.get(language)) for language in LANGUAGES}
    return PrivacyNotice(str(version).strip(), str(values["link"]), texts)


def _text(language: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise PrivacyNoticeError(f"{language}: the text is missing")
    if len(value) > TEXT_CHARACTERS:
        raise PrivacyNoticeError(
            f"{language}: longer than {TEXT_CHARACTERS} characters; details belong on the linked page"
        )
    if unknown := sorted(placeholders(value) - PLACEHOLDERS):
        raise PrivacyNoticeError(
            f"{language}: {{{unknown[0]}}} is none of {{organisation}}, {{contact}}, {{link}}"
        )
    if "{link}" not in value:
        raise PrivacyNoticeError(f"{language}: {{link}} is missing")
    return value.strip()


def _is_address(value: object) -> bool:
    if not isinstance(value, str):
        return False
    parts = urlsplit(value)
    return parts.scheme in ("http", "https") and bool(parts.hostname)
