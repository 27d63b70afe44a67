"""Escalations that come by time: what each rule waits for, and when that comes. No I/O."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ticketing.calendars.logic import BusinessCalendar
from ticketing.sla.clocks import Clock, moment_of
from ticketing.sla.history import Run
from ticketing.sla.logic import (
    MOST_MINUTES,
    PAUSES,
    TARGETS,
    Agreement,
    Conditions,
    Level,
    Lineage,
    Target,
    level_for,
)
from ticketing.tickets.logic import SupportTier


class TriggerKind(enum.Enum):
    """What a rule waits for."""

    UNASSIGNED = "unassigned"  # nobody has had the ticket for so many business minutes
    TARGET_USED = "target_used"  # so many percent of a target's time are used


@dataclass(frozen=True)
class Trigger:
    """When a rule acts."""

    kind: TriggerKind
    minutes: int = 0
    target: Target = Target.RESOLUTION
    percent: int = 0

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Trigger:
        """From what the table keeps."""
        return cls(
            TriggerKind(kept["kind"]),
            minutes=kept.get("minutes", 0),
            target=Target(kept.get("target", Target.RESOLUTION.value)),
            percent=kept.get("percent", 0),
        )

    def kept(self) -> dict[str, Any]:
        """What the table keeps."""
        if self.kind is TriggerKind.UNASSIGNED:
            return {"kind": self.kind.value, "minutes": self.minutes}
        return {"kind": self.kind.value, "target": self.target.value, "percent": self.percent}


@dataclass(frozen=True)
class Deed:
    """What a rule does: takes the ticket up to a tier, tells the group's leads, or both."""

    to_tier: SupportTier | None = None
    tells_lead: bool = False

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Deed:
        """From what the table keeps."""
        tier = kept.get("to_tier")
        return cls(SupportTier(tier) if tier else None, bool(kept.get("tells_lead")))

    def kept(self) -> dict[str, Any]:
        """What the table keeps."""
        return {"to_tier": self.to_tier and self.to_tier.value, "tells_lead": self.tells_lead}

    def is_due_at(self, tier: SupportTier) -> bool:
        """Whether there is anything to do for a ticket at this tier."""
        return self.tells_lead or self.lifts(tier)

    def lifts(self, tier: SupportTier) -> bool:
        """Whether the ticket is to go up."""
        return self.to_tier is not None and tier.value < self.to_tier.value


@dataclass(frozen=True)
class Rule:
    """One rule, by a key that people give it."""

    key: str
    conditions: Conditions
    trigger: Trigger
    deed: Deed


@dataclass(frozen=True)
class Moment:
    """When a rule acts on a ticket; `occurrence` counts the stretches of waiting."""

    rule: Rule
    occurrence: int
    at: datetime


ALWAYS = BusinessCalendar("always", ZoneInfo("UTC"), (((0, 1440),),) * 7)
"""What measures waiting where nothing is promised, and so no calendar is named."""


def moments_of(
    rules: Iterable[Rule],
    runs: Sequence[Run],
    clocks: Sequence[Clock],
    levels: tuple[Level, ...],
    lineage: Lineage,
) -> Iterator[Moment]:
    """When each rule acts on what is still waited for; a wait that has ended needs nobody any more."""
    for rule in rules:
        trigger = rule.trigger
        for run in runs:
            if run.ended_at or not _concerns(rule, run) or not rule.conditions.fit(run.facts, lineage):
                continue
            if not rule.deed.is_due_at(run.facts.tier):
                continue
            clock = next((clock for clock in clocks if clock.run is run), None)
            at: datetime | None = None
            if trigger.kind is TriggerKind.UNASSIGNED:
                at = _unassigned(trigger, run, levels, lineage)
            elif clock:
                at = _used(trigger, clock)
            if at:
                yield Moment(rule, run.occurrence, at)


def why_not_rule(trigger: Trigger, deed: Deed) -> str | None:
    """The reason a rule cannot be so, or None if it can."""
    if trigger.kind is TriggerKind.UNASSIGNED and not 1 <= trigger.minutes <= MOST_MINUTES:
        return f"nobody has the ticket for 1 to {MOST_MINUTES} business minutes"
    if trigger.kind is TriggerKind.TARGET_USED:
        if trigger.target not in TARGETS[Agreement.SLA]:
            return f"{trigger.target.value} is a target between teams; a rule waits for one of an SLA"
        if not 1 <= trigger.percent <= 1000:
            return "1 to 1000 percent of the target are used"
    if deed.to_tier is SupportTier.L1:
        return "L1 is where tickets start; nothing goes up to it"
    return None if deed.to_tier or deed.tells_lead else "it does nothing; name a tier, or tell the lead"


def _concerns(rule: Rule, run: Run) -> bool:
    wanted = None if rule.trigger.kind is TriggerKind.UNASSIGNED else rule.trigger.target
    return run.target is wanted


def _unassigned(trigger: Trigger, run: Run, levels: tuple[Level, ...], lineage: Lineage) -> datetime | None:
    level = level_for(levels, Agreement.SLA, run.facts, lineage)
    calendar = level.calendar if level else ALWAYS
    pauses = level.pauses if level else PAUSES[Agreement.SLA]
    return moment_of(run, calendar, pauses, timedelta(minutes=trigger.minutes))


def _used(trigger: Trigger, clock: Clock) -> datetime | None:
    amount = clock.length * trigger.percent / 100
    return moment_of(clock.run, clock.level.calendar, clock.level.pauses, amount)
