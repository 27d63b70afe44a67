"""What the tests of kept promises start from: a desk with what is shipped, and what befalls its tickets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.database import Database
from tests.databases import NOW
from tests.ticketing.teams import L1, L2, a_group, a_member, an_agent
from tests.ticketing.tickets import a_ticket, ticket_of
from ticketing.sla.models import SlaEvent
from ticketing.sla.operations import tell_due
from ticketing.sla.pending import next_due
from ticketing.sla.queries import due_tickets, standing_of
from ticketing.sla.shipped import ship_promises
from ticketing.sla.upkeep import recompute_some
from ticketing.tickets.access import access_ticket
from ticketing.tickets.handling import add_reply, move_ticket, reclassify
from ticketing.tickets.intake import Intake
from ticketing.tickets.logic import EntryKind, HoldReason, ResolutionCode, Status
from ticketing.tickets.models import JournalEntry, Ticket
from ticketing.tickets.priority import Impact, Urgency

AGENT = "agent:1"


def at(hours: float) -> datetime:
    """So many hours after `NOW`, which is a Monday at nine."""
    return NOW + timedelta(hours=hours)


def a_desk(db: Database) -> Database:
    """With what is shipped, two tiers at its first group, somebody at each, and a lead."""
    a_group(db, "service-desk", tiers=(L1, L2))
    a_member(db, "service-desk", an_agent(db, "ana"), L1)
    a_member(db, "service-desk", an_agent(db, "leo"), L2, is_lead=True)
    db.write(ship_promises)
    while db.write(recompute_some):
        pass
    return db


def a_p3(db: Database, text: str = "the printer is on fire") -> int:
    """Opened on Monday at nine: an answer within two hours, a resolution within two days of 8.5 hours."""
    return a_ticket(
        db, text=text, intake=Intake(category="other", impact=Impact.MEDIUM, urgency=Urgency.MEDIUM)
    )


def a_p2(db: Database) -> int:
    """An answer within half an hour, a resolution within eight."""
    return a_ticket(db, intake=Intake(category="other", impact=Impact.HIGH, urgency=Urgency.MEDIUM))


def move(db: Database, ticket_id: int, to: Status, now: datetime, hold: HoldReason | None = None) -> None:
    db.write(
        move_ticket,
        ticket_id,
        to,
        actor=AGENT,
        now=now,
        reason="because",
        hold_reason=hold,
        assignee=AGENT if to is Status.ASSIGNED else None,
        code=ResolutionCode.FIXED if to is Status.RESOLVED else None,
    )


def start(db: Database, ticket_id: int, now: datetime) -> None:
    """Somebody takes it and begins."""
    move(db, ticket_id, Status.ASSIGNED, now)
    move(db, ticket_id, Status.IN_PROGRESS, now)


def answer(db: Database, ticket_id: int, now: datetime) -> None:
    db.write(add_reply, ticket_id, "Have you tried again?", actor=AGENT, now=now)


def ask(db: Database, ticket_id: int, now: datetime) -> None:
    requester = ticket_of(db, ticket_id).requester_id
    db.write(add_reply, ticket_id, "Is there news?", actor=f"person:{requester}", now=now)


def classify(db: Database, ticket_id: int, now: datetime, impact: Impact, urgency: Urgency) -> None:
    db.write(reclassify, ticket_id, actor=AGENT, now=now, impact=impact, urgency=urgency)


def sweep(db: Database, now: datetime, limit: int = 100) -> int:
    """What a sweep does once; returns how much was told."""
    return sum(db.write(tell_due, each, now=now) for each in db.read(due_tickets, now=now, limit=limit))


def dates(db: Database, ticket_id: int) -> tuple[datetime | None, datetime | None]:
    ticket = ticket_of(db, ticket_id)
    return ticket.next_due_at, ticket.next_sla_event_at


def computed(db: Database, ticket_id: int) -> tuple[datetime | None, datetime | None]:
    """The same, computed anew."""

    def look(session: Session) -> tuple[datetime | None, datetime | None]:
        standing = standing_of(session, session.get_one(Ticket, ticket_id))
        return next_due(standing.clocks), min((each.at for each in standing.pending), default=None)

    return db.read(look)


def told(db: Database, ticket_id: int) -> list[tuple[str, int, str]]:
    """Warnings and breaches on file, in the order in which they were told."""

    def look(session: Session) -> list[tuple[str, int, str]]:
        rows = session.scalars(select(SlaEvent).where(SlaEvent.ticket_id == ticket_id).order_by(SlaEvent.id))
        return [(row.target, row.occurrence, row.kind.value) for row in rows]

    return db.read(look)


def entries(db: Database, ticket_id: int, *kinds: EntryKind) -> list[JournalEntry]:
    def look(session: Session) -> list[JournalEntry]:
        return list(
            session.scalars(
                select(JournalEntry)
                .where(JournalEntry.ticket_id == ticket_id, JournalEntry.kind.in_(kinds))
                .order_by(JournalEntry.number)
            )
        )

    return db.read(look)


def change_row(db: Database, ticket_id: int, change: Callable[[Ticket], None]) -> None:
    """Behind the journal's back."""
    db.write(lambda session: change(access_ticket(session, ticket_id)))
