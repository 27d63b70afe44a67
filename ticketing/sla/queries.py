"""What is promised now, and how the promises of a ticket stand."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, literal, select, union_all
from sqlalchemy.orm import Session

from identity.people.models import Person
from ticketing.calendars.queries import all_calendars
from ticketing.escalations.logic import Deed, Rule, Trigger, moments_of
from ticketing.escalations.models import EscalationFiring, EscalationRule
from ticketing.routing.logic import lineage
from ticketing.routing.queries import categories
from ticketing.sla.clocks import Clock, Interval, SlaClock, clock_at, clocks_of, ledger_of
from ticketing.sla.history import IRRELEVANT, Happening, points_of, runs_of
from ticketing.sla.logic import Conditions, Level, read_targets
from ticketing.sla.models import Clockwork, ServiceLevel, SlaEvent
from ticketing.sla.pending import FIRED, Pending, Told, pending_of
from ticketing.tickets.errors import TicketNotFound
from ticketing.tickets.logic import EntryKind, HoldReason, ticket_number
from ticketing.tickets.models import JournalEntry, Ticket

RELEVANT = frozenset(EntryKind) - IRRELEVANT


@dataclass(frozen=True)
class Promises:
    """Everything that is promised and watched over, in order; what is switched off is not among it."""

    stamp: str
    levels: tuple[Level, ...] = ()
    rules: tuple[Rule, ...] = ()
    # By category, with those above it; only where something asks for categories.
    lineages: dict[str, frozenset[str]] | None = None

    def lineage(self, category: str) -> frozenset[str]:
        return (self.lineages or {}).get(category, frozenset({category}))


@dataclass(frozen=True)
class Standing:
    """The promises of a ticket: their clocks, and what is still to be told of them."""

    clocks: tuple[Clock, ...]
    pending: tuple[Pending, ...]


@dataclass(frozen=True)
class Explained:
    """A clock at a moment, with the rows that prove it; times are for a person in the calendar's zone."""

    clock: SlaClock
    time_zone: str
    rows: tuple[Interval, ...]


@dataclass(frozen=True)
class ExplainedTicket:
    """All clocks of a ticket."""

    number: str
    priority: str
    at: datetime
    clocks: tuple[Explained, ...]


NOTHING_PROMISED = Promises("")

# What each process has read, by database. The stamp is read with every question, in its transaction: what was
# edited elsewhere is seen with the commit of the edit.
_KNOWN: WeakKeyDictionary[Engine, Promises] = WeakKeyDictionary()


def standing_of(session: Session, ticket: Ticket) -> Standing:
    """The promises of a ticket as they stand; three statements, and none of them reads a calendar."""
    found = session.execute(
        select(Clockwork.stamp, Person.is_vip, Person.requester_group).join_from(
            Clockwork, Person, Person.id == ticket.requester_id
        )
    ).first()
    promises = _promises(session, found.stamp) if found else NOTHING_PROMISED
    if not found or not (promises.levels or promises.rules):
        return Standing((), ())
    points = points_of(
        _happenings(session, ticket.id), requester_group=found.requester_group, is_vip=found.is_vip
    )
    runs = runs_of(points)
    clocks = clocks_of(runs, promises.levels, promises.lineage)
    moments = moments_of(promises.rules, runs, clocks, promises.levels, promises.lineage)
    return Standing(clocks, pending_of(clocks, moments, _told(session, ticket.id)))


def explain(session: Session, ticket_id: int, *, now: datetime) -> ExplainedTicket:
    """Every clock of a ticket, with its ledger.

    Raises:
        TicketNotFound: no such ticket.
    """
    ticket = session.get(Ticket, ticket_id)
    if ticket is None:
        raise TicketNotFound
    clocks = tuple(
        Explained(clock_at(clock, now), clock.level.calendar.zone.key, ledger_of(clock, now))
        for clock in standing_of(session, ticket).clocks
    )
    return ExplainedTicket(ticket_number(ticket.type, ticket.id), ticket.priority.value, now, clocks)


def due_tickets(
    session: Session, *, now: datetime, limit: int, without: Collection[int] = ()
) -> tuple[int, ...]:
    """Tickets of which something is to be told, the longest overdue first; one range of one index."""
    wanted = (
        select(Ticket.id)
        .where(Ticket.next_sla_event_at <= now, Ticket.id.not_in(without))
        .order_by(Ticket.next_sla_event_at, Ticket.id)
        .limit(limit)
    )
    return tuple(session.scalars(wanted))


def _promises(session: Session, stamp: str) -> Promises:
    engine = session.get_bind().engine
    known = _KNOWN.get(engine)
    if known is None or known.stamp != stamp:
        known = _KNOWN[engine] = _read(session, stamp)
    return known


def _read(session: Session, stamp: str) -> Promises:
    known = {calendar.key: calendar for calendar in all_calendars(session)}
    calendar_of = lru_cache(lambda key: known[key].business())
    levels = tuple(
        Level(
            key=row.key,
            agreement=row.agreement,
            conditions=Conditions.read(row.conditions),
            targets=read_targets(row.targets),
            calendar=calendar_of(row.calendar_key),
            pauses=frozenset(HoldReason(reason) for reason in row.pauses),
        )
        for row in session.scalars(
            select(ServiceLevel)
            .where(ServiceLevel.is_active)
            .order_by(ServiceLevel.position, ServiceLevel.key),
            execution_options={"populate_existing": True},
        )
    )
    rules = tuple(
        Rule(row.key, Conditions.read(row.conditions), Trigger.read(row.trigger), Deed.read(row.deed))
        for row in session.scalars(
            select(EscalationRule)
            .where(EscalationRule.is_active)
            .order_by(EscalationRule.position, EscalationRule.key),
            execution_options={"populate_existing": True},
        )
    )
    lineages = None
    if any(level.conditions.categories for level in levels) or any(r.conditions.categories for r in rules):
        tree = categories(session)
        lineages = {key: frozenset(lineage(key, tree)) for key in tree}
    return Promises(stamp, levels, rules, lineages)


def _happenings(session: Session, ticket_id: int) -> tuple[Happening, ...]:
    found = session.execute(
        select(JournalEntry.kind, JournalEntry.actor, JournalEntry.at, JournalEntry.after)
        .where(JournalEntry.ticket_id == ticket_id, JournalEntry.kind.in_(RELEVANT))
        .order_by(JournalEntry.number)
    )
    return tuple(Happening(kind, actor, at, after) for kind, actor, at, after in found)


def _told(session: Session, ticket_id: int) -> frozenset[Told]:
    events = select(SlaEvent.target, SlaEvent.occurrence, SlaEvent.kind).where(
        SlaEvent.ticket_id == ticket_id
    )
    fired = select(
        EscalationFiring.rule_key, EscalationFiring.occurrence, literal(None, SlaEvent.kind.type)
    ).where(EscalationFiring.ticket_id == ticket_id)
    return frozenset(
        (what, occurrence, kind.value if kind else FIRED)
        for what, occurrence, kind in session.execute(union_all(events, fired))
    )
