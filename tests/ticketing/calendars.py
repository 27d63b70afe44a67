"""Random calendars, and the model that everything about them is measured by: minute by minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from storage.database import Database
from ticketing.calendars.administration import add_calendar
from ticketing.calendars.logic import BusinessCalendar, Week
from ticketing.calendars.queries import OFFICE

MINUTE = timedelta(minutes=1)
ZONES = ("Europe/Paris", "America/New_York", "Australia/Lord_Howe", "UTC")
# Days around which the clocks are changed: forward and back, in each zone.
CHANGES = (
    datetime(2026, 3, 29, tzinfo=UTC),
    datetime(2026, 10, 25, tzinfo=UTC),
    datetime(2026, 3, 8, tzinfo=UTC),
    datetime(2026, 11, 1, tzinfo=UTC),
    datetime(2026, 4, 5, tzinfo=UTC),
    datetime(2026, 10, 4, tzinfo=UTC),
    datetime(2028, 2, 29, tzinfo=UTC),
)


def an_office(db: Database, zone: str) -> None:
    """The calendar of the office, there."""
    names = {"en": "Office", "fr": "Bureau"}
    db.write(add_calendar, OFFICE, {"names": names, "time_zone": zone, "hours": ["mon-fri 08:30-18:00"]})


@dataclass(frozen=True)
class Model:
    """A calendar by its meaning alone: is this minute, by the clock on the wall, within the hours?"""

    zone: ZoneInfo
    week: Week
    closed: frozenset[date]

    def calendar(self) -> BusinessCalendar:
        return BusinessCalendar(
            "model", self.zone, self.week, lambda day: "Holiday" if day in self.closed else None
        )

    def counts(self, minute: datetime) -> bool:
        local = minute.astimezone(self.zone)
        if local.date() in self.closed:
            return False
        at = local.hour * 60 + local.minute
        return any(since <= at < until for since, until in self.week[local.weekday()])

    def business_time_between(self, start: datetime, end: datetime) -> timedelta:
        found = timedelta(0)
        while start < end:
            if self.counts(start):
                found += MINUTE
            start += MINUTE
        return found


@st.composite
def spans(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    """The hours of a day: none, one or several; until 24:00 more often than chance would have it."""
    edge = st.one_of(st.sampled_from((0, 120, 150, 180, 720, 1440)), st.integers(0, 1440))
    edges = sorted(set(draw(st.lists(edge, max_size=6))))
    edges = edges[: len(edges) // 2 * 2]
    return tuple(zip(edges[::2], edges[1::2], strict=True))


@st.composite
def models(draw: st.DrawFn) -> Model:
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    week = tuple(draw(spans()) for _ in range(7))
    around = [(change + timedelta(days=shift)).date() for change in CHANGES for shift in range(-2, 3)]
    return Model(zone, week, draw(st.frozensets(st.sampled_from(around), max_size=3)))


@st.composite
def moments(draw: st.DrawFn, days: int = 2) -> datetime:
    """A minute near a day on which clocks are changed."""
    start = draw(st.sampled_from(CHANGES)) - timedelta(days=1)
    return start + draw(st.integers(0, days * 1440)) * MINUTE
