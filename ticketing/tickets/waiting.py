"""Giving out what nobody has, as soon as somebody of its group can take it: who comes back finds work.

A group where people choose themselves is left alone, and so is what somebody of the team has put back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select, text, tuple_
from sqlalchemy.orm import Session

from identity.agents.logic import Presence
from identity.agents.models import Agent
from ticketing.groups.logic import HANDFUL, AssignmentMethod
from ticketing.groups.models import AssignmentGroup, GroupMember
from ticketing.groups.queries import not_begun
from ticketing.tickets.access import access_ticket
from ticketing.tickets.assigning import give_to_next
from ticketing.tickets.levels import was_put_back
from ticketing.tickets.logic import Status, SupportTier
from ticketing.tickets.models import IS_WAITING, JournalEntry, Ticket

AT_ONCE = 100


@dataclass(frozen=True)
class Hand:
    """Somebody present who could be given something: where, and what they know."""

    agent_id: int
    group: str
    tier: SupportTier
    skills: tuple[str, ...]


@dataclass(frozen=True)
class Crew:
    """Who of the groups in which something waits could be given some of it.

    Args:
        room: how many tickets they could be given together, until they begin one.
    """

    hands: frozenset[Hand]
    room: int


NOBODY = Crew(frozenset(), 0)


def crew_at_hand(session: Session) -> Crew:
    """Who could be given what waits. Where nothing waits that the desk may give out, it is one statement."""
    waits = exists().where(Ticket.assignment_group == AssignmentGroup.key, text(IS_WAITING))
    groups = session.scalars(
        select(AssignmentGroup.key).where(AssignmentGroup.method != AssignmentMethod.MANUAL, waits)
    ).all()
    if not groups:
        return NOBODY
    present = session.execute(
        select(GroupMember.agent_id, GroupMember.group_key, GroupMember.tier, GroupMember.skills)
        .join(Agent, Agent.id == GroupMember.agent_id)
        .where(GroupMember.group_key.in_(groups), Agent.is_active, Agent.presence == Presence.PRESENT)
    ).all()
    room = {
        agent_id: HANDFUL - number
        for agent_id, number in not_begun(session, {row.agent_id for row in present}).items()
        if number < HANDFUL
    }
    hands = frozenset(
        Hand(agent_id, group, tier, tuple(skills))
        for agent_id, group, tier, skills in present
        if agent_id in room
    )
    return Crew(hands, sum(room.values()))


def waiting_tickets(
    session: Session, crew: Crew, *, without: Collection[int] = (), limit: int = AT_ONCE
) -> Sequence[int]:
    """What waits where somebody of the crew works: the most urgent first, then the oldest.

    Args:
        without: tickets that are left for later.
    """
    places = {(hand.group, hand.tier) for hand in crew.hands}
    return session.scalars(
        select(Ticket.id)
        .where(
            tuple_(Ticket.assignment_group, Ticket.tier).in_(places),
            text(IS_WAITING),
            Ticket.id.not_in(without),
        )
        .order_by(Ticket.priority, Ticket.opened_at, Ticket.id)
        .limit(limit)
    ).all()


def give_waiting(session: Session, ticket_id: int, *, now: datetime) -> bool:
    """Give a waiting ticket to whom its group's method chooses; whether somebody has got it.

    Nobody is given one who has a handful that they have not begun.

    Raises:
        TicketNotFound: no such ticket.
    """
    ticket = access_ticket(session, ticket_id)
    if ticket.assignee is not None or ticket.status not in (Status.NEW, Status.IN_PROGRESS):
        return False  # somebody was faster
    steps = session.execute(
        select(JournalEntry.kind, JournalEntry.actor, JournalEntry.after)
        .where(JournalEntry.ticket_id == ticket.id)
        .order_by(JournalEntry.number.desc())
    )
    if was_put_back((kind, actor, after) for kind, actor, after in steps):
        return False
    return give_to_next(session, ticket, now=now, handful=HANDFUL) is not None
