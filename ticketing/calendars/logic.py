"""Business time: what of the time between two moments counts. No I/O.

A moment counts when the clock on the wall, in the calendar's time zone, shows a time within its hours. What
has passed is counted in real (UTC) time: an hour that is skipped in spring is not there to be counted, one
that comes twice in autumn counts twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

Span = tuple[int, int]
"""From and until, in minutes since midnight; until at most 1440, and not counted itself."""

Week = tuple[tuple[Span, ...], ...]
"""Seven days from Monday; each with its spans in order."""

Stretch = tuple[datetime, datetime]

DAY = timedelta(days=1)
NOTHING = timedelta(0)
# A calendar that has not been open for so long will not be any more.
GIVE_UP_DAYS = 3660
LAST_YEAR = 9990
CACHED_DAYS = 8000


def never_closed(_day: date) -> str | None:
    """For calendars without holidays."""
    return None


class BusinessCalendar:
    """The hours of a week in a time zone, without the days that are closed.

    Args:
        closed: why a day is closed (the name of the holiday), or None where the hours of its weekday hold.
    """

    def __init__(
        self, key: str, zone: ZoneInfo, week: Week, closed: Callable[[date], str | None] = never_closed
    ) -> None:
        self.key, self.zone, self.week = key, zone, week
        self._closed = closed
        self._days: dict[int, tuple[timedelta, tuple[Stretch, ...]]] = {}

    @property
    def is_always_closed(self) -> bool:
        return not any(self.week)

    def business_time_between(self, start: datetime, end: datetime) -> timedelta:
        """How much counts from one moment to another; nothing if it lies before."""
        if end <= start or self.is_always_closed:
            return NOTHING
        first, last = _day_of(start), _day_of(end)
        whole = sum((self._day(number)[0] for number in range(first + 1, last)), NOTHING)
        edges = (first,) if first == last else (first, last)
        return whole + sum(
            (until - since for day in edges for since, until in _clipped(self._day(day)[1], start, end)),
            NOTHING,
        )

    def after(self, start: datetime, amount: timedelta) -> datetime | None:
        """The first moment at which so much has counted since; None where that never comes."""
        if amount <= NOTHING:
            return start
        if self.is_always_closed:
            return None
        number = opened = _day_of(start)
        while number - opened < GIVE_UP_DAYS and date.fromordinal(number).year < LAST_YEAR:
            total, stretches = self._day(number)
            if number > opened and total < amount:
                opened = number if total else opened
                amount -= total
                number += 1
                continue
            for since, until in _clipped(stretches, start, datetime.max.replace(tzinfo=UTC)):
                opened = number
                if since + amount <= until:
                    return since + amount
                amount -= until - since
            number += 1
        return None

    def intervals(self, start: datetime, end: datetime) -> Iterator[Stretch]:
        """What counts from one moment to another, stretch by stretch; days that touch are one."""
        waiting: Stretch | None = None
        if end <= start:
            return
        for number in range(_day_of(start), _day_of(end) + 1):
            for since, until in _clipped(self._day(number)[1], start, end):
                if waiting and waiting[1] == since:
                    waiting = (waiting[0], until)
                    continue
                if waiting:
                    yield waiting
                waiting = (since, until)
        if waiting:
            yield waiting

    def days_before(self, now: datetime, days: int) -> datetime | None:
        """The moment after which so many open days have gone by; None if there were never so many.

        On a day that is closed it is as late as when the last open one ended.
        """
        local = now.astimezone(self.zone)
        day, until = local.date(), local.time()
        end = datetime.combine(day, until)
        if not self._is_open(day):
            found = self._open_day_before(day)
            if found is None:
                return None
            day, end = found, datetime.combine(found, time()) + DAY
        reached = day
        for _ in range(days):
            before = self._open_day_before(reached)
            if before is None:
                return None
            reached = before
        return (end - (day - reached)).replace(tzinfo=self.zone).astimezone(UTC)

    def why_closed(self, start: datetime, end: datetime) -> str | None:
        """The holidays that a stretch without business time lies on; None: it is outside the hours only."""
        last = (end - timedelta.resolution).astimezone(self.zone).date()
        day = start.astimezone(self.zone).date()
        names: dict[str, None] = {}
        while day <= last and len(names) < 10:
            if self.week[day.weekday()] and (name := self._closed(day)):
                names[name] = None
            day += DAY
        return ", ".join(names) or None

    def _is_open(self, day: date) -> bool:
        return bool(self.week[day.weekday()]) and self._closed(day) is None

    def _open_day_before(self, day: date) -> date | None:
        days = (day - DAY * back for back in range(1, GIVE_UP_DAYS))
        return next((each for each in days if self._is_open(each)), None)

    def _day(self, number: int) -> tuple[timedelta, tuple[Stretch, ...]]:
        """What counts of a day of UTC: how much, and when."""
        found = self._days.get(number)
        if found is None:
            if len(self._days) >= CACHED_DAYS:
                self._days.clear()
            stretches = tuple(_joined(sorted(self._open_on(number))))
            total = sum((until - since for since, until in stretches), NOTHING)
            found = self._days[number] = (total, stretches)
        return found

    def _open_on(self, number: int) -> Iterator[Stretch]:
        midnight = datetime.combine(date.fromordinal(number), time(), UTC)
        for since, until, offset in _offsets(self.zone, midnight, midnight + DAY):
            # Within these the wall's clock goes on evenly, so local times are UTC and a constant.
            day, last = (since + offset).date(), (until + offset - timedelta.resolution).date()
            while day <= last:
                if self._closed(day) is None:
                    local = datetime.combine(day, time(), UTC) - offset
                    spans = [
                        (local + timedelta(minutes=opens), local + timedelta(minutes=closes))
                        for opens, closes in self.week[day.weekday()]
                    ]
                    yield from _clipped(spans, since, until)
                day += DAY


def _day_of(moment: datetime) -> int:
    return moment.astimezone(UTC).toordinal()


def _clipped(
    stretches: tuple[Stretch, ...] | list[Stretch], start: datetime, end: datetime
) -> Iterator[Stretch]:
    for since, until in stretches:
        since, until = max(since, start), min(until, end)
        if since < until:
            yield since, until


def _joined(stretches: list[Stretch]) -> Iterator[Stretch]:
    waiting: Stretch | None = None
    for since, until in stretches:
        if waiting and since <= waiting[1]:
            waiting = (waiting[0], max(waiting[1], until))
            continue
        if waiting:
            yield waiting
        waiting = (since, until)
    if waiting:
        yield waiting


def _offsets(
    zone: ZoneInfo, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The stretches of a day within which local time is UTC and the same constant."""
    turns = [start, *_turns(zone, start, end), end]
    for since, until in pairwise(turns):
        yield since, until, _offset(zone, since)


def _turns(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """When the clocks are changed; once a day at most."""
    before = _offset(zone, start)
    if _offset(zone, end - timedelta(seconds=1)) == before:
        return
    low, high = 0, int((end - start).total_seconds()) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, start + timedelta(seconds=middle)) == before:
            low = middle
        else:
            high = middle
    yield start + timedelta(seconds=high)


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or NOTHING
