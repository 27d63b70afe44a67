"""The hours of a week as people write them and as the table keeps them. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from ticketing.calendars.logic import Span, Week

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_TIME = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")
_LINE = re.compile(r"(?P<days>[a-z,-]+)\s+(?P<spans>\S.*)")


class HoursRefused(ValueError):
    """Hours that cannot be so; the text says why."""


def week_of(kept: Mapping[str, Any]) -> Week:
    """From what the table keeps: `{"mon": [["08:30", "12:30"], ["13:30", "24:00"]], …}`.

    Raises:
        HoursRefused: a day, a time or an order that cannot be.
    """
    if unknown := sorted(set(kept) - set(DAYS)):
        raise HoursRefused(f"{unknown[0]!r} is no day; days are {' '.join(DAYS)}")
    return tuple(_spans(day, kept.get(day, ())) for day in DAYS)


def kept_hours(lines: Iterable[str]) -> dict[str, list[list[str]]]:
    """What the table keeps, from lines such as `mon-fri 08:30-12:30 13:30-18:00`; lines of one day add up.

    Raises:
        HoursRefused: a line that cannot be read, or hours that cannot be.
    """
    kept: dict[str, list[list[str]]] = {}
    closed: set[str] = set()
    for line in lines:
        found = _LINE.fullmatch(line.strip().lower())
        if found is None:
            raise HoursRefused(f"{line!r} cannot be read; hours look like 'mon-fri 08:30-12:30 13:30-18:00'")
        days = _days(found["days"])
        if found["spans"] == "closed":
            closed.update(days)
            continue
        spans = [_pair(span) for span in found["spans"].split()]
        for day in days:
            kept.setdefault(day, []).extend(spans)
    for day in DAYS:
        if day in closed and day in kept:
            raise HoursRefused(f"{day}: it is named closed and with hours; name it once")
    week = {day: sorted(kept[day]) for day in DAYS if day in kept}
    week_of(week)
    return week


def in_words(kept: Mapping[str, Any]) -> list[str]:
    """One line for the days that have the same hours, such as `mon-fri 08:30-12:30 13:30-18:00`."""
    lines: list[tuple[str, str, str]] = []
    for index, day in enumerate(DAYS):
        spans = " ".join(f"{since}-{until}" for since, until in kept.get(day, ()))
        if not spans:
            continue
        if lines and lines[-1][2] == spans and DAYS[index - 1] == lines[-1][1]:
            lines[-1] = (lines[-1][0], day, spans)
        else:
            lines.append((day, day, spans))
    return [f"{first if first == last else f'{first}-{last}'} {spans}" for first, last, spans in lines]


def _spans(day: str, pairs: Sequence[Sequence[str]]) -> tuple[Span, ...]:
    spans = tuple((_minutes(since), _minutes(until)) for since, until in pairs)
    for since, until in spans:
        if since >= until:
            raise HoursRefused(
                f"{day}: it closes before it opens; hours over midnight are two: "
                "'mon-fri 22:00-24:00' and 'tue-sat 00:00-06:00'"
            )
    for (_, before), (after, _) in pairwise(spans):
        if after < before:
            raise HoursRefused(f"{day}: its hours overlap or are not in order")
    return spans


def _minutes(text: str) -> int:
    found = _TIME.fullmatch(text)
    if found is None or (found[1] == "24" and found[2] != "00"):
        raise HoursRefused(f"{text!r} is no time; times are 00:00 to 24:00")
    return int(found[1]) * 60 + int(found[2])


def _pair(span: str) -> list[str]:
    since, dash, until = span.partition("-")
    if not dash:
        raise HoursRefused(f"{span!r} is no span of time; one looks like 08:30-12:30")
    return [_padded(since), _padded(until)]


def _padded(text: str) -> str:
    minutes = _minutes(text)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _days(text: str) -> list[str]:
    found: list[str] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        for day in (first, last or first):
            if day not in DAYS:
                raise HoursRefused(f"{day!r} is no day; days are {' '.join(DAYS)}")
        since, until = DAYS.index(first), DAYS.index(last or first)
        if until < since:
            raise HoursRefused(f"{part!r} goes backwards; name the days from Monday on")
        found += DAYS[since : until + 1]
    return found
