"""Telling what has come about: warnings, breaches, and the deeds of the rules of escalation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.preferences.logic import NoticeKind
from notices.texts.catalogue import say
from notices.texts.dates import moment_in_words
from ticketing.escalations.logic import Moment
from ticketing.escalations.operations import fire
from ticketing.groups.queries import leads_of
from ticketing.sla.cache import refresh
from ticketing.sla.clocks import Clock
from ticketing.sla.logic import EventKind
from ticketing.sla.models import SlaEvent
from ticketing.sla.pending import Pending, Warned
from ticketing.sla.queries import standing_of
from ticketing.tickets.announcing import announce
from ticketing.tickets.journal import DESK, Act, write_entry
from ticketing.tickets.logic import EntryKind
from ticketing.tickets.models import Ticket

ENTRY = {EventKind.WARNING: EntryKind.SLA_WARNED, EventKind.BREACH: EntryKind.SLA_BREACHED}
NOTICE = {EventKind.WARNING: NoticeKind.SLA_WARNING, EventKind.BREACH: NoticeKind.SLA_BREACH}
# Far more than a ticket can owe at once; what is left is for the next sweep.
MOST_AT_ONCE = 50


def tell_due(session: Session, ticket_id: int, *, now: datetime) -> int:
    """Tell everything of a ticket whose time has come, each thing once; returns how much there was.

    A ticket that another sweep, or an agent, holds just now is left for the next look. What is told is read
    again after each deed: an escalation may change what is promised.
    """
    wanted = (
        select(Ticket)
        .where(Ticket.id == ticket_id, Ticket.next_sla_event_at <= now)
        .with_for_update(skip_locked=True)
    )
    ticket = session.scalars(wanted, execution_options={"populate_existing": True}).first()
    if ticket is None:
        return 0
    count = 0
    while count < MOST_AT_ONCE:
        due = [each for each in standing_of(session, ticket).pending if each.at <= now]
        if not due:
            break
        _tell(session, ticket, due, now)
        count += 1
    refresh(session, ticket)
    return count


def _tell(session: Session, ticket: Ticket, due: Sequence[Pending], now: datetime) -> None:
    first = due[0]
    if isinstance(first, Moment):
        fire(session, ticket, first, now=now)
        return
    _put_on_file(session, ticket, first, now)
    data = {
        "target": first.clock.target.value,
        "occurrence": first.clock.run.occurrence,
        "level": first.clock.level.key,
        "at": first.at.isoformat(),
        "due": first.clock.due_at.isoformat() if first.clock.due_at else None,
        "late_seconds": round((now - first.at).total_seconds()),
    }
    entry = write_entry(session, ticket, Act(ENTRY[first.kind], DESK, now, data=data))
    if _is_overtaken(first, due):
        return
    leads = [lead.id for lead in leads_of(session, ticket.assignment_group)]
    announce(
        session,
        ticket,
        NOTICE[first.kind],
        entry=entry,
        now=now,
        text=partial(_due_in_words, first.clock),
        agents=leads,
    )


def _due_in_words(clock: Clock, language: str) -> str:
    """Which promise it is about, and when it is due where its calendar is."""
    target = say(f"sla_target_{clock.target.value}", language).text
    if clock.due_at is None:
        return target
    due = moment_in_words(clock.due_at, clock.level.calendar.zone, language)
    return say("sla_due", language, target=target, due=due).text


def _put_on_file(session: Session, ticket: Ticket, warned: Warned, now: datetime) -> None:
    session.add(
        SlaEvent(
            ticket_id=ticket.id,
            target=warned.clock.target.value,
            occurrence=warned.clock.run.occurrence,
            kind=warned.kind,
            at=warned.at,
            told_at=now,
        )
    )
    session.flush()


def _is_overtaken(warned: Warned, due: Sequence[Pending]) -> bool:
    """Whether a warning comes with the breach it should have warned of: then one mail says it."""
    run = warned.clock.run
    return warned.kind is EventKind.WARNING and any(
        isinstance(each, Warned)
        and each.kind is EventKind.BREACH
        and (each.clock.target, each.clock.run.occurrence) == (run.target, run.occurrence)
        for each in due
    )
