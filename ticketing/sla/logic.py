"""Service levels: what is promised, for which tickets, and which one holds. No I/O."""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from ticketing.calendars.logic import BusinessCalendar
from ticketing.tickets.logic import HoldReason, SupportTier, TicketType
from ticketing.tickets.priority import Priority


class Agreement(enum.Enum):
    """Promised to the business, or by one team to another."""

    SLA = "sla"
    OLA = "ola"


class EventKind(enum.Enum):
    """What is told of a target, once each."""

    WARNING = "warning"
    BREACH = "breach"


class Target(enum.Enum):
    """What is promised within some time."""

    FIRST_RESPONSE = "first_response"  # a person of the team answers
    NEXT_RESPONSE = "next_response"  # answers again, whenever the requester has written
    RESOLUTION = "resolution"
    PICK_UP = "pick_up"  # somebody of the group begins to work, since it lies there
    HANDLING = "handling"  # the group resolves it, or passes it on


class ClockState(enum.Enum):
    """How a promise stands at a moment."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    CANCELLED = "cancelled"  # nothing is owed any more


TARGETS = {
    Agreement.SLA: (Target.FIRST_RESPONSE, Target.NEXT_RESPONSE, Target.RESOLUTION),
    Agreement.OLA: (Target.PICK_UP, Target.HANDLING),
}
AGREEMENT_OF = {target: agreement for agreement, targets in TARGETS.items() for target in targets}

PAUSES = {
    # The business has agreed to wait for what the desk cannot hasten.
    Agreement.SLA: frozenset(HoldReason),
    # A supplier or a change is for the team to chase: between teams only the requester stops the clock.
    Agreement.OLA: frozenset({HoldReason.REQUESTER}),
}
"""The reasons of a hold that pause the clocks of an agreement, where it does not say otherwise."""

WARNING_PERCENT = 75
MOST_MINUTES = 525_600  # a year of a desk that never closes


@dataclass(frozen=True)
class Facts:
    """What of a ticket matters for which promises hold."""

    type: TicketType
    priority: Priority
    category: str
    group: str
    tier: SupportTier
    requester_group: str | None = None
    is_vip: bool = False


Lineage = Callable[[str], Collection[str]]
"""A category with all those above it."""


@dataclass(frozen=True)
class Conditions:
    """For which tickets something holds; what is empty or None is not asked, of several values one is enough.

    Args:
        categories: with everything below them.
    """

    priorities: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    requester_groups: tuple[str, ...] = ()
    vip: bool | None = None

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Conditions:
        """From what the table keeps."""
        lists = {name: tuple(value) for name, value in kept.items() if isinstance(value, list | tuple)}
        return cls(**lists, vip=kept.get("vip"))

    def kept(self) -> dict[str, Any]:
        """What the table keeps: what is asked, and nothing else."""
        given = {name: value for name, value in asdict(self).items() if value not in ((), None)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}

    def fit(self, facts: Facts, lineage: Lineage) -> bool:
        """Whether everything that is asked is so."""
        asked = (
            (self.priorities, (facts.priority.value,)),
            (self.types, (facts.type.value,)),
            (self.groups, (facts.group,)),
            (self.tiers, (facts.tier.value,)),
            (self.requester_groups, (facts.requester_group,)),
        )
        if any(wanted and not set(wanted) & set(given) for wanted, given in asked):
            return False
        if self.categories and not set(self.categories) & set(lineage(facts.category)):
            return False
        return self.vip is None or self.vip == facts.is_vip


@dataclass(frozen=True)
class Level:
    """An agreement as the clocks need it."""

    key: str
    agreement: Agreement
    conditions: Conditions
    targets: Mapping[Target, timedelta]
    calendar: BusinessCalendar
    pauses: frozenset[HoldReason]


def level_for(levels: Iterable[Level], agreement: Agreement, facts: Facts, lineage: Lineage) -> Level | None:
    """The first level in order that fits; None where nothing is promised."""
    fitting = (level for level in levels if level.agreement is agreement)
    return next((level for level in fitting if level.conditions.fit(facts, lineage)), None)


def read_targets(kept: Mapping[str, Any]) -> dict[Target, timedelta]:
    """Lengths by target, from the minutes that the table keeps."""
    return {Target(name): timedelta(minutes=minutes) for name, minutes in kept.items()}


def why_not_targets(agreement: Agreement, minutes: Mapping[str, int]) -> str | None:
    """The reason an agreement cannot have these targets, or None if it can."""
    possible = [target.value for target in TARGETS[agreement]]
    if not minutes:
        return f"it promises nothing; name a target: {', '.join(possible)}"
    if unknown := sorted(set(minutes) - set(possible)):
        return f"an {agreement.name} has no target {unknown[0]!r}; it has {', '.join(possible)}"
    if any(not 1 <= length <= MOST_MINUTES for length in minutes.values()):
        return f"a target is 1 to {MOST_MINUTES} minutes"
    return None


def why_not_conditions(conditions: Conditions) -> str | None:
    """The reason nothing can be asked like this, or None if it can; whether keys exist is not asked here."""
    known = (
        ("priority", conditions.priorities, [each.value for each in Priority]),
        ("type", conditions.types, [each.value for each in TicketType]),
        ("tier", conditions.tiers, [each.value for each in SupportTier]),
    )
    for what, given, possible in known:
        if unknown := sorted(set(given) - set(possible)):
            return f"{unknown[0]!r} is no {what}; there are {', '.join(possible)}"
    return None
