"""A ticket in a list of the staff, with the names that people read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from identity.people.models import Person
from ticketing.groups.logic import name_in
from ticketing.groups.models import AssignmentGroup
from ticketing.tickets.logic import HoldReason, Status, SupportTier, TicketType, ticket_number
from ticketing.tickets.models import Ticket, TicketTag
from ticketing.tickets.names import names_of
from ticketing.tickets.priority import Priority

COLUMNS = (
    Ticket.id,
    Ticket.type,
    Ticket.status,
    Ticket.hold_reason,
    Ticket.priority,
    Ticket.tier,
    Ticket.assignment_group,
    Ticket.assignee,
    Ticket.requester_id,
    Ticket.category,
    Ticket.summary,
    Ticket.opened_at,
    Ticket.changed_at,
    Ticket.next_due_at,
)
"""What a list needs of a ticket: not the description, which may be long."""


@dataclass(frozen=True)
class StaffRow:
    """A ticket as a list shows it; `requester` is a name or an address, None for a stranger."""

    id: int
    number: str
    type: TicketType
    status: Status
    hold_reason: HoldReason | None
    priority: Priority
    tier: SupportTier
    group_key: str
    group: str
    assignee: str | None
    assignee_name: str | None
    requester_id: int
    requester: str | None
    is_vip: bool
    category: str
    summary: str
    opened_at: datetime
    changed_at: datetime
    next_due_at: datetime | None
    tags: tuple[str, ...]


def rows_of(session: Session, found: Sequence[Row[*tuple[Any, ...]]], language: str) -> tuple[StaffRow, ...]:
    """What `COLUMNS` gave, with names and tags: four statements whatever the length."""
    if not found:
        return ()
    groups = _group_names(session, {row.assignment_group for row in found}, language)
    people = _people(session, {row.requester_id for row in found})
    agents = names_of(session, (row.assignee for row in found))
    tags = tags_of(session, [row.id for row in found])
    return tuple(
        StaffRow(
            id=row.id,
            number=ticket_number(row.type, row.id),
            type=row.type,
            status=row.status,
            hold_reason=row.hold_reason,
            priority=row.priority,
            tier=row.tier,
            group_key=row.assignment_group,
            group=groups[row.assignment_group],
            assignee=row.assignee,
            assignee_name=agents.get(row.assignee),
            requester_id=row.requester_id,
            requester=people[row.requester_id].name or people[row.requester_id].email,
            is_vip=people[row.requester_id].is_vip,
            category=row.category,
            summary=row.summary,
            opened_at=row.opened_at,
            changed_at=row.changed_at,
            next_due_at=row.next_due_at,
            tags=tags.get(row.id, ()),
        )
        for row in found
    )


def tags_of(session: Session, ticket_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The tags of each ticket that has some, in the order of the alphabet."""
    found = session.execute(
        select(TicketTag.ticket_id, TicketTag.tag)
        .where(TicketTag.ticket_id.in_(ticket_ids))
        .order_by(TicketTag.ticket_id, TicketTag.tag)
    )
    tags: dict[int, tuple[str, ...]] = {}
    for ticket_id, tag in found:
        tags[ticket_id] = (*tags.get(ticket_id, ()), tag)
    return tags


def _group_names(session: Session, keys: set[str], language: str) -> dict[str, str]:
    found = session.execute(
        select(AssignmentGroup.key, AssignmentGroup.names).where(AssignmentGroup.key.in_(keys))
    )
    return {key: name_in(names, language, key) for key, names in found}


def _people(session: Session, ids: set[int]) -> dict[int, Row[*tuple[Any, ...]]]:
    found = session.execute(
        select(Person.id, Person.name, Person.email, Person.is_vip).where(Person.id.in_(ids))
    )
    return {row.id: row for row in found}
