"""The groups, who belongs to them, and how much work everybody has."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.orm import Session

from identity.agents.logic import Presence, agent_actor, agent_id_of
from identity.agents.models import Agent
from identity.agents.queries import KnownAgent, known
from ticketing.groups.errors import GroupUnknown
from ticketing.groups.logic import AssignmentMethod, Candidate, Ladder, name_in
from ticketing.groups.models import AssignmentGroup, GroupMember
from ticketing.tickets.logic import OPEN, Status, SupportTier
from ticketing.tickets.models import IS_OPEN, Ticket


@dataclass(frozen=True)
class KnownGroup:
    """A group as the rest of the desk sees one; `email` and `language` are None where the desk's hold."""

    key: str
    names: Mapping[str, str]
    tiers: tuple[SupportTier, ...]
    escalates_to: str | None
    method: AssignmentMethod
    email: str | None
    language: str | None

    def name(self, language: str) -> str:
        return name_in(self.names, language, self.key)


@dataclass(frozen=True)
class KnownMember:
    """An agent in a group; `open_work` counts open tickets of every group."""

    agent: KnownAgent
    group: str
    tier: SupportTier
    skills: tuple[str, ...]
    is_lead: bool
    last_turn: int
    open_work: int

    @property
    def candidate(self) -> Candidate:
        """What of a member matters for who gets a ticket."""
        return Candidate(
            agent_id=self.agent.id,
            tier=self.tier,
            skills=frozenset(self.skills),
            is_active=self.agent.is_active,
            is_present=self.agent.presence is Presence.PRESENT,
            last_turn=self.last_turn,
            open_work=self.open_work,
        )


def group_by_key(session: Session, key: str) -> KnownGroup:
    """The group with this key.

    Raises:
        GroupUnknown: there is none.
    """
    found = session.get(AssignmentGroup, key)
    if found is None:
        raise GroupUnknown(key)
    return known_group(found)


def all_groups(session: Session) -> tuple[KnownGroup, ...]:
    """Every group, by key."""
    return tuple(
        known_group(row) for row in session.scalars(select(AssignmentGroup).order_by(AssignmentGroup.key))
    )


def members_of(session: Session, group_key: str) -> tuple[KnownMember, ...]:
    """Who belongs to a group, tier by tier, by key of the agent; also who is away or not active any more."""
    return _members(session, GroupMember.group_key == group_key)


def memberships_of(session: Session, agent_id: int) -> tuple[KnownMember, ...]:
    """The groups of an agent."""
    return _members(session, GroupMember.agent_id == agent_id)


def leads_of(session: Session, group_key: str) -> tuple[KnownAgent, ...]:
    """Who is told of hierarchical escalations in a group: its active leads, also while they are away."""
    found = session.scalars(
        select(Agent)
        .join(GroupMember, GroupMember.agent_id == Agent.id)
        .where(GroupMember.group_key == group_key, GroupMember.is_lead, Agent.is_active)
        .order_by(Agent.id)
    )
    return tuple(known(agent) for agent in found)


def member_tier(session: Session, group_key: str, agent_id: int) -> SupportTier | None:
    """At which tier of a group an agent works; None for somebody who is not in it."""
    return session.scalar(
        select(GroupMember.tier).where(GroupMember.group_key == group_key, GroupMember.agent_id == agent_id)
    )


def open_work(session: Session, agent_ids: Collection[int]) -> dict[int, int]:
    """How many open tickets each agent has, in every group."""
    return _counts(session, agent_ids, Ticket.status.in_(OPEN))


def not_begun(session: Session, agent_ids: Collection[int]) -> dict[int, int]:
    """How many tickets each agent has and has not begun, in every group."""
    return _counts(session, agent_ids, Ticket.status == Status.ASSIGNED)


def ladder_of(session: Session, key: str) -> Ladder:
    """A group and its tiers.

    Raises:
        GroupUnknown: there is no such group.
    """
    group = group_by_key(session, key)
    return Ladder(group.key, group.tiers)


def known_group(row: AssignmentGroup) -> KnownGroup:
    """The frozen value of a row."""
    return KnownGroup(
        key=row.key,
        names=dict(row.names),
        tiers=tuple(SupportTier(tier) for tier in row.tiers),
        escalates_to=row.escalates_to,
        method=row.method,
        email=row.email,
        language=row.language,
    )


def _counts(session: Session, agent_ids: Collection[int], which: ColumnElement[bool]) -> dict[int, int]:
    counts = session.execute(
        select(Ticket.assignee, func.count())
        # Word for word as the index of open tickets has it.
        .where(Ticket.assignee.in_([agent_actor(id_) for id_ in agent_ids]), text(IS_OPEN), which)
        .group_by(Ticket.assignee)
    )
    found = {agent_id_of(assignee): number for assignee, number in counts}
    return {id_: found.get(id_, 0) for id_ in agent_ids}


def _members(session: Session, which: Any) -> tuple[KnownMember, ...]:
    # As the database has them now: the choice of who is next is made from these, under a lock.
    rows = session.execute(
        select(GroupMember, Agent)
        .join(Agent, Agent.id == GroupMember.agent_id)
        .where(which)
        .order_by(GroupMember.group_key, GroupMember.tier, Agent.key),
        execution_options={"populate_existing": True},
    ).all()
    work = open_work(session, [agent.id for _, agent in rows])
    return tuple(
        KnownMember(
            agent=known(agent),
            group=member.group_key,
            tier=member.tier,
            skills=tuple(member.skills),
            is_lead=member.is_lead,
            last_turn=member.last_turn,
            open_work=work[agent.id],
        )
        for member, agent in rows
    )
