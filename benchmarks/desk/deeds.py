"""What is timed: each deed is one transaction as the desk runs it, on tickets that differ every time."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import event, func, select, text, update
from sqlalchemy.orm import Session

from benchmarks.desk.heap import ENTRIES, NOW, agents_of
from identity.agents.logic import agent_actor
from storage.database import Database
from ticketing.groups.logic import SHIPPED
from ticketing.sla.operations import tell_due
from ticketing.sla.queries import due_tickets, explain
from ticketing.tickets.lists import StaffFilter, staff_counts, staff_list, staff_ticket
from ticketing.tickets.models import IS_OPEN, Ticket
from ticketing.tickets.priority import Priority
from ticketing.tickets.sorting import STRETCHES, Place, StaffSort, cursor_of

PAGE = 25
"""As many as the smallest heap has in the middle of a group's list: pages of one length are compared."""

DUE, MOST_SWEEPS = 3, 2
ALIKE = (Ticket.priority == Priority.P3, Ticket.opened_at < NOW - timedelta(days=5))
"""Tickets of which the same is to be told: everything that was promised for them is overdue."""

GROUPS = tuple(SHIPPED)
EVERYTHING = StaffFilter(statuses=frozenset())


@dataclass
class Timed:
    """One deed on one heap: how long it took each time, how many statements, and how many rows came."""

    ms: list[float] = field(default_factory=list)
    statements: int = 0
    rows: int = 0


@dataclass(frozen=True)
class Deed:
    """Something done once; `act` says how many rows it has brought, `prepare` is not timed."""

    act: Callable[[], int]
    prepare: Callable[[], None] = lambda: None
    # How often in a round at most, where it uses its tickets up.
    most: int | None = None


def deeds_on(db: Database, tickets: int) -> dict[str, Deed]:
    """What is timed on a heap, by name."""
    chance = random.Random(7)  # noqa: S311 - figures, not secrets
    groups, agents = itertools.cycle(GROUPS), itertools.cycle(range(1, agents_of(tickets) + 1))
    middles = {group: _middle_of(db, group) for group in GROUPS}

    def page(which: StaffFilter, sort: StaffSort, cursor: str | None = None) -> int:
        return len(db.read(staff_list, which, sort, limit=PAGE, cursor=cursor).rows)

    def of_next_group(*, is_middle: bool) -> int:
        group = next(groups)
        which = StaffFilter(groups=frozenset({group}))
        return page(which, StaffSort.DUE, middles[group] if is_middle else None)

    def mine() -> int:
        return page(StaffFilter(assignee=agent_actor(next(agents))), StaffSort.DUE)

    def whole() -> int:
        return len(db.read(staff_ticket, chance.randrange(tickets) + 1).entries)

    def explained() -> int:
        return db.read(_with_ledger, chance.randrange(tickets) + 1)

    return {
        "list: open of a group, by due date": Deed(lambda: of_next_group(is_middle=False)),
        "list: the same, a page in the middle": Deed(lambda: of_next_group(is_middle=True)),
        "list: all open, by priority": Deed(lambda: page(StaffFilter(), StaffSort.PRIORITY)),
        "list: mine, by due date": Deed(mine),
        "list: everything, what changed last": Deed(lambda: page(EVERYTHING, StaffSort.CHANGED)),
        "open a ticket with its journal": Deed(whole),
        "open a ticket with its journal and ledger": Deed(explained),
        "sweep: nothing is due": Deed(lambda: _sweep(db)),
        f"sweep: {DUE} tickets are due": Deed(lambda: _sweep(db), _coming_about(db), most=MOST_SWEEPS),
        "count four views": Deed(lambda: len(db.read(staff_counts, _views()))),
    }


def timed(db: Database, deed: Deed, times: int, into: Timed) -> None:
    """Do it so many times, and once before that, which is not timed but counted (in the first round)."""
    deed.prepare()
    with _counted(db) as statements:
        rows = deed.act()
    if not into.ms:
        into.rows, into.statements = rows, len(statements)
    for _ in range(min(times, deed.most or times)):
        deed.prepare()
        started = time.perf_counter()
        deed.act()
        into.ms.append((time.perf_counter() - started) * 1_000)


def _with_ledger(session: Session, ticket_id: int) -> int:
    ticket = staff_ticket(session, ticket_id)
    return len(ticket.entries) + len(explain(session, ticket_id, now=NOW).clocks)


def _sweep(db: Database) -> int:
    """As the desk does: look, and tell what is due, each ticket in a transaction of its own."""
    return sum(
        db.write(tell_due, ticket_id, now=NOW) for ticket_id in db.read(due_tickets, now=NOW, limit=100)
    )


def _coming_about(db: Database) -> Callable[[], None]:
    """Has something come about on a few open tickets of which nothing was told yet."""

    def change(session: Session) -> None:
        fresh = (
            select(Ticket.id)
            .where(text(IS_OPEN), Ticket.next_sla_event_at > NOW, Ticket.journal_length == ENTRIES, *ALIKE)
            .order_by(Ticket.id)
            .limit(DUE)
        )
        ids = session.scalars(fresh).all()
        session.execute(update(Ticket).where(Ticket.id.in_(ids)).values(next_sla_event_at=NOW))

    return lambda: db.write(change)


def _views() -> dict[str, StaffFilter]:
    return {
        "open": StaffFilter(),
        "nobody's": StaffFilter(is_unassigned=True),
        "overdue": StaffFilter(due_before=NOW),
        "of a group": StaffFilter(groups=frozenset({GROUPS[0]})),
    }


def _middle_of(db: Database, group: str) -> str:
    """The cursor behind the ticket a third into a group's open ones."""

    def look(session: Session) -> str:
        mine = select(Ticket).where(Ticket.assignment_group == group, Ticket.next_due_at.is_not(None))
        count = session.scalars(select(func.count()).select_from(mine.subquery())).one()
        keys = STRETCHES[StaffSort.DUE][0].keys
        ticket = session.scalars(mine.order_by(*keys).offset(count // 3).limit(1)).one()
        return cursor_of(StaffSort.DUE, Place(0, tuple(getattr(ticket, key.key) for key in keys)))

    return db.read(look)


@contextmanager
def _counted(db: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def see(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", see)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", see)
