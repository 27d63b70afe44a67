"""Routing rules: what each asks of a request, and what it decides. The first that fits decides. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from ticketing.groups.logic import DEFAULT_GROUP
from ticketing.routing.logic import Categories, group_of, hits, lineage, plain_words
from ticketing.tickets.logic import TicketType
from ticketing.tickets.priority import Impact, Urgency

CHANNELS = ("web", "slack", "teams", "phone")


@dataclass(frozen=True)
class Request:
    """What is known of a request when it is decided where it goes."""

    text: str
    category: str
    site: str
    channel: str
    language: str
    type: TicketType
    is_vip: bool = False
    requester_group: str | None = None


@dataclass(frozen=True)
class Conditions:
    """What a rule asks; what is empty (or None) is not asked. Of several values one is enough.

    Args:
        categories: with everything below them.
        words: as those of categories: plural too, phrases, a star for any ending.
    """

    categories: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    requester_groups: tuple[str, ...] = ()
    vip: bool | None = None

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Conditions:
        """From what the table keeps."""
        lists = {name: tuple(value) for name, value in kept.items() if isinstance(value, (list, tuple))}
        return cls(**lists, vip=kept.get("vip"))

    def kept(self) -> dict[str, Any]:
        """What the table keeps: what is asked, and nothing else."""
        return _present(asdict(self))


@dataclass(frozen=True)
class Outcome:
    """What a rule decides; without a group the category's gets it.

    Args:
        skills: what whoever gets it must know.
    """

    group: str | None = None
    skills: tuple[str, ...] = ()
    impact: Impact | None = None
    urgency: Urgency | None = None

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Outcome:
        """From what the table keeps."""
        return cls(
            group=kept.get("group"),
            skills=tuple(kept.get("skills", ())),
            impact=Impact(kept["impact"]) if kept.get("impact") else None,
            urgency=Urgency(kept["urgency"]) if kept.get("urgency") else None,
        )

    def kept(self) -> dict[str, Any]:
        """What the table keeps."""
        return _present(
            {
                "group": self.group,
                "skills": list(self.skills),
                "impact": self.impact and self.impact.value,
                "urgency": self.urgency and self.urgency.value,
            }
        )


@dataclass(frozen=True)
class Rule:
    """One rule, by a key that people give it."""

    key: str
    conditions: Conditions
    outcome: Outcome
    is_active: bool = True


@dataclass(frozen=True)
class Judged:
    """A rule, and the first thing that it asks in vain; None where it fits."""

    rule: Rule
    why_not: str | None


@dataclass(frozen=True)
class Decision:
    """Where a request goes, and which rule says so (None: its category does, or nothing)."""

    group: str
    rule: Rule | None = None
    is_default: bool = False

    @property
    def outcome(self) -> Outcome:
        return self.rule.outcome if self.rule else Outcome()


def decide(rules: Sequence[Rule], request: Request, categories: Categories) -> Decision:
    """The first rule that fits, else the category's group, else the default one."""
    rule = next((rule for rule in rules if why_not(rule, request, categories) is None), None)
    by_category = group_of(request.category, categories)
    wanted = rule.outcome.group if rule else None
    return Decision(
        group=wanted or by_category or DEFAULT_GROUP,
        rule=rule,
        is_default=not wanted and not by_category,
    )


def judge(rules: Sequence[Rule], request: Request, categories: Categories) -> tuple[Judged, ...]:
    """Every rule in order, also those after the one that decides."""
    return tuple(Judged(rule, why_not(rule, request, categories)) for rule in rules)


def why_not(rule: Rule, request: Request, categories: Categories) -> str | None:
    """The first thing a rule asks of a request in vain, or None if it fits."""
    asked = rule.conditions
    if not rule.is_active:
        return "it is switched off"
    if asked.categories and not set(asked.categories) & {*lineage(request.category, categories)}:
        return f"the category is {request.category}, not {_one_of(asked.categories)}"
    if asked.words and not hits(plain_words(request.text), asked.words):
        return f"the text has none of the words {', '.join(asked.words)}"
    for name, value, wanted in (
        ("site", request.site, asked.sites),
        ("channel", request.channel, asked.channels),
        ("language", request.language, asked.languages),
        ("type", request.type.value, asked.types),
        ("requester's group", request.requester_group, asked.requester_groups),
    ):
        if wanted and value not in wanted:
            return f"the {name} is {value or 'not known'}, not {_one_of(wanted)}"
    if asked.vip is not None and asked.vip is not request.is_vip:
        return "the requester is no VIP" if asked.vip else "the requester is a VIP"
    return None


def _one_of(values: Sequence[str]) -> str:
    return f"one of {', '.join(values)}" if len(values) > 1 else values[0]


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    lists = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
    return {name: value for name, value in lists.items() if value is not None and value != []}


CONDITIONS = tuple(field.name for field in fields(Conditions))
