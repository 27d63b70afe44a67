"""Business calendars: equal to the clock on the wall read every minute, whatever the zone does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ticketing.calendars import MINUTE, Model, models, moments
from ticketing.calendars.hours import HoursRefused, in_words, kept_hours, week_of
from ticketing.calendars.logic import BusinessCalendar
from ticketing.calendars.public_holidays import public_holidays, why_not_place

HOUR = timedelta(hours=1)
PARIS = ZoneInfo("Europe/Paris")
OFFICE = week_of(kept_hours(["mon-fri 08:30-12:30 13:30-18:00"]))
ALWAYS = week_of(kept_hours(["mon-sun 00:00-24:00"]))


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@settings(max_examples=120, deadline=None)
@given(model=models(), start=moments(), length=st.integers(0, 3 * 1440))
def test_business_time_is_what_a_count_of_every_minute_gives(
    model: Model, start: datetime, length: int
) -> None:
    end = start + length * MINUTE

    assert model.calendar().business_time_between(start, end) == model.business_time_between(start, end)


@settings(max_examples=120, deadline=None)
@given(model=models(), start=moments(), lengths=st.lists(st.integers(0, 5000), min_size=2, max_size=4))
def test_splitting_a_time_changes_nothing(model: Model, start: datetime, lengths: list[int]) -> None:
    calendar = model.calendar()
    ends = [start]
    for length in lengths:
        ends.append(ends[-1] + length * MINUTE + timedelta(seconds=length % 60))

    parts = [calendar.business_time_between(since, until) for since, until in pairwise(ends)]

    assert sum(parts, timedelta(0)) == calendar.business_time_between(start, ends[-1])


@settings(max_examples=120, deadline=None)
@given(model=models(), start=moments(), seconds=st.integers(0, 400_000))
def test_what_comes_after_some_business_time_is_that_far_away_and_no_later_than_need_be(
    model: Model, start: datetime, seconds: int
) -> None:
    calendar, amount = model.calendar(), timedelta(seconds=seconds)

    due = calendar.after(start, amount)

    if due is None:
        assert calendar.is_always_closed or not any(model.week)
        return
    assert calendar.business_time_between(start, due) == amount
    if amount:
        assert calendar.business_time_between(start, due - timedelta.resolution) < amount


@settings(max_examples=60, deadline=None)
@given(model=models(), start=moments(), length=st.integers(1, 8000))
def test_intervals_are_apart_in_order_and_make_up_the_business_time(
    model: Model, start: datetime, length: int
) -> None:
    calendar, end = model.calendar(), start + length * MINUTE

    found = list(calendar.intervals(start, end))

    assert all(start <= since < until <= end for since, until in found)
    assert all(before[1] < after[0] for before, after in pairwise(found))
    total = sum((until - since for since, until in found), timedelta(0))
    assert total == calendar.business_time_between(start, end)


@settings(max_examples=60, deadline=None)
@given(model=models(), start=moments(), cut=st.integers(1, 1439))
def test_splitting_the_hours_of_a_calendar_changes_nothing(model: Model, start: datetime, cut: int) -> None:
    week = tuple(
        tuple(
            part
            for since, until in spans
            for part in ([(since, cut), (cut, until)] if since < cut < until else [(since, until)])
        )
        for spans in model.week
    )
    split = Model(model.zone, week, model.closed).calendar()
    end = start + timedelta(days=4)

    assert list(split.intervals(start, end)) == list(model.calendar().intervals(start, end))


def test_midnight_costs_no_minute_when_a_day_ends_at_24_00_and_the_next_begins_at_00_00() -> None:
    calendar = BusinessCalendar("always", PARIS, ALWAYS)
    start, end = paris("2026-06-01 09:00"), paris("2026-06-29 09:00")

    assert calendar.business_time_between(start, end) == timedelta(days=28)
    assert list(calendar.intervals(start, end)) == [(start, end)]


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-28", 23), ("2026-10-24", 25), ("2026-06-01", 24), ("2028-02-28", 24)]
)
def test_a_day_and_night_calendar_has_the_hours_that_the_day_really_has(day: str, hours: int) -> None:
    calendar = BusinessCalendar("always", PARIS, ALWAYS)
    start = paris(f"{day} 12:00")
    end = (start.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=PARIS)

    # Both in UTC: Python subtracts two times of one zone by the clock on the wall.
    assert calendar.business_time_between(start.astimezone(UTC), end.astimezone(UTC)) == hours * HOUR


def test_an_hour_that_is_skipped_cannot_be_worked_and_one_that_comes_twice_is_worked_twice() -> None:
    night = BusinessCalendar("night", PARIS, week_of(kept_hours(["sun 02:00-03:00"])))

    def on(day: str) -> timedelta:
        return night.business_time_between(paris(f"{day} 00:00"), paris(f"{day} 12:00"))

    assert (on("2026-03-29"), on("2026-10-25"), on("2026-06-07")) == (timedelta(0), 2 * HOUR, HOUR)


def test_lord_howe_gains_and_loses_half_an_hour() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    calendar = BusinessCalendar("night", zone, week_of(kept_hours(["sun 01:00-03:00"])))

    def on(day: date) -> timedelta:
        start = datetime(day.year, day.month, day.day, tzinfo=zone)
        return calendar.business_time_between(start, start + timedelta(hours=12))

    assert (on(date(2026, 10, 4)), on(date(2026, 4, 5))) == (1.5 * HOUR, 2.5 * HOUR)


def test_due_in_the_afternoon_when_asked_before_lunch() -> None:
    calendar = BusinessCalendar("office", PARIS, OFFICE)

    assert calendar.after(paris("2026-06-01 12:00"), HOUR) == paris("2026-06-01 14:00")
    # At the end of the day, not when the next one begins.
    assert calendar.after(paris("2026-06-01 17:00"), HOUR) == paris("2026-06-01 18:00")
    # Friday evening, over the weekend.
    assert calendar.after(paris("2026-06-05 17:30"), HOUR) == paris("2026-06-08 09:00")


def test_a_closed_day_is_left_out_and_named() -> None:
    calendar = BusinessCalendar("office", PARIS, OFFICE, {date(2026, 5, 1): "Fête du Travail"}.get)

    assert calendar.after(paris("2026-04-30 17:30"), HOUR) == paris("2026-05-04 09:00")
    assert calendar.why_closed(paris("2026-04-30 18:00"), paris("2026-05-04 08:30")) == "Fête du Travail"
    assert calendar.why_closed(paris("2026-04-29 18:00"), paris("2026-04-30 08:30")) is None


@pytest.mark.parametrize(
    ("week", "closed"),
    [((), lambda _: None), (ALWAYS, lambda _: "closed for good")],
    ids=["no hours", "every day closed"],
)
def test_a_calendar_that_is_always_closed_says_never(week: object, closed: object) -> None:
    calendar = BusinessCalendar("shut", PARIS, week or week_of({}), closed)  # type: ignore[arg-type]

    assert calendar.after(paris("2026-06-01 12:00"), MINUTE) is None
    assert calendar.business_time_between(paris("2026-06-01 12:00"), paris("2027-06-01 12:00")) == 0 * HOUR


def test_a_business_year_is_found_without_asking_every_minute() -> None:
    asked = 0

    def closed(_day: date) -> str | None:
        nonlocal asked
        asked += 1
        return None

    calendar = BusinessCalendar("office", PARIS, OFFICE, closed)
    start = paris("2026-01-05 08:30")

    due = calendar.after(start, timedelta(hours=8.5) * 260)
    first = asked
    again = calendar.after(start, timedelta(hours=8.5) * 260)

    assert due == again == paris("2027-01-01 18:00")
    # Once or twice a day (a day of UTC touches two local ones), and never again.
    assert first <= 2 * 365
    assert asked == first


def test_hours_are_read_and_said_again() -> None:
    kept = kept_hours(["mon-thu 8:30-12:30 13:30-18:00", "fri 08:30-12:00", "sat,sun closed"])

    assert in_words(kept) == ["mon-thu 08:30-12:30 13:30-18:00", "fri 08:30-12:00"]
    assert kept["mon"] == [["08:30", "12:30"], ["13:30", "18:00"]]


def test_the_hours_of_a_day_that_is_named_twice_add_up() -> None:
    kept = kept_hours(["mon-fri 22:00-24:00", "tue-sat 00:00-06:00"])

    assert in_words(kept) == ["mon 22:00-24:00", "tue-fri 00:00-06:00 22:00-24:00", "sat 00:00-06:00"]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["mon-fri 08:00-18:00", "fri 17:00-20:00"], "fri: its hours overlap"),
        (["mon-sun 08:00-18:00", "sun closed"], "sun: it is named closed and with hours"),
    ],
)
def test_what_a_day_is_told_twice_may_not_contradict_itself(lines: list[str], why: str) -> None:
    with pytest.raises(HoursRefused, match=why):
        kept_hours(lines)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("mon 18:00-08:00", "closes before it opens"),
        ("mon 08:00-12:00 11:00-13:00", "overlap"),
        ("mon 08:00-24:30", "is no time"),
        ("mon 8-12", "is no time"),
        ("lun 08:00-12:00", "is no day"),
        ("fri-mon 08:00-12:00", "goes backwards"),
        ("monday", "cannot be read"),
    ],
)
def test_hours_that_cannot_be_are_refused_with_the_reason(line: str, why: str) -> None:
    with pytest.raises(HoursRefused, match=why):
        kept_hours([line])


def test_public_holidays_are_those_of_the_country_and_its_part() -> None:
    first_of_may, good_friday = date(2026, 5, 1), date(2026, 4, 3)

    assert public_holidays("FR", None)(first_of_may) == "Fête du Travail"
    assert public_holidays("FR", None)(good_friday) is None
    assert public_holidays("FR", "57")(good_friday) is not None


@pytest.mark.parametrize(("country", "subdivision"), [("XX", None), ("FR", "ZZ"), (None, "57")])
def test_a_place_without_known_holidays_is_refused(country: str | None, subdivision: str | None) -> None:
    assert why_not_place(country, subdivision)
    assert why_not_place("FR", "57") is None


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ("2026-06-12 17:00", "2026-06-05 17:00"),  # Friday, a week of five working days
        ("2026-06-10 09:00", "2026-06-03 09:00"),
        ("2026-06-13 12:00", "2026-06-06 00:00"),  # Saturday: as late as when Friday ended
        ("2026-05-08 10:00", "2026-04-30 10:00"),  # over the First of May
    ],
)
def test_five_working_days_ago_leaves_out_weekends_and_holidays(now: str, before: str) -> None:
    calendar = BusinessCalendar("office", PARIS, OFFICE, {date(2026, 5, 1): "Fête du Travail"}.get)

    assert calendar.days_before(paris(now), 5) == paris(before)


def test_a_calendar_without_hours_has_no_working_day_ago() -> None:
    assert BusinessCalendar("shut", PARIS, week_of({})).days_before(paris("2026-06-12 17:00"), 5) is None
