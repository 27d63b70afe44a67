"""Turns the catalogue into Rasa's responses, so that nothing is said in two places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from notices.texts.catalogue import DEFAULT_LANGUAGE, LANGUAGES, Text, entries

_PREFIX = "utter_"


def responses() -> dict[str, Any]:
    """A Rasa domain fragment: a variant per language, chosen by the slot `language`, and a default one."""
    keys = [key for key in entries(DEFAULT_LANGUAGE) if key.startswith(_PREFIX)]
    return {"version": "3.1", "responses": {key: _variants(key) for key in keys}}


def write_responses(path: Path) -> None:
    """Write the fragment for training; the file is made, never edited."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(responses(), allow_unicode=True, sort_keys=False), encoding="utf-8")


def _variants(key: str) -> list[dict[str, Any]]:
    chosen = [
        {
            "condition": [{"type": "slot", "name": "language", "value": language}],
            **_variant(entries(language)[key]),
        }
        for language in LANGUAGES
    ]
    return [*chosen, _variant(entries(DEFAULT_LANGUAGE)[key])]


def _variant(text: Text) -> dict[str, Any]:
    variant: dict[str, Any] = {"text": text.text}
    if text.buttons:
        variant["buttons"] = [{"title": title, "payload": payload} for title, payload in text.buttons]
    return variant
