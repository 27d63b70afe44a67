"""How the demo shows a letter: its words, and the HTML in a frame in which nothing runs. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from notices.mail.port import Letter
from notices.texts.dates import in_words

LETTER = "/demo/mail/letter"

LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; sandbox; frame-ancestors 'self'"
)
"""What a letter's own HTML may do: look as it does. The frame is sandboxed by the page as well."""


def letters_shown(letters: Sequence[Letter], language: str, said: Mapping[str, Any]) -> str:
    """The letters, newest first; each says which one of its thread it is."""
    threads: dict[str, list[Letter]] = {}
    for letter in reversed(letters):
        if letter.thread:
            threads.setdefault(letter.thread, []).append(letter)
    return "".join(_letter(letter, threads.get(letter.thread, []), language, said) for letter in letters)


def _letter(letter: Letter, thread: Sequence[Letter], language: str, said: Mapping[str, Any]) -> str:
    at = letter.at.astimezone()
    moment = (
        f'<time datetime="{at.isoformat(timespec="seconds")}">'
        f"{escape(in_words(at, language))} {at:%H:%M}</time>"
    )
    facts = _fact(said["to"], escape(letter.to)) + _fact(said["at"], moment)
    if len(thread) > 1:
        place = said["place"].format(number=thread.index(letter) + 1, all=len(thread))
        facts += _fact(said["thread"], escape(place))
    return (
        f'<article class="card letter"><h2>{escape(letter.subject)}</h2><dl>{facts}</dl>'
        f"<pre>{escape(letter.text)}</pre>{_frame(letter, said)}</article>"
    )


def _frame(letter: Letter, said: Mapping[str, Any]) -> str:
    """Closed at first; a browser fetches the frame when somebody opens it."""
    if not letter.html or not letter.id:
        return ""
    title = said["html"]
    return (
        f"<details><summary>{escape(title)}</summary>"
        f'<iframe sandbox src="{LETTER}?id={escape(letter.id)}" loading="lazy" '
        f'title="{escape(title)}: {escape(letter.subject)}"></iframe></details>'
    )


def _fact(name: str, value: str) -> str:
    return f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>"
