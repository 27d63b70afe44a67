"""From what was found to what is said: an article's own words and source, a few articles to choose from, or
an honest "I don't know". Never an invented word.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from knowledge.search.findings import Band, Findings, Hit

Find = Callable[[str, str], Awaitable[Findings]]
"""Searches for a question, in a language."""

MOST_CHOICES = 3

PLAUSIBLE = 0.65
"""An article this much worse than the best one is no help: neither as a choice nor as the next best."""


class AnswerKind(StrEnum):
    """What an answer is, for those who show it."""

    ANSWER = "answer"
    DID_YOU_MEAN = "did_you_mean"
    NOTHING = "nothing_found"


@dataclass(frozen=True)
class AnswerSource:
    """Where the words come from."""

    title: str
    url: str
    slug: str


class Choice(NamedTuple):
    """An article that may be meant."""

    title: str
    slug: str
    language: str


@dataclass(frozen=True)
class Answer:
    """A text of the catalogue with its values, the sources of what it says, and what there is to choose."""

    kind: AnswerKind
    text_key: str
    values: dict[str, str] = field(default_factory=dict)
    sources: tuple[AnswerSource, ...] = ()
    choices: tuple[Choice, ...] = ()


def compose_answer(findings: Findings) -> Answer:
    """What a search's outcome makes the assistant say."""
    if findings.band is Band.ANSWER and findings.hits:
        return answer_of(findings.hits[0])
    if findings.band is Band.DID_YOU_MEAN and findings.hits:
        hits = _plausible(findings)[:MOST_CHOICES]
        choices = tuple(Choice(hit.title, hit.slug, hit.language) for hit in hits)
        return Answer(AnswerKind.DID_YOU_MEAN, "utter_did_you_mean", choices=choices)
    return Answer(AnswerKind.NOTHING, "utter_no_answer")


def answer_from(findings: Findings, slug: str) -> Answer | None:
    """The article that somebody chose, whatever the search thought of it; None when it is no hit."""
    return next((answer_of(hit) for hit in findings.hits if hit.slug == slug), None)


def next_best(findings: Findings, tried: Collection[str]) -> Answer | None:
    """The best article whose slug was not tried yet; None when no other one is likely to help."""
    return next((answer_of(hit) for hit in _plausible(findings) if hit.slug not in tried), None)


def answer_of(hit: Hit) -> Answer:
    """An article's own words."""
    return Answer(AnswerKind.ANSWER, "utter_answer", {"passage": hit.passage}, (source_of(hit),))


def source_of(hit: Hit) -> AnswerSource:
    """The article page that a hit comes from, as a path of the desk."""
    return AnswerSource(hit.title, f"/kb/{hit.slug}?lang={hit.language}", hit.slug)


def _plausible(findings: Findings) -> list[Hit]:
    """The hits that may be meant, best first."""
    if findings.band is Band.NOTHING:
        return []
    least = PLAUSIBLE * findings.hits[0].score if findings.hits else 0.0
    return [hit for hit in findings.hits if hit.score >= least]
