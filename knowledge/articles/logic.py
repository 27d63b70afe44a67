"""What an article is made of, and the rules its front matter obeys. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

FEWEST_QUESTIONS = 3
"""Three sample questions are worth more to the search than any ranking formula."""

LONGEST_TITLE = 200
KEYS = ("title", "questions", "category", "audience", "review", "translation")

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_NAME = 100


class Audience(StrEnum):
    """Who an article is for. Those for agents are neither searched by the assistant nor shown on pages."""

    EVERYONE = "everyone"
    STAFF = "staff"
    AGENTS = "agents"


FOR_REQUESTERS = (Audience.EVERYONE, Audience.STAFF)


class ArticleSource(StrEnum):
    """Where the current text comes from; what was edited in the desk is never overwritten by a file."""

    LIBRARY = "library"
    DESK = "desk"


@dataclass(frozen=True)
class ArticleDraft:
    """An article that obeys the rules, not yet stored."""

    slug: str
    language: str
    title: str
    questions: tuple[str, ...]
    category: str
    audience: Audience
    review_on: date
    translation: str
    body: str

    @property
    def digest(self) -> str:
        """Changes with anything a reader or the search could notice."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True)
class Fault:
    """A broken rule; `key` says which line of the front matter to point at."""

    key: str | None
    reason: str


def is_name(text: object) -> bool:
    """Whether this can be a slug or a translation key: it goes into addresses."""
    return isinstance(text, str) and len(text) <= LONGEST_NAME and _NAME.fullmatch(text) is not None


def faults_of(values: Mapping[str, Any], body: str, slug: str, language: str) -> Iterator[Fault]:
    """Everything wrong with this front matter and body."""
    if not is_name(slug):
        yield Fault(None, f"file name {slug!r} is not lower-case letters, digits and single hyphens")
    if not re.fullmatch(r"[a-z]{2}", language):
        yield Fault(None, f"folder {language!r} is not a two-letter language")
    for key in KEYS:
        if values.get(key) in (None, "", []):
            yield Fault(key if key in values else None, f"{key} is missing")
        elif (reason := _REASONS[key](values[key])) is not None:
            yield Fault(key, f"{key} {reason}")
    for key in values:
        if key not in KEYS:
            yield Fault(key, f"{key} is not a known key (known: {', '.join(KEYS)})")
    if not body.strip():
        yield Fault(None, "the article has no text")


def draft_of(values: Mapping[str, Any], body: str, slug: str, language: str) -> ArticleDraft:
    """The article, once `faults_of` found nothing."""
    return ArticleDraft(
        slug=slug,
        language=language,
        title=str(values["title"]).strip(),
        questions=tuple(question.strip() for question in values["questions"]),
        category=values["category"],
        audience=Audience(values["audience"]),
        review_on=values["review"],
        translation=values["translation"],
        body=body.strip() + "\n",
    )


def _wrong_title(value: object) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return "must be text (put it in quotes)"
    if len(value) > LONGEST_TITLE or "\n" in value.strip():
        return f"must be one line of at most {LONGEST_TITLE} characters"
    return None


def _wrong_questions(value: object) -> str | None:
    if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
        return "must be a list of texts (put each in quotes)"
    distinct = {each.strip().casefold() for each in value}
    if len(distinct) < FEWEST_QUESTIONS:
        return f"has {len(distinct)} different sample questions, at least {FEWEST_QUESTIONS} are needed"
    return None


def _wrong_name(value: object) -> str | None:
    return None if is_name(value) else "must be lower-case letters, digits and single hyphens"


def _wrong_audience(value: object) -> str | None:
    allowed = ", ".join(Audience)
    return None if value in set(Audience) else f"{value!r} is not one of {allowed}"


def _wrong_date(value: object) -> str | None:
    # YAML reads 2027-05-31 as a date, and a time of day as something else.
    return None if type(value) is date else "must be a date like 2027-05-31"


_REASONS = {
    "title": _wrong_title,
    "questions": _wrong_questions,
    "category": _wrong_name,
    "audience": _wrong_audience,
    "review": _wrong_date,
    "translation": _wrong_name,
}
