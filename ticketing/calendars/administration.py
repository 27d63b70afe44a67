"""What administrators do with calendars; open tickets follow every change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TypedDict
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.orm import Session

from ticketing.calendars.errors import CalendarRefused, CalendarUnknown
from ticketing.calendars.hours import HoursRefused, kept_hours
from ticketing.calendars.models import Calendar
from ticketing.calendars.public_holidays import why_not_place
from ticketing.calendars.queries import KnownCalendar, known_calendar
from ticketing.groups.logic import named, why_not_key, why_not_names
from ticketing.sla.upkeep import renew


class CalendarChanges(TypedDict, total=False):
    """What is to be different; what is not in it stays. A day is an ISO date."""

    names: Mapping[str, str]
    time_zone: str
    hours: Sequence[str]
    country: str | None
    subdivision: str | None
    closed: Sequence[str]
    opened: Sequence[str]
    usual: Sequence[str]


def add_calendar(session: Session, key: str, changes: CalendarChanges) -> KnownCalendar:
    """A new calendar.

    Raises:
        CalendarRefused: nothing is added.
    """
    if why := why_not_key(key):
        raise CalendarRefused(f"{key!r}: {why}")
    if session.get(Calendar, key) is not None:
        raise CalendarRefused(f"there is a calendar {key!r} already; `guichet calendar change` changes it")
    row = Calendar(key=key, names={}, time_zone="UTC", hours={}, closed_days=[], open_days=[])
    _change(row, changes)
    session.add(row)
    renew(session)
    return known_calendar(row)


def change_calendar(session: Session, key: str, changes: CalendarChanges) -> KnownCalendar:
    """Bring what is named to the new state.

    Raises:
        CalendarUnknown, CalendarRefused: nothing is changed.
    """
    row = session.get(Calendar, key, with_for_update=True, populate_existing=True)
    if row is None:
        raise CalendarUnknown(key)
    _change(row, changes)
    renew(session)
    return known_calendar(row)


def _change(row: Calendar, changes: CalendarChanges) -> None:
    row.names = named(row.names, changes.get("names", {}))
    if why := why_not_names(row.names):
        raise CalendarRefused(why)
    if "time_zone" in changes:
        row.time_zone = _zone(changes["time_zone"])
    if "hours" in changes:
        row.hours = _hours(changes["hours"])
    if not row.hours:
        raise CalendarRefused("it is never open; say when, such as --hours 'mon-fri 08:30-12:30 13:30-18:00'")
    if "country" in changes:
        row.country, row.subdivision = changes["country"], None
    if "subdivision" in changes:
        row.subdivision = changes["subdivision"]
    if why := why_not_place(row.country, row.subdivision):
        raise CalendarRefused(why)
    _change_days(row, changes)


def _change_days(row: Calendar, changes: CalendarChanges) -> None:
    closed, opened = _days(changes.get("closed", ())), _days(changes.get("opened", ()))
    usual = _days(changes.get("usual", ()))
    if twice := sorted(closed & opened | closed & usual | opened & usual):
        raise CalendarRefused(f"{twice[0]} is named twice; a day is closed, or open, or as usual")
    named_now = closed | opened | usual
    row.closed_days = sorted(set(row.closed_days) - named_now | closed)
    row.open_days = sorted(set(row.open_days) - named_now | opened)


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CalendarRefused(f"{name!r} is no time zone; one looks like Europe/Paris") from None


def _hours(lines: Sequence[str]) -> dict[str, list[list[str]]]:
    try:
        return kept_hours(lines)
    except HoursRefused as error:
        raise CalendarRefused(str(error)) from None


def _days(texts: Iterable[str]) -> set[str]:
    found = set()
    for text in texts:
        try:
            found.add(date.fromisoformat(text).isoformat())
        except ValueError:
            raise CalendarRefused(f"{text!r} is no day; one looks like 2026-12-24") from None
    return found
