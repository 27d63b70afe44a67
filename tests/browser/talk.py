"""What is said in the browser tests, in both languages: the scripted assistant, and lines of people."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.desk.desks import Answer, Frame

Replies = Callable[[Frame], Awaitable[Answer]]

TALK: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
LINES: dict[str, dict[str, str]] = {language: words["lines"] for language, words in TALK.items()}
"""What a person writes, by what comes of it."""

SAID: dict[str, dict[str, str]] = {language: words["said"] for language, words in TALK.items()}
"""What people of the team say, and lines that only fill the page."""


@dataclass
class Assistant:
    """The scripted assistant: a known line has its scene, any other is repeated.

    Args:
        open_ticket: opens a ticket for the turn in flight, as the real action does.
        says: replies to any other line, where a test has its own.
    """

    open_ticket: Callable[[str], str] = lambda _: "INC-000000"
    says: list[Frame] | None = None
    held: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, turn: Frame) -> Answer:
        """Rasa's replies to a turn."""
        language, text = turn["language"], turn["text"]
        if self.says is not None:
            return self.says
        if text == "/solved":
            return [{"text": TALK[language]["glad"]}]
        if text in TALK[language]["replies"]:
            return [{"text": TALK[language]["replies"][text]}]
        scene = next((name for name, line in LINES[language].items() if line == text), "echo")
        if scene == "thinking":
            await self.held.wait()
        replies = {"answer": vpn, "long": long, "meant": did_you_mean}.get(scene)
        if replies is not None:
            return [replies(language)]
        if scene in ("ticket", "second", "third"):
            number = await asyncio.to_thread(self.open_ticket, turn["turn_id"])
            return [{"text": TALK[language]["opened"].format(ticket=number), "custom": {"ticket": number}}]
        return [{"text": f"echo: {text}"}]


def vpn(language: str) -> dict[str, Any]:
    """An answer with its source and what it leads to."""
    words = TALK[language]["answer"]
    payloads = ("/solved", "/not_solved", "/ask_human")
    return {
        "text": words["text"],
        "buttons": buttons(dict(zip(words["buttons"], payloads, strict=True))),
        "custom": {"sources": [_the_source(language)]},
    }


def long(language: str) -> dict[str, Any]:
    """An answer with everything that Markdown has here."""
    return {"text": TALK[language]["long"], "custom": {"sources": [_the_source(language)]}}


def did_you_mean(language: str) -> dict[str, Any]:
    """A question back."""
    words = TALK[language]["meant"]
    return {"text": words["text"], "buttons": buttons({title: "/solved" for title in words["buttons"]})}


def buttons(payloads: dict[str, str]) -> list[dict[str, str]]:
    """Buttons as Rasa has them, by title."""
    return [{"title": title, "payload": payload} for title, payload in payloads.items()]


def a_source(title: str, slug: str, language: str) -> dict[str, str]:
    """An article that an answer is from."""
    return {"title": title, "url": f"/kb/{slug}?lang={language}", "slug": slug}


def _the_source(language: str) -> dict[str, str]:
    words = TALK[language]["answer"]
    return a_source(words["title"], words["slug"], language)
