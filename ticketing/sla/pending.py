"""What is still to be told of a ticket's promises, and when. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ticketing.escalations.logic import Moment
from ticketing.sla.clocks import Clock
from ticketing.sla.logic import EventKind

Told = tuple[str, int, str]
"""A target or a rule, its occurrence, and what was told: `warning`, `breach` or `fired`."""

FIRED = "fired"


@dataclass(frozen=True)
class Warned:
    """A warning or a breach that is to be told."""

    at: datetime
    clock: Clock
    kind: EventKind


Pending = Warned | Moment


def pending_of(
    clocks: Iterable[Clock], moments: Iterable[Moment], told: Collection[Told]
) -> tuple[Pending, ...]:
    """What has not been told, in the order in which it comes about."""
    return tuple(sorted((*_of_clocks(clocks, told), *_of_rules(moments, told)), key=_order))


def next_due(clocks: Iterable[Clock]) -> datetime | None:
    """The earliest moment at which something owed now is due."""
    return min((clock.due_at for clock in clocks if clock.is_open and clock.due_at), default=None)


def _of_clocks(clocks: Iterable[Clock], told: Collection[Told]) -> Iterator[Warned]:
    for clock in clocks:
        target, occurrence = clock.target.value, clock.run.occurrence
        for at, kind in ((clock.warn_at, EventKind.WARNING), (clock.breach_at, EventKind.BREACH)):
            if at and (target, occurrence, kind.value) not in told:
                yield Warned(at, clock, kind)


def _of_rules(moments: Iterable[Moment], told: Collection[Told]) -> Iterator[Moment]:
    return (moment for moment in moments if (moment.rule.key, moment.occurrence, FIRED) not in told)


def _order(pending: Pending) -> tuple[datetime, int]:
    if isinstance(pending, Moment):
        return pending.at, 1
    return pending.at, 0 if pending.kind is EventKind.WARNING else 2
