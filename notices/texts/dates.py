"""Dates as people of each language write them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
}
_DAYS = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
}


def in_words(day: date, language: str) -> str:
    """ "22 November 2026", "22 novembre 2026"; of a moment the day in the zone that it carries."""
    months = _MONTHS.get(language, _MONTHS["en"]).split()
    number = "1er" if language == "fr" and day.day == 1 else str(day.day)
    return f"{number} {months[day.month - 1]} {day.year}"


def day_in_words(moment: datetime, zone: ZoneInfo, language: str) -> str:
    """The day that a moment falls on there."""
    return in_words(moment.astimezone(zone), language)


def moment_in_words(moment: datetime, zone: ZoneInfo, language: str) -> str:
    """ "Friday 27 November 2026, 17:30 (Europe/Paris)", "vendredi 27 novembre 2026 à 17 h 30 (…)"."""
    local = moment.astimezone(zone)
    day = f"{_DAYS.get(language, _DAYS['en']).split()[local.weekday()]} {in_words(local, language)}"
    if language == "fr":
        return f"{day} à {local.hour} h {local:%M} ({zone.key})"
    return f"{day}, {local:%H:%M} ({zone.key})"
