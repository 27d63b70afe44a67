"""One catalogue of everything the desk and the assistant say, in each language.

One file a topic. Plain mode, desk notices, what actions say and Rasa's responses (the keys that start
with `utter_`) all come from here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from notices.texts.typography import typeset

LANGUAGES = ("en", "fr")
DEFAULT_LANGUAGE = "en"
REQUESTS = "widget_requests"

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Text:
    """A text ready to show, and the buttons under it as (title, payload)."""

    text: str
    buttons: tuple[tuple[str, str], ...] = ()


def say(key: str, language: str, **values: str) -> Text:
    """The text of a key in a language (in the default language when that one is not known).

    Raises:
        KeyError: no such key, or a placeholder without a value.
    """
    entry = entries(language if language in LANGUAGES else DEFAULT_LANGUAGE)[key]
    return Text(_PLACEHOLDER.sub(lambda found: values[found[1]], entry.text), entry.buttons)


def is_typeset(key: str) -> bool:
    """Whether a text is set as print is; not what is sent as if somebody had typed it."""
    return key != REQUESTS


def placeholders(text: str) -> frozenset[str]:
    """The names of the values a text needs."""
    return frozenset(_PLACEHOLDER.findall(text))


@cache
def entries(language: str) -> dict[str, Text]:
    """The whole catalogue of a language, topic by topic.

    Raises:
        ValueError: two topics have the same key.
    """
    topics = sorted(files("notices.texts").joinpath(language).iterdir(), key=lambda topic: topic.name)
    catalogue: dict[str, Text] = {}
    for topic in topics:
        for key, value in yaml.safe_load(topic.read_text(encoding="utf-8")).items():
            if key in catalogue:
                raise ValueError(f"{language}/{topic.name}: {key} is in another topic too")
            catalogue[key] = _text(value, language if is_typeset(key) else DEFAULT_LANGUAGE)
    return catalogue


def _text(value: str | dict[str, Any], language: str) -> Text:
    if isinstance(value, str):
        return Text(typeset(value.strip(), language))
    buttons = tuple((button["title"], button["payload"]) for button in value.get("buttons", ()))
    return Text(typeset(str(value["text"]).strip(), language), buttons)
