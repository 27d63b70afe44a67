"""Who has a ticket: given to an agent, by hand or in turn, taken back, passed to another group."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from identity.agents.logic import agent_actor
from identity.agents.queries import find_agent
from notices.preferences.logic import NoticeKind
from ticketing.groups.logic import AssignmentMethod, Candidate, Place, choose
from ticketing.groups.models import AssignmentGroup, GroupMember
from ticketing.groups.queries import group_by_key, ladder_of, member_tier, members_of, not_begun
from ticketing.tickets.access import access_ticket
from ticketing.tickets.announcing import announce
from ticketing.tickets.chain import Fields, change
from ticketing.tickets.errors import AssignmentNotAllowed
from ticketing.tickets.intake import kept
from ticketing.tickets.journal import DESK, Act, write_entry
from ticketing.tickets.letters import tell_group_of_arrival
from ticketing.tickets.levels import (
    status_with,
    why_not_assign,
    why_not_transfer,
    why_not_unassign,
)
from ticketing.tickets.logic import EntryKind, Status, SupportTier, ticket_number
from ticketing.tickets.models import JournalEntry, Ticket


@dataclass(frozen=True)
class Passed:
    """Where a ticket is now, and who has it: `agent:7`, or None for nobody yet."""

    number: str
    group: str
    tier: SupportTier
    status: Status
    assignee: str | None
    entry: int


def assign_ticket(
    session: Session, ticket_id: int, agent_id: int, *, actor: str, now: datetime, reason: str | None = None
) -> Passed:
    """Give a ticket to an agent of its group; an absent one may have it, if somebody says so.

    Raises:
        TicketNotFound, AssignmentNotAllowed: nothing is changed.
    """
    ticket = access_ticket(session, ticket_id)
    agent = find_agent(session, agent_id)
    why = why_not_assign(
        ticket.status,
        is_active=agent is not None and agent.is_active,
        member_tier=member_tier(session, ticket.assignment_group, agent_id),
        tier=ticket.tier,
        has_it=ticket.assignee == agent_actor(agent_id),
    )
    if why:
        raise AssignmentNotAllowed(_number(ticket), why)
    return where(ticket, give(session, ticket, agent_actor(agent_id), actor=actor, now=now, reason=reason))


def assign_to_next(session: Session, ticket_id: int, *, actor: str, now: datetime) -> Passed:
    """Let the group's method choose now who gets a ticket that nobody has.

    Raises:
        TicketNotFound: no such ticket.
        AssignmentNotAllowed: somebody has it, nobody can take it, or the group is one where people choose.
    """
    ticket = access_ticket(session, ticket_id)
    if ticket.assignee is not None:
        raise AssignmentNotAllowed(_number(ticket), "somebody has it already")
    if why := why_not_unassign(ticket.status, assignee="nobody yet"):
        raise AssignmentNotAllowed(_number(ticket), why)
    entry = give_to_next(session, ticket, now=now, actor=actor)
    if entry is None:
        raise AssignmentNotAllowed(
            _number(ticket),
            "its group gives nothing out by itself, or nobody of it can take this one; "
            "`guichet route explain` says why",
        )
    return where(ticket, entry)


def unassign_ticket(
    session: Session, ticket_id: int, *, actor: str, now: datetime, reason: str | None = None
) -> Passed:
    """Take a ticket from whoever has it; it waits in its group.

    Raises:
        TicketNotFound, AssignmentNotAllowed: nothing is changed.
    """
    ticket = access_ticket(session, ticket_id)
    if why := why_not_unassign(ticket.status, assignee=ticket.assignee):
        raise AssignmentNotAllowed(_number(ticket), why)
    return where(ticket, give(session, ticket, None, actor=actor, now=now, reason=reason))


def transfer_ticket(
    session: Session,
    ticket_id: int,
    group_key: str,
    *,
    reason: str,
    actor: str,
    now: datetime,
    tier: SupportTier | None = None,
) -> Passed:
    """Pass a ticket to another group, where it starts at the first tier, or at the one that is named.

    Raises:
        TicketNotFound, GroupUnknown, AssignmentNotAllowed: nothing is changed.
    """
    ticket = access_ticket(session, ticket_id)
    tiers = ladder_of(session, group_key).tiers
    if tier is not None and tier not in tiers:
        raise AssignmentNotAllowed(_number(ticket), f"{group_key} has no tier {tier.value}")
    to = Place(group_key, tier or tiers[0])
    if why := why_not_transfer(ticket.status, before=place_of(ticket), to=to, reason=reason):
        raise AssignmentNotAllowed(_number(ticket), why)
    entry = pass_on(session, ticket, to, Act(EntryKind.TRANSFERRED, actor, now, kept(reason)))
    announce(session, ticket, NoticeKind.TRANSFERRED, entry=entry, now=now)
    give_to_next(session, ticket, now=now, reason=reason, reason_of=entry)
    return where(ticket, entry)


def pass_on(session: Session, ticket: Ticket, to: Place, act: Act) -> JournalEntry:
    """Put a locked ticket somewhere else; whoever had it has it no more, and another group is told of it."""
    came_from = ticket.assignment_group
    changed = change(
        ticket,
        assignment_group=to.group,
        tier=to.tier,
        assignee=None,
        status=status_with(ticket.status, None),
    )
    entry = write_entry(session, ticket, act, *changed)
    if to.group != came_from:
        tell_group_of_arrival(
            session, ticket, came_from=came_from, entry=entry.number, reason=act.text, now=act.at
        )
    return entry


def give(
    session: Session,
    ticket: Ticket,
    assignee: str | None,
    *,
    actor: str,
    now: datetime,
    reason: str | None = None,
    is_told: bool = True,
) -> JournalEntry:
    """Give a locked ticket to somebody, who is told, or to nobody."""
    changed = change(ticket, assignee=assignee, status=status_with(ticket.status, assignee))
    entry = write_entry(session, ticket, Act(EntryKind.ASSIGNED, actor, now, kept(reason)), *changed)
    if assignee and is_told:
        announce(session, ticket, NoticeKind.ASSIGNED, entry=entry, now=now, text=kept(reason))
    return entry


def give_to_next(
    session: Session,
    ticket: Ticket,
    *,
    now: datetime,
    actor: str = DESK,
    reason: str | None = None,
    reason_of: JournalEntry | None = None,
    handful: int | None = None,
) -> JournalEntry | None:
    """Give a locked ticket that nobody has to whom its group's method chooses; None if that is nobody.

    The row of the group stays locked until the transaction ends: of two tickets at once, the second sees to
    whom the first went.

    Args:
        reason: why it came here, for whoever gets it; it stands in the journal already.
        reason_of: the entry in which it stands.
        handful: whoever has so many that they have not begun is not given this one.
    """
    if group_by_key(session, ticket.assignment_group).method is AssignmentMethod.MANUAL:
        return None
    group = _lock_group(session, ticket.assignment_group)
    candidates = [member.candidate for member in members_of(session, group.key)]
    if handful is not None:
        theirs = not_begun(session, [each.agent_id for each in candidates])
        candidates = [each for each in candidates if theirs[each.agent_id] < handful]
    skills = skills_asked(session, ticket)
    chosen = choose(candidates, group.method, tier=ticket.tier, skills=skills)
    if chosen is None:
        return None
    _take_turn(session, group, chosen)
    assignee = agent_actor(chosen.agent_id)
    changed = change(ticket, assignee=assignee, status=status_with(ticket.status, assignee))
    act = Act(EntryKind.ASSIGNED, actor, now, data={"method": group.method.value})
    entry = write_entry(session, ticket, act, *changed)
    announce(
        session, ticket, NoticeKind.ASSIGNED, entry=entry, now=now, text=kept(reason), words_of=reason_of
    )
    return entry


def skills_asked(session: Session, ticket: Ticket) -> Collection[str]:
    """What the rule that routed a ticket asks of whoever gets it; nothing once it is in another group."""
    routed = routing_of(session, ticket)
    if routed is None or routed["group"] != ticket.assignment_group:
        return ()
    return tuple(routed["skills"])


def routing_of(session: Session, ticket: Ticket) -> Fields | None:
    """The rule that routed a ticket: its key (`rule`), `group` and `skills`; None where none did."""
    return session.scalar(
        select(JournalEntry.data)
        .where(JournalEntry.ticket_id == ticket.id, JournalEntry.kind == EntryKind.ROUTED)
        .order_by(JournalEntry.number.desc())
        .limit(1)
    )


def place_of(ticket: Ticket) -> Place:
    """Where a ticket lies."""
    return Place(ticket.assignment_group, ticket.tier)


def where(ticket: Ticket, entry: JournalEntry) -> Passed:
    """Where a ticket is after an entry."""
    return Passed(
        number=_number(ticket),
        group=ticket.assignment_group,
        tier=ticket.tier,
        status=ticket.status,
        assignee=ticket.assignee,
        entry=entry.number,
    )


def _lock_group(session: Session, key: str) -> AssignmentGroup:
    # NO KEY UPDATE: another new ticket of the group, whose transaction waits here too, refers to the row.
    wanted = select(AssignmentGroup).where(AssignmentGroup.key == key).with_for_update(key_share=True)
    return session.scalars(wanted, execution_options={"populate_existing": True}).one()


def _take_turn(session: Session, group: AssignmentGroup, chosen: Candidate) -> None:
    group.turns_given += 1
    session.execute(
        update(GroupMember)
        .where(GroupMember.group_key == group.key, GroupMember.agent_id == chosen.agent_id)
        .values(last_turn=group.turns_given)
    )


def _number(ticket: Ticket) -> str:
    return ticket_number(ticket.type, ticket.id)
