"""From what was found to what is said: an article's own words and source, or an honest "I don't know"."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from knowledge.search.findings import Band, Findings, Hit

Find = Callable[[str, str], Awaitable[Findings]]
"""Searches for a question, in a language."""


@dataclass(frozen=True)
class AnswerSource:
    """Where the words come from."""

    title: str
    url: str
    slug: str


@dataclass(frozen=True)
class Answer:
    """A text of the catalogue with its values, and the sources of what it says."""

    text_key: str
    values: dict[str, str] = field(default_factory=dict)
    sources: tuple[AnswerSource, ...] = ()


def compose_answer(findings: Findings) -> Answer:
    """The best passage when the search is sure of it, else that nothing was found; never an invented word."""
    if findings.band is not Band.ANSWER or not findings.hits:
        return Answer("utter_no_answer")
    best = findings.hits[0]
    return Answer("utter_answer", {"passage": best.passage}, (source_of(best),))


def source_of(hit: Hit) -> AnswerSource:
    """The article page that a hit comes from, as a path of the desk."""
    return AnswerSource(hit.title, f"/kb/{hit.slug}?lang={hit.language}", hit.slug)
