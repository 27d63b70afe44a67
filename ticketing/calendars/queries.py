"""The calendars, as they are now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ticketing.calendars.errors import CalendarUnknown
from ticketing.calendars.hours import week_of
from ticketing.calendars.logic import BusinessCalendar, never_closed
from ticketing.calendars.models import Calendar
from ticketing.calendars.public_holidays import public_holidays, why_not_place

CLOSED = "closed day"
OFFICE = "office"
UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class KnownCalendar:
    """A calendar as administrators see it."""

    key: str
    names: Mapping[str, str]
    time_zone: str
    hours: Mapping[str, Any]
    country: str | None
    subdivision: str | None
    closed_days: tuple[str, ...]
    open_days: tuple[str, ...]

    def business(self) -> BusinessCalendar:
        """The calendar that counts.

        What a newer version of the packages does not know any more (`unknown`) is left out: every ticket
        would be stuck otherwise. `guichet doctor` says so, and the desk as it starts.
        """
        return BusinessCalendar(self.key, self.zone(), week_of(self.hours), self._closed())

    def zone(self) -> ZoneInfo:
        """Where its hours are; UTC where that is not known on this machine."""
        return self._own_zone() or UTC

    def unknown(self) -> str | None:
        """What of this calendar is not known here, though it was when it was made."""
        if self._own_zone() is None:
            return f"the time zone {self.time_zone!r} is not known on this machine"
        return why_not_place(self.country, self.subdivision) if self.country else None

    def _own_zone(self) -> ZoneInfo | None:
        try:
            return ZoneInfo(self.time_zone)
        except (KeyError, ValueError, OSError):
            return None

    def _closed(self) -> Callable[[date], str | None]:
        public: Callable[[date], str | None] = never_closed
        if self.country and not why_not_place(self.country, self.subdivision):
            public = public_holidays(self.country, self.subdivision)
        own = {date.fromisoformat(day) for day in self.closed_days}
        open_ = {date.fromisoformat(day) for day in self.open_days}

        def why(day: date) -> str | None:
            if day in own:
                return CLOSED
            return None if day in open_ else public(day)

        return why


def calendar_by_key(session: Session, key: str) -> KnownCalendar:
    """The calendar with this key.

    Raises:
        CalendarUnknown: there is none.
    """
    found = session.get(Calendar, key)
    if found is None:
        raise CalendarUnknown(key)
    return known_calendar(found)


def all_calendars(session: Session) -> tuple[KnownCalendar, ...]:
    """Every calendar, by key."""
    return tuple(known_calendar(row) for row in session.scalars(select(Calendar).order_by(Calendar.key)))


def office_zone(session: Session) -> ZoneInfo:
    """Where the office is, whose days people count by; UTC until somebody has said it."""
    row = session.get(Calendar, OFFICE)
    return UTC if row is None else known_calendar(row).zone()


def days_before(session: Session, now: datetime, days: int) -> datetime | None:
    """The moment after which so many working days of the office calendar have gone by; days, without one."""
    row = session.get(Calendar, OFFICE)
    if row is None:
        return now - timedelta(days=days)
    return known_calendar(row).business().days_before(now, days)


def known_calendar(row: Calendar) -> KnownCalendar:
    """The frozen value of a row."""
    return KnownCalendar(
        key=row.key,
        names=dict(row.names),
        time_zone=row.time_zone,
        hours=dict(row.hours),
        country=row.country,
        subdivision=row.subdivision,
        closed_days=tuple(row.closed_days),
        open_days=tuple(row.open_days),
    )
