"""Clocks: the business time a promise has used, when it is due, and the ledger that proves it. No I/O."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ticketing.calendars.logic import NOTHING, BusinessCalendar
from ticketing.sla.history import CLOSED_MODES, Mode, Phase, Run
from ticketing.sla.logic import (
    AGREEMENT_OF,
    WARNING_PERCENT,
    Agreement,
    ClockState,
    Level,
    Lineage,
    Target,
    level_for,
)
from ticketing.tickets.logic import HoldReason


class IntervalKind(enum.Enum):
    """What a row of a ledger is."""

    RUNNING = "running"
    PAUSED = "paused"  # on hold, for a reason that the agreement lets pause
    STOPPED = "stopped"  # between resolution and reopening, or while merged
    CLOSED = "closed"  # outside the calendar's hours


@dataclass(frozen=True)
class Interval:
    """A row of a ledger; `is_ahead` where it has not come yet."""

    since: datetime
    until: datetime
    kind: IntervalKind
    rule: str
    business_time: timedelta
    total: timedelta
    is_ahead: bool = False


@dataclass(frozen=True)
class Clock:
    """One promise with the level that measures it.

    Args:
        due_at: when the promised time is used up; None while the clock is paused, and where it never is. Of a
            promise that was kept: when it would have been.
        warning_at: the same for three quarters of it.
    """

    run: Run
    level: Level
    target: Target
    length: timedelta
    due_at: datetime | None
    warning_at: datetime | None

    @property
    def breach_at(self) -> datetime | None:
        """When it was broken, or will be if nothing happens."""
        return _owed(self.run, self.due_at)

    @property
    def warn_at(self) -> datetime | None:
        """When the warning is due; None once there is nothing to be warned of."""
        return None if self.run.ended_at else self.warning_at

    @property
    def is_open(self) -> bool:
        return self.run.ended_at is None


@dataclass(frozen=True)
class SlaClock:
    """How a promise stands at a moment."""

    target: Target
    agreement: Agreement
    level: str
    calendar: str
    occurrence: int
    length: timedelta
    started_at: datetime
    paused: tuple[tuple[datetime, datetime | None], ...]
    met_at: datetime | None
    cancelled_at: datetime | None
    warning_at: datetime | None
    due_at: datetime | None
    breached_at: datetime | None
    state: ClockState
    used: timedelta


def clocks_of(runs: Iterable[Run], levels: tuple[Level, ...], lineage: Lineage) -> tuple[Clock, ...]:
    """A clock for everything that is promised.

    A promise that has ended is measured by the level that held then, one that has not by the level that
    holds now: a change of priority changes its length, and neither its beginning nor its pauses.
    """
    found: list[Clock] = []
    for run in runs:
        if run.target is None:
            continue
        level = level_for(levels, AGREEMENT_OF[run.target], run.facts, lineage)
        if level and (length := level.targets.get(run.target)):
            found.append(clock_of(run, level, run.target, length))
    return tuple(found)


def clock_of(run: Run, level: Level, target: Target, length: timedelta) -> Clock:
    """The clock of one promise."""
    return Clock(
        run=run,
        level=level,
        target=target,
        length=length,
        due_at=moment_of(run, level.calendar, level.pauses, length),
        warning_at=moment_of(run, level.calendar, level.pauses, length * WARNING_PERCENT / 100),
    )


def moment_of(
    run: Run, calendar: BusinessCalendar, pauses: frozenset[HoldReason], amount: timedelta
) -> datetime | None:
    """When so much business time is used; of a promise kept before: when it would have been."""
    used = NOTHING
    for phase in run.phases:
        if _kind(phase, run, pauses) is not IntervalKind.RUNNING:
            continue
        if phase.until is None:
            return calendar.after(phase.since, amount - used)
        counted = calendar.business_time_between(phase.since, phase.until)
        if used + counted >= amount:
            return calendar.after(phase.since, amount - used)
        used += counted
    return calendar.after(run.met_at, amount - used) if run.met_at else None


def clock_at(clock: Clock, now: datetime) -> SlaClock:
    """How a promise stands at a moment."""
    run, level = clock.run, clock.level
    breached = clock.breach_at if clock.breach_at and clock.breach_at <= now else None
    return SlaClock(
        target=clock.target,
        agreement=level.agreement,
        level=level.key,
        calendar=level.calendar.key,
        occurrence=run.occurrence,
        length=clock.length,
        started_at=run.started_at,
        paused=tuple(
            (phase.since, phase.until)
            for phase in run.phases
            if _kind(phase, run, level.pauses) is not IntervalKind.RUNNING
        ),
        met_at=run.met_at,
        cancelled_at=run.cancelled_at,
        warning_at=clock.warning_at,
        due_at=clock.due_at,
        breached_at=breached,
        state=_state(clock, breached),
        used=used_at(clock, now),
    )


def used_at(clock: Clock, now: datetime) -> timedelta:
    """The business time that counts up to a moment."""
    level = clock.level
    return sum(
        (
            level.calendar.business_time_between(phase.since, min(phase.until or now, now))
            for phase in clock.run.phases
            if _kind(phase, clock.run, level.pauses) is IntervalKind.RUNNING
        ),
        NOTHING,
    )


def ledger_of(clock: Clock, now: datetime) -> tuple[Interval, ...]:
    """Every stretch from the beginning to now, or to when it is due if that is still to come."""
    rows: list[Interval] = []
    total = NOTHING
    for since, until, kind, rule in _rows(clock, now):
        counted = until - since if kind is IntervalKind.RUNNING else NOTHING
        total += counted
        rows.append(Interval(since, until, kind, rule, counted, total, is_ahead=since >= now))
    return tuple(rows)


def _rows(clock: Clock, now: datetime) -> Iterator[tuple[datetime, datetime, IntervalKind, str]]:
    for phase in _up_to(clock, now):
        kind = _kind(phase, clock.run, clock.level.pauses)
        if phase.until is None or phase.until <= phase.since:
            continue
        if kind is not IntervalKind.RUNNING:
            yield phase.since, phase.until, kind, phase.why
            continue
        yield from _hours(clock.level.calendar, phase.since, phase.until, phase.why)


def _up_to(clock: Clock, now: datetime) -> Iterator[Phase]:
    """The phases, the last of them cut now; and what is ahead as a phase of its own."""
    for phase in clock.run.phases:
        if phase.until is not None:
            yield phase
            continue
        yield Phase(phase.since, now, phase.mode, phase.hold, phase.why)
        if clock.due_at and clock.due_at > now:
            yield Phase(max(now, phase.since), clock.due_at, phase.mode, phase.hold, "until it is due")


def _hours(
    calendar: BusinessCalendar, start: datetime, end: datetime, why: str
) -> Iterator[tuple[datetime, datetime, IntervalKind, str]]:
    reached = start
    for since, until in calendar.intervals(start, end):
        if reached < since:
            yield reached, since, IntervalKind.CLOSED, _closed(calendar, reached, since)
        yield since, until, IntervalKind.RUNNING, why
        reached = until
    if reached < end:
        yield reached, end, IntervalKind.CLOSED, _closed(calendar, reached, end)


def _closed(calendar: BusinessCalendar, start: datetime, end: datetime) -> str:
    name = calendar.why_closed(start, end)
    return f"outside hours, {name}" if name else "outside hours"


def _kind(phase: Phase, run: Run, pauses: frozenset[HoldReason]) -> IntervalKind:
    if phase.mode in CLOSED_MODES:
        return IntervalKind.STOPPED
    if phase.mode is Mode.ON_HOLD and phase.hold in pauses and run.is_paused_by_holds:
        return IntervalKind.PAUSED
    return IntervalKind.RUNNING


def _owed(run: Run, moment: datetime | None) -> datetime | None:
    """A moment at which the promise was still to be kept; exactly in time is in time."""
    if moment is None or (run.ended_at is not None and run.ended_at <= moment):
        return None
    return moment


def _state(clock: Clock, breached: datetime | None) -> ClockState:
    if breached:
        return ClockState.BREACHED
    if clock.run.met_at:
        return ClockState.MET
    if clock.run.cancelled_at:
        return ClockState.CANCELLED
    last = clock.run.phases[-1] if clock.run.phases else None
    if last and _kind(last, clock.run, clock.level.pauses) is not IntervalKind.RUNNING:
        return ClockState.PAUSED
    return ClockState.RUNNING
