"""The groups that the desk comes with, their tiers, and who of one gets a ticket. No I/O."""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from notices.texts.catalogue import LANGUAGES
from ticketing.tickets.logic import SupportTier


class AssignmentMethod(enum.Enum):
    """Who of a group gets a new ticket."""

    MANUAL = "manual"
    ROUND_ROBIN = "round_robin"
    LEAST_WORK = "least_work"


DEFAULT_GROUP = "service-desk"

SHIPPED: Mapping[str, Mapping[str, str]] = {
    DEFAULT_GROUP: {"en": "Service desk", "fr": "Centre de services"},
    "network": {"en": "Network and telephony", "fr": "Réseau et téléphonie"},
    "workplace": {"en": "Workplace and printing", "fr": "Postes de travail et impression"},
    "security": {"en": "IT security", "fr": "Sécurité informatique"},
    "applications": {"en": "Mail and applications", "fr": "Messagerie et applications"},
}
"""Name of each group by language. The migration that makes the table holds a copy of its own."""

HANDFUL = 3
"""Whoever has so many tickets that they have not begun is given none that waited. What gathered over night is
not all given to the first who comes; the others have their share, and whoever is fast is given more."""

NAME_CHARACTERS = 80
MOST_SKILLS = 20

_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
_SKILL = re.compile(r"[a-z0-9](?:[a-z0-9._+-]{0,38}[a-z0-9+])?")


@dataclass(frozen=True)
class Candidate:
    """A member of a group, as far as it matters for who gets a ticket.

    Args:
        last_turn: the number of the turn it had last; 0 if it never had one.
        open_work: how many open tickets are with it, in every group.
    """

    agent_id: int
    tier: SupportTier
    skills: frozenset[str] = frozenset()
    is_active: bool = True
    is_present: bool = True
    last_turn: int = 0
    open_work: int = 0


@dataclass(frozen=True)
class Ladder:
    """A group and its tiers, from the first to the last."""

    group: str
    tiers: tuple[SupportTier, ...]


@dataclass(frozen=True)
class Place:
    """Where a ticket lies: a group, and a tier of it."""

    group: str
    tier: SupportTier


def name_in(names: Mapping[str, str], language: str, key: str) -> str:
    """What a group is called in a language; in another one, or by its key, if it has no name there."""
    return names.get(language) or next(iter(names.values()), key)


def is_key(key: str) -> bool:
    """Whether a group, a category or a rule can have this key."""
    return _KEY.fullmatch(key) is not None


def why_not_key(key: str) -> str | None:
    """The reason a group, a category or a rule cannot have this key, or None if it can."""
    if is_key(key):
        return None
    return "a key is 1 to 32 of a-z, 0-9 and hyphens, and starts and ends with a letter or digit"


def named(names: Mapping[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    """Names by language after a change; an empty one takes a language's name away."""
    lines = {language: " ".join(name.split()) for language, name in changes.items()}
    return {language: name for language, name in {**names, **lines}.items() if name}


def why_not_names(names: Mapping[str, str]) -> str | None:
    """The reason a group or a category cannot have these names, or None if it can."""
    if not names:
        return "a name is missing"
    if unknown := sorted(set(names) - set(LANGUAGES)):
        return f"{', '.join(unknown)} is none of the languages: {', '.join(LANGUAGES)}"
    if any(len(name) > NAME_CHARACTERS for name in names.values()):
        return f"a name is longer than {NAME_CHARACTERS} characters"
    return None


def why_not_tiers(tiers: Sequence[SupportTier]) -> str | None:
    """The reason a group cannot have these tiers, or None if it can."""
    if not tiers:
        return "a group has one tier at least"
    values = [tier.value for tier in tiers]
    if values != sorted(set(values)):
        return f"tiers go up, each once: {' '.join(sorted(set(values)))}, not {' '.join(values)}"
    return None


def why_not_escalate_to(key: str, to: str, escalates_to: Mapping[str, str | None]) -> str | None:
    """The reason a group cannot pass on to another one, or None if it can.

    Args:
        escalates_to: where each group passes on to now.
    """
    if to not in escalates_to:
        return f"there is no group {to!r}; `guichet group list` shows them"
    way = [key, to]
    while (
        way[-1] != key and (following := escalates_to.get(way[-1])) is not None and following not in way[1:]
    ):
        way.append(following)
    return f"tickets would go in a circle: {' → '.join(way)}" if way[-1] == key else None


def why_not_skills(skills: Collection[str]) -> str | None:
    """The reason somebody cannot have these skills, or None if they can."""
    if len(skills) > MOST_SKILLS:
        return f"there are {len(skills)} of them, and {MOST_SKILLS} have room"
    wrong = next((skill for skill in skills if not _SKILL.fullmatch(skill)), None)
    if wrong is None:
        return None
    return f"{wrong!r}: a skill is one word of a-z, 0-9 and . _ + - between, such as vpn or active-directory"


def next_place(tier: SupportTier, own: Ladder, beyond: Ladder | None) -> Place | None:
    """Where a ticket goes from a tier: up in its group, or else to the group beyond; None at the end.

    Beyond, it starts at the first tier above the one it comes from, or at the last one there is: going up is
    never going down.
    """
    if above := _above(own, tier):
        return Place(own.group, above)
    if beyond is None:
        return None
    return Place(beyond.group, _above(beyond, tier) or beyond.tiers[-1])


def place_at(wanted: SupportTier, tier: SupportTier, own: Ladder, beyond: Ladder | None) -> Place | None:
    """The place of a tier above another one: in the ticket's group, or else in the group beyond."""
    if wanted.value <= tier.value:
        return None
    ladder = next((each for each in (own, beyond) if each and wanted in each.tiers), None)
    return Place(ladder.group, wanted) if ladder else None


def why_not_take(candidate: Candidate, tier: SupportTier, skills: Collection[str]) -> str | None:
    """The reason somebody is not given a ticket of this tier that asks for these skills, or None."""
    if not candidate.is_active:
        return "is not active any more"
    if candidate.tier is not tier:
        return f"works at {candidate.tier.value}, not at {tier.value}"
    if missing := sorted(set(skills) - candidate.skills):
        return f"lacks {', '.join(missing)}"
    if not candidate.is_present:
        return "is away"
    return None


def choose(
    candidates: Collection[Candidate],
    method: AssignmentMethod,
    *,
    tier: SupportTier,
    skills: Collection[str] = (),
) -> Candidate | None:
    """Who gets the ticket; None where nobody can take it, or a person is to choose.

    In turn means: whoever had a turn longest ago. That is fair also where tiers and skills let different
    people come into question each time.
    """
    able = [candidate for candidate in candidates if why_not_take(candidate, tier, skills) is None]
    if not able or method is AssignmentMethod.MANUAL:
        return None
    if method is AssignmentMethod.ROUND_ROBIN:
        return min(able, key=lambda each: (each.last_turn, each.agent_id))
    return min(able, key=lambda each: (each.open_work, each.last_turn, each.agent_id))


def _above(ladder: Ladder, tier: SupportTier) -> SupportTier | None:
    return next((each for each in ladder.tiers if each.value > tier.value), None)
