"""Clocks: equal to a count of every minute; pauses, splits and replays cannot break a promise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ticketing.calendars import MINUTE, Model, models, moments
from tests.ticketing.promises import (
    AGENT,
    PERSON,
    Event,
    Minutes,
    a_level,
    happenings,
    histories,
    runs,
)
from ticketing.calendars.hours import kept_hours, week_of
from ticketing.calendars.logic import BusinessCalendar
from ticketing.sla.clocks import Clock, IntervalKind, clock_at, clocks_of, ledger_of
from ticketing.sla.history import points_of
from ticketing.sla.logic import (
    AGREEMENT_OF,
    PAUSES,
    Agreement,
    ClockState,
    Conditions,
    Level,
    Target,
    level_for,
    why_not_targets,
)
from ticketing.tickets.logic import HoldReason

FIRST, NEXT, RESOLUTION = Target.FIRST_RESPONSE, Target.NEXT_RESPONSE, Target.RESOLUTION
HOUR = timedelta(hours=1)
EVERYBODY = Conditions()
MONDAY = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
ALWAYS = BusinessCalendar("always", ZoneInfo("UTC"), week_of(kept_hours(["mon-sun 00:00-24:00"])))
OFFICE = BusinessCalendar("office", ZoneInfo("UTC"), week_of(kept_hours(["mon-fri 08:00-12:00 13:00-17:00"])))
lengths = st.fixed_dictionaries({target: st.integers(1, 1500) for target in (FIRST, NEXT, RESOLUTION)})


def lineage(category: str) -> tuple[str, ...]:
    return (category, *{"wifi": ("network",), "vpn": ("wifi", "network")}.get(category, ()))


def a_promise(
    minutes: dict[Target, int],
    calendar: BusinessCalendar = ALWAYS,
    *,
    key: str = "all",
    agreement: Agreement = Agreement.SLA,
    conditions: Conditions = EVERYBODY,
) -> Level:
    targets = {target: length * MINUTE for target, length in minutes.items()}
    return Level(key, agreement, conditions, targets, calendar, PAUSES[agreement])


def clocks(
    level: Level | tuple[Level, ...], events: list[Event], start: datetime = MONDAY
) -> dict[Any, Clock]:
    levels = level if isinstance(level, tuple) else (level,)
    found = clocks_of(runs(start, events), levels, lineage)
    return {(clock.target, clock.run.occurrence): clock for clock in found}


def at(hours: float) -> datetime:
    return MONDAY + hours * HOUR


@settings(max_examples=150, deadline=None)
@given(model=models(), start=moments(), minutes=lengths, data=st.data())
def test_clocks_are_what_a_count_of_every_minute_gives(
    model: Model, start: datetime, minutes: dict[Target, int], data: st.DataObject
) -> None:
    events = data.draw(histories(start))
    now = (events[-1][0] if events else start) + data.draw(st.integers(0, 2000)) * MINUTE
    counted = Minutes(model, minutes)
    counted.count(start, events, now)

    found = clocks(a_level(model, minutes), events, start)

    assert set(found) == set(counted.found)
    for key, clock in found.items():
        expected, seen = counted.found[key], clock_at(clock, now)
        assert (seen.used, seen.met_at) == (expected.used, expected.met)
        is_broken = expected.due is not None and expected.due <= now and expected.due != expected.met
        assert seen.breached_at == (expected.due if is_broken else None)


@settings(max_examples=150, deadline=None)
@given(
    model=models(),
    start=moments(),
    length=st.integers(1, 3000),
    waits=st.tuples(st.integers(0, 4000), st.integers(1, 4000), st.integers(1, 4000)),
)
def test_a_pause_never_makes_a_breach_and_never_brings_one_nearer(
    model: Model, start: datetime, length: int, waits: tuple[int, int, int]
) -> None:
    held = start + (waits[0] + 1) * MINUTE
    resumed, resolved = held + waits[1] * MINUTE, held + (waits[1] + waits[2]) * MINUTE
    pause: list[Event] = [(held, "hold", "requester"), (resumed, "resume", None)]
    end: list[Event] = [(resolved, "resolve", None)]
    level = a_level(model, {RESOLUTION: length})

    for ending in ([], end):
        without = clocks(level, ending, start)[RESOLUTION, 1]
        within = clocks(level, pause + ending, start)[RESOLUTION, 1]

        if within.breach_at:
            assert without.breach_at
            assert within.breach_at >= without.breach_at
        if without.due_at and within.due_at:
            assert within.due_at >= without.due_at


@settings(max_examples=80, deadline=None)
@given(model=models(), start=moments(), minutes=lengths, data=st.data())
def test_splitting_a_time_by_entries_that_change_nothing_changes_nothing(
    model: Model, start: datetime, minutes: dict[Target, int], data: st.DataObject
) -> None:
    events = data.draw(histories(start))
    cuts = data.draw(st.lists(st.integers(1, 5000), max_size=5))
    # What the assistant says counts for nobody's promise.
    idle: list[Event] = [(start + cut * MINUTE, "chat", None) for cut in cuts]
    split = sorted(events + idle, key=lambda event: event[0])
    level, now = a_level(model, minutes), start + timedelta(days=9)

    def seen(history: list[Event]) -> list[Any]:
        return [
            (clock_at(each, now), each.due_at, ledger_of(each, now))
            for each in clocks(level, history, start).values()
        ]

    assert seen(split) == seen(events)


@settings(max_examples=80, deadline=None)
@given(model=models(), start=moments(), minutes=lengths, data=st.data())
def test_replaying_the_journal_gives_the_same_answer_and_the_ledger_adds_up_to_it(
    model: Model, start: datetime, minutes: dict[Target, int], data: st.DataObject
) -> None:
    events = data.draw(histories(start))
    now = (events[-1][0] if events else start) + data.draw(st.integers(0, 3000)) * MINUTE
    level = a_level(model, minutes)
    first, again = clocks(level, events, start), clocks(a_level(model, minutes), events, start)

    for key, clock in first.items():
        assert clock_at(clock, now) == clock_at(again[key], now)
        rows = ledger_of(clock, now)
        assert rows == ledger_of(again[key], now)
        assert all(before.until == after.since for before, after in pairwise(rows))
        until_now = [row for row in rows if not row.is_ahead]
        used = sum((row.business_time for row in until_now), timedelta(0))
        assert used == clock_at(clock, now).used
        if rows and rows[-1].is_ahead:
            assert (rows[-1].until, rows[-1].total) == (clock.due_at, clock.length)


@settings(max_examples=80, deadline=None)
@given(start=moments(), length=st.integers(1, 2000), data=st.data())
def test_a_longer_promise_is_never_due_earlier_and_its_clock_has_used_the_same(
    start: datetime, length: int, data: st.DataObject
) -> None:
    model, events = data.draw(models()), data.draw(histories(start))
    now = start + timedelta(days=8)
    short = clocks(a_level(model, {RESOLUTION: length}), events, start)[RESOLUTION, 1]
    long = clocks(a_level(model, {RESOLUTION: length + 60}), events, start)[RESOLUTION, 1]

    assert clock_at(short, now).used == clock_at(long, now).used
    assert short.run.started_at == long.run.started_at
    if short.due_at and long.due_at:
        assert short.due_at <= long.due_at


def test_a_pause_moves_the_due_date_by_the_business_time_it_lasts() -> None:
    events: list[Event] = [(at(1), "hold", "requester"), (at(3), "resume", None)]

    clock = clocks(a_promise({RESOLUTION: 240}, OFFICE), events)[RESOLUTION, 1]

    # 08:00 to 09:00 used; on hold until 11:00; an hour until lunch; two in the afternoon.
    assert clock.due_at == at(7)
    assert clock_at(clock, at(2)).used == HOUR


def test_a_clock_on_hold_is_not_due_and_says_that_it_waits() -> None:
    clock = clocks(a_promise({RESOLUTION: 240}), [(at(1), "hold", "supplier")])[RESOLUTION, 1]

    assert (clock.due_at, clock.warn_at, clock.breach_at) == (None, None, None)
    assert clock_at(clock, at(90)).state is ClockState.PAUSED
    assert clock_at(clock, at(90)).used == HOUR


def test_a_promise_broken_before_a_hold_stays_broken() -> None:
    clock = clocks(a_promise({RESOLUTION: 30}), [(at(1), "hold", "requester")])[RESOLUTION, 1]

    assert clock.breach_at == at(0.5)
    assert clock_at(clock, at(5)).state is ClockState.BREACHED


@pytest.mark.parametrize(
    ("agreement", "reason", "pauses"),
    [(Agreement.SLA, reason, True) for reason in HoldReason]
    + [(Agreement.OLA, reason, reason is HoldReason.REQUESTER) for reason in HoldReason],
)
def test_which_holds_pause_is_for_the_agreement_to_say(
    agreement: Agreement, reason: HoldReason, pauses: bool
) -> None:
    target = RESOLUTION if agreement is Agreement.SLA else Target.HANDLING
    level = a_promise({target: 600}, agreement=agreement)

    clock = clocks(level, [(at(1), "hold", reason.value)])[target, 1]

    assert (clock_at(clock, at(2)).state is ClockState.PAUSED) is pauses


def test_only_a_person_of_the_team_gives_the_first_response() -> None:
    level = a_promise({FIRST: 60})
    said_by_machines: list[Event] = [(at(0.5), "chat", None), (at(0.6), "ask", None)]

    assert clocks(level, said_by_machines)[FIRST, 1].run.met_at is None
    assert clocks(level, [*said_by_machines, (at(0.7), "answer", None)])[FIRST, 1].run.met_at == at(0.7)


def test_a_resolution_by_a_person_is_a_first_response_where_nothing_was_said_before() -> None:
    level = a_promise({FIRST: 60, RESOLUTION: 600})

    by_person = clocks(level, [(at(2), "resolve", None)])
    by_desk = clocks(level, [(at(0.5), "resolve by desk", None)])

    assert (by_person[FIRST, 1].run.met_at, by_person[FIRST, 1].breach_at) == (at(2), at(1))
    assert clock_at(by_desk[FIRST, 1], at(9)).state is ClockState.CANCELLED
    assert by_desk[FIRST, 1].breach_at is None


def test_a_hold_is_no_excuse_for_saying_nothing_at_all() -> None:
    clock = clocks(a_promise({FIRST: 120}), [(at(1), "hold", "supplier")])[FIRST, 1]

    assert clock.due_at == at(2)


def test_each_question_after_the_first_answer_is_owed_one_of_its_own() -> None:
    events: list[Event] = [
        (at(1), "ask", None),  # before anybody has answered: the first response is owed
        (at(2), "answer", None),
        (at(3), "ask", None),
        (at(4), "ask", None),  # the same silence
        (at(5), "answer", None),
        (at(6), "answer", None),
        (at(7), "ask", None),
    ]

    found = clocks(a_promise({NEXT: 90}), events)

    assert [(key[1], clock.run.started_at, clock.run.met_at) for key, clock in found.items()] == [
        (1, at(3), at(5)),
        (2, at(7), None),
    ]
    assert [clock.breach_at for clock in found.values()] == [at(4.5), at(8.5)]


def test_reopening_goes_on_with_the_clock_without_the_time_in_between() -> None:
    events: list[Event] = [(at(1), "resolve", None), (at(11), "reopen", PERSON)]

    clock = clocks(a_promise({RESOLUTION: 180}), events)[RESOLUTION, 1]

    assert clock.due_at == at(13)
    assert [row.kind for row in ledger_of(clock, at(12))] == [
        IntervalKind.RUNNING,
        IntervalKind.STOPPED,
        IntervalKind.RUNNING,
        IntervalKind.RUNNING,
    ]


def test_a_promise_kept_before_a_reopening_can_be_broken_after_it() -> None:
    level = a_promise({RESOLUTION: 120})

    assert clocks(level, [(at(1), "resolve", None)])[RESOLUTION, 1].breach_at is None
    reopened = clocks(level, [(at(1), "resolve", None), (at(5), "reopen", AGENT)])[RESOLUTION, 1]
    assert reopened.breach_at == at(6)


@pytest.mark.parametrize("verb", ["cancel", "merge"])
def test_a_ticket_that_is_cancelled_or_merged_owes_nothing_more(verb: str) -> None:
    found = clocks(a_promise({FIRST: 90, RESOLUTION: 90}), [(at(1), verb, None)])

    assert {clock_at(clock, at(9)).state for clock in found.values()} == {ClockState.CANCELLED}
    assert [clock.breach_at for clock in found.values()] == [None, None]


def test_what_is_undone_of_a_merge_goes_on_without_the_time_in_between() -> None:
    events: list[Event] = [(at(1), "merge", None), (at(4), "unmerge", None)]

    assert clocks(a_promise({RESOLUTION: 120}), events)[RESOLUTION, 1].due_at == at(5)


def test_a_change_of_priority_keeps_beginning_and_pauses_and_changes_the_length_alone() -> None:
    urgent = a_promise({RESOLUTION: 240}, key="p1", conditions=Conditions(priorities=("P1",)))
    usual = a_promise({RESOLUTION: 600}, key="rest")
    events: list[Event] = [(at(1), "hold", "requester"), (at(3), "resume", None)]

    before = clocks((urgent, usual), events)[RESOLUTION, 1]
    after = clocks((urgent, usual), [*events, (at(4), "P1", None)])[RESOLUTION, 1]

    assert (before.level.key, before.due_at) == ("rest", at(12))
    assert (after.level.key, after.due_at) == ("p1", at(6))
    assert clock_at(after, at(5)).paused == clock_at(before, at(5)).paused


def test_a_promise_that_was_kept_is_not_broken_by_a_later_change_of_priority() -> None:
    urgent = a_promise({FIRST: 30}, key="p1", conditions=Conditions(priorities=("P1",)))
    usual = a_promise({FIRST: 240}, key="rest")

    clock = clocks((urgent, usual), [(at(2), "answer", None), (at(3), "P1", None)])[FIRST, 1]

    assert (clock.level.key, clock_at(clock, at(9)).state) == ("rest", ClockState.MET)


def test_each_group_that_a_ticket_comes_to_has_a_clock_of_its_own() -> None:
    level = a_promise({Target.PICK_UP: 60, Target.HANDLING: 300}, agreement=Agreement.OLA)
    events: list[Event] = [
        (at(0.5), "start", None),
        (at(2), "pass on", "network"),
        (at(4), "start", None),
        (at(5), "resolve", None),
    ]

    found = clocks(level, events)

    picked = {key[1]: clock for key, clock in found.items() if key[0] is Target.PICK_UP}
    assert [(picked[n].run.started_at, picked[n].run.met_at) for n in (1, 2)] == [
        (at(0), at(0.5)),
        (at(2), at(4)),
    ]
    assert (picked[1].breach_at, picked[2].breach_at) == (None, at(3))
    assert found[Target.HANDLING, 1].run.met_at == at(2)
    assert found[Target.HANDLING, 2].run.met_at == at(5)


def test_a_ticket_passed_on_before_anybody_began_owes_that_group_no_pick_up() -> None:
    level = a_promise({Target.PICK_UP: 60}, agreement=Agreement.OLA)

    clock = clocks(level, [(at(0.5), "pass on", "network")])[Target.PICK_UP, 1]

    assert clock_at(clock, at(9)).state is ClockState.CANCELLED


def test_exactly_in_time_is_in_time() -> None:
    level = a_promise({RESOLUTION: 60})

    assert clocks(level, [(at(1), "resolve", None)])[RESOLUTION, 1].breach_at is None
    late = [(at(1) + timedelta.resolution, "resolve", None)]
    assert clocks(level, late)[RESOLUTION, 1].breach_at == at(1)  # type: ignore[arg-type]


def test_time_used_up_when_a_hold_begins_was_due_then_and_not_when_the_hold_ends() -> None:
    events: list[Event] = [(at(1), "hold", "requester"), (at(3), "resume", None)]

    assert clocks(a_promise({RESOLUTION: 60}), events)[RESOLUTION, 1].due_at == at(1)


def test_a_clock_that_goes_backwards_between_entries_takes_no_time_away() -> None:
    events: list[Event] = [(at(2), "hold", "requester"), (at(1), "resume", None), (at(3), "answer", None)]

    clock = clocks(a_promise({RESOLUTION: 240}), events)[RESOLUTION, 1]

    assert clock.due_at == at(4)


def test_a_calendar_that_is_always_closed_owes_nothing_ever() -> None:
    shut = BusinessCalendar("shut", ZoneInfo("UTC"), week_of({}))

    clock = clocks(a_promise({RESOLUTION: 60}, shut), [])[RESOLUTION, 1]

    assert (clock.due_at, clock.breach_at) == (None, None)
    assert clock_at(clock, at(1000)).state is ClockState.RUNNING


def test_the_first_level_that_fits_holds_and_a_category_stands_for_all_below_it() -> None:
    levels = (
        a_promise({FIRST: 1}, key="vip", conditions=Conditions(vip=True)),
        a_promise({FIRST: 2}, key="finance", conditions=Conditions(requester_groups=("finance",))),
        a_promise({FIRST: 3}, key="network", conditions=Conditions(categories=("network",))),
        a_promise({FIRST: 4}, key="rest"),
    )

    def chosen(category: str = "other", **asker: Any) -> str | None:
        [point] = points_of(happenings(MONDAY, []), **asker)
        level = level_for(levels, Agreement.SLA, _with(point.facts, category=category), lineage)
        return level.key if level else None

    assert chosen(is_vip=True, requester_group="finance") == "vip"
    assert chosen(requester_group="finance") == "finance"
    assert chosen("vpn") == "network"
    assert chosen() == "rest"
    assert level_for(levels, Agreement.OLA, points_of(happenings(MONDAY, []))[0].facts, lineage) is None


def test_every_target_belongs_to_an_agreement_and_has_a_place_in_the_story() -> None:
    assert set(AGREEMENT_OF) == set(Target)
    seen = {run.target for run in runs(MONDAY, [(at(1), "answer", None), (at(2), "ask", None)])}
    assert seen == {*Target, None}


@pytest.mark.parametrize(
    ("agreement", "targets", "why"),
    [
        (Agreement.SLA, {}, "promises nothing"),
        (Agreement.SLA, {"pick_up": 10}, "no target"),
        (Agreement.OLA, {"resolution": 10}, "no target"),
        (Agreement.SLA, {"resolution": 0}, "minutes"),
        (Agreement.SLA, {"resolution": 10**7}, "minutes"),
    ],
)
def test_targets_that_cannot_be_are_refused(agreement: Agreement, targets: dict[str, int], why: str) -> None:
    refused = why_not_targets(agreement, targets)

    assert refused is not None
    assert why in refused


def _with(facts: Any, **changes: Any) -> Any:
    return replace(facts, **changes)
