"""Warnings, breaches and timed escalations: once each, late rather than never (TRUST RL-8, F21, F22)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from identity.agents.operations import change_agent
from identity.agents.queries import agent_by_key
from storage.database import Database
from tests.databases import NOW, at_once, values
from tests.ticketing.promised import (
    a_desk,
    a_p2,
    a_p3,
    answer,
    at,
    change_row,
    classify,
    dates,
    entries,
    move,
    start,
    sweep,
    told,
)
from tests.ticketing.tickets import letters, ticket_of
from ticketing.calendars.models import Calendar
from ticketing.sla.operations import tell_due
from ticketing.sla.queries import due_tickets
from ticketing.sla.upkeep import renew
from ticketing.tickets.handling import move_ticket
from ticketing.tickets.logic import EntryKind, HoldReason, Status, SupportTier
from ticketing.tickets.models import JournalText, Ticket
from ticketing.tickets.priority import Impact, Urgency
from ticketing.tickets.verifying import verify_journal

FIRST_WARNED, FIRST_BROKEN = ("first_response", 1, "warning"), ("first_response", 1, "breach")
WARNED, BREACHED = EntryKind.SLA_WARNED, EntryKind.SLA_BREACHED


def a_promised_p3(db: Database) -> int:
    return a_p3(a_desk(db))


def test_a_warning_comes_at_three_quarters_and_the_breach_at_the_end_once_each(db: Database) -> None:
    ticket_id = a_promised_p3(db)

    heard = [(hours, sweep(db, at(hours))) for hours in (1.4, 1.5, 1.6, 1.9, 2, 2.1, 3)]

    assert [hours for hours, count in heard if count] == [1.5, 2]
    assert told(db, ticket_id) == [FIRST_WARNED, FIRST_BROKEN]
    [warned], [broken] = entries(db, ticket_id, WARNED), entries(db, ticket_id, BREACHED)
    assert (warned.actor, warned.at, warned.data["late_seconds"]) == ("desk", at(1.5), 0)
    assert (broken.data["target"], broken.data["due"]) == ("first_response", at(2).isoformat())
    assert db.read(verify_journal, ticket_id) is None


def test_a_warning_names_what_was_promised_and_when_it_is_due_where_its_calendar_is(db: Database) -> None:
    a_promised_p3(db)

    sweep(db, at(1.5))

    mails = [letter.payload["text"] for letter in letters(db) if ":sla_warning:" in letter.key]
    assert mails
    for text in mails:
        assert "First response: due on Monday 2 March 2026, 11:00 (UTC)." in text


def test_an_answer_in_time_is_heard_of_by_nobody(db: Database) -> None:
    ticket_id = a_promised_p3(db)
    answer(db, ticket_id, at(1))

    assert sweep(db, at(8)) == 0
    assert told(db, ticket_id) == []


def test_a_sweep_that_was_dead_for_two_hours_tells_on_its_return_once_and_how_late_it_is(
    db: Database,
) -> None:
    ticket_id = a_promised_p3(db)
    dead_until = at(1.5 + 2)

    assert sweep(db, dead_until) == 2
    assert sweep(db, dead_until) == 0
    assert told(db, ticket_id) == [FIRST_WARNED, FIRST_BROKEN]
    late = [entry.data["late_seconds"] for entry in entries(db, ticket_id, WARNED, BREACHED)]
    assert late == [2 * 3600, 1.5 * 3600]


def test_a_warning_that_comes_with_its_breach_is_put_on_file_and_one_mail_says_both(db: Database) -> None:
    ticket_id = a_promised_p3(db)
    ana = db.read(agent_by_key, "ana").actor
    db.write(move_ticket, ticket_id, Status.ASSIGNED, actor=ana, now=at(0.5), assignee=ana)
    before = len(letters(db))

    sweep(db, at(4))

    sent = [letter for letter in letters(db)[before:] if letter.port == "mail"]
    breach = entries(db, ticket_id, BREACHED)[0]
    # To Ana, who has it, and to Leo, who leads the group.
    assert len(sent) == 2
    assert {breach.at} == {letter.created_at for letter in sent}
    assert told(db, ticket_id) == [FIRST_WARNED, FIRST_BROKEN]


def test_a_promise_broken_while_the_sweep_was_dead_is_told_even_if_it_was_kept_late_since(
    db: Database,
) -> None:
    ticket_id = a_promised_p3(db)
    answer(db, ticket_id, at(2.5))

    sweep(db, at(4))

    # Nobody needs to be warned of what is over.
    assert told(db, ticket_id) == [FIRST_BROKEN]


def test_two_sweeps_at_once_tell_everything_once(db: Database) -> None:
    a_desk(db)
    tickets = [a_p3(db) for _ in range(4)]

    results = at_once(4, lambda _: sweep(db, at(2.5)))

    assert len(values(results)) == 4
    # What one sweep skipped because another held it, the next one finds done.
    sweep(db, at(2.5))
    assert [told(db, each) for each in tickets] == [[FIRST_WARNED, FIRST_BROKEN]] * 4
    assert [len(entries(db, each, WARNED, BREACHED)) for each in tickets] == [2] * 4


def test_what_a_sweep_had_not_committed_is_told_by_the_next_one_and_what_it_had_is_not(db: Database) -> None:
    a_desk(db)
    first, second = a_p3(db), a_p3(db)
    db.write(tell_due, first, now=at(1.5))

    class Killed(Exception):
        pass

    def die(session: object) -> None:
        tell_due(session, second, now=at(1.5))  # type: ignore[arg-type]
        raise Killed

    with pytest.raises(Killed):
        db.write(die)
    assert (told(db, first), told(db, second)) == ([FIRST_WARNED], [])

    assert sweep(db, at(1.6)) == 1
    assert (told(db, first), told(db, second)) == ([FIRST_WARNED], [FIRST_WARNED])


@pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=1)])
def test_a_clock_that_jumps_and_is_put_right_again_neither_doubles_nor_misses(
    db: Database, step: timedelta
) -> None:
    ticket_id = a_promised_p3(db)

    for moment in (at(1), at(1.6) + step, at(1.6), at(1.7) + step, at(2.1), at(2.2) + step, at(2.2), at(30)):
        sweep(db, moment)

    assert sorted(each for each in told(db, ticket_id) if each[0] == "first_response") == sorted(
        [FIRST_WARNED, FIRST_BROKEN]
    )
    kinds = [(entry.kind, entry.data["target"]) for entry in entries(db, ticket_id, WARNED, BREACHED)]
    assert len(kinds) == len(set(kinds))


def test_a_pause_before_the_warning_puts_it_off_and_one_after_the_breach_takes_nothing_back(
    db: Database,
) -> None:
    ticket_id = a_promised_p3(db)
    start(db, ticket_id, at(0.5))
    answer(db, ticket_id, at(0.5))
    move(db, ticket_id, Status.ON_HOLD, at(1), HoldReason.REQUESTER)

    assert sweep(db, at(24 * 30)) == 0

    move(db, ticket_id, Status.IN_PROGRESS, at(24 * 7))
    assert dates(db, ticket_id)[0] == at(24 * 8 + 8.5)


def test_a_priority_that_rises_makes_what_is_late_by_it_heard_at_once(db: Database) -> None:
    ticket_id = a_promised_p3(db)
    classify(db, ticket_id, at(1), Impact.HIGH, Urgency.MEDIUM)

    sweep(db, at(1))

    assert FIRST_BROKEN in told(db, ticket_id)


def test_p2_that_nobody_has_had_for_thirty_business_minutes_goes_up_to_l2(db: Database) -> None:
    a_desk(db)
    ticket_id = a_p2(db)

    sweep(db, at(0.49))
    before = ticket_of(db, ticket_id).tier
    sweep(db, at(0.5))
    sweep(db, at(0.6))

    assert (before, ticket_of(db, ticket_id).tier) == (SupportTier.L1, SupportTier.L2)
    [escalated] = entries(db, ticket_id, EntryKind.ESCALATED)
    assert (escalated.actor, escalated.data["rule"]) == ("desk", "urgent-unassigned")


def test_a_p2_that_somebody_has_stays_where_it_is(db: Database) -> None:
    a_desk(db)
    ticket_id = a_p2(db)
    move(db, ticket_id, Status.ASSIGNED, at(0.4))

    sweep(db, at(1))

    assert ticket_of(db, ticket_id).tier is SupportTier.L1


def test_at_three_quarters_of_the_resolution_time_it_goes_up_and_the_lead_is_told(db: Database) -> None:
    ticket_id = a_promised_p3(db)
    start(db, ticket_id, at(0.5))
    answer(db, ticket_id, at(0.5))
    # 75 % of 17 hours: 12 h 45; Monday has eight left, Tuesday the rest, from 8:30 and without noon to one.
    moment = at(29.25)

    sweep(db, moment - timedelta(seconds=1))
    assert ticket_of(db, ticket_id).tier is SupportTier.L1
    sweep(db, moment)
    assert ticket_of(db, ticket_id).tier is SupportTier.L2
    sweep(db, moment + timedelta(hours=1))

    assert ticket_of(db, ticket_id).tier is SupportTier.L2
    [lead_told] = entries(db, ticket_id, EntryKind.LEAD_TOLD)
    assert lead_told.data["rule"] == "resolution-at-risk"
    assert len(lead_told.data["agents"]) == 1
    assert len(entries(db, ticket_id, EntryKind.ESCALATED)) == 1


def test_a_lead_reads_why_in_its_own_language_and_nothing_is_quoted_that_nobody_wrote(db: Database) -> None:
    ticket_id = a_promised_p3(db)
    db.write(change_agent, "leo", {"language": "fr"})
    start(db, ticket_id, at(0.5))
    answer(db, ticket_id, at(0.5))
    before = len(letters(db))

    sweep(db, at(29.25))

    told_lead = [each for each in letters(db)[before:] if each.recipient == "leo@example.org"]
    said = told_lead[-1].payload["text"].replace("\N{NARROW NO-BREAK SPACE}", " ").replace("\xa0", " ")
    assert "\n\n75 % du délai pour la résolution sont écoulés.\n\n" in said
    [entry] = entries(db, ticket_id, EntryKind.LEAD_TOLD)
    text = db.read(lambda session: session.get_one(JournalText, entry.id).text)
    assert text == "75 % of the time for the resolution are used."


def test_a_ticket_with_nowhere_to_go_is_told_to_the_lead_instead(db: Database) -> None:
    a_desk(db)
    ticket_id = a_p2(db)

    def elsewhere(ticket: Ticket) -> None:
        ticket.assignment_group = "network"

    change_row(db, ticket_id, elsewhere)
    sweep(db, at(1))

    assert ticket_of(db, ticket_id).tier is SupportTier.L1
    assert [entry.data["rule"] for entry in entries(db, ticket_id, EntryKind.LEAD_TOLD)] == [
        "urgent-unassigned"
    ]


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        # Friday afternoon before the clocks go forward, and back: Monday comes an hour earlier, or later.
        (datetime(2026, 3, 27, 16, 30, tzinfo=UTC), datetime(2026, 3, 30, 8, 0, tzinfo=UTC)),
        (datetime(2026, 10, 23, 15, 30, tzinfo=UTC), datetime(2026, 10, 26, 9, 0, tzinfo=UTC)),
    ],
)
def test_what_is_due_after_the_clocks_are_changed_is_due_by_the_clock_on_the_wall(
    db: Database, opened: datetime, due: datetime
) -> None:
    a_desk(db)

    def to_paris(session: object) -> None:
        session.get_one(Calendar, "office").time_zone = "Europe/Paris"  # type: ignore[attr-defined]
        renew(session)  # type: ignore[arg-type]

    db.write(to_paris)
    ticket_id = a_p3(db)
    # Resolved and reopened: what it owes begins to count again on that Friday, an hour of it used up before.
    start(db, ticket_id, NOW)
    move(db, ticket_id, Status.RESOLVED, NOW)
    move(db, ticket_id, Status.ASSIGNED, opened)

    [clock] = [each for each in _clocks(db, ticket_id) if each.target.value == "resolution"]
    used = clock.level.calendar.business_time_between(opened, due)

    # Half an hour or so on Friday until 18:00 in Paris, the rest on Monday from 8:30 to 10:00.
    assert used == timedelta(hours=2)


def _clocks(db: Database, ticket_id: int) -> tuple:  # type: ignore[type-arg]
    from ticketing.sla.queries import standing_of

    return db.read(lambda session: standing_of(session, session.get_one(Ticket, ticket_id)).clocks)


def test_a_sweep_reads_what_is_due_and_nothing_else(db: Database) -> None:
    a_desk(db)
    late = a_p3(db)
    for _ in range(20):
        answer(db, a_p3(db), at(0.1))
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *each: asked.append(each[2]))

    def questions() -> int:
        return sum(each.startswith("SELECT") for each in asked)

    idle = db.read(due_tickets, now=at(1), limit=100)
    when_idle = questions()
    due = db.read(due_tickets, now=at(1.5), limit=100)
    sweep(db, at(1.5))

    assert (idle, when_idle, due) == ((), 1, (late,))
    # One late ticket of 21: its own questions, and none for the others.
    assert questions() < 25


def test_a_bounded_batch_takes_the_longest_overdue_first(db: Database) -> None:
    a_desk(db)
    later_one, sooner = a_p3(db), a_p2(db)

    assert db.read(due_tickets, now=at(9), limit=1) == (sooner,)
    assert db.read(due_tickets, now=at(9), limit=5) == (sooner, later_one)
