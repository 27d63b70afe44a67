"""What the tests of groups, routing and levels start from: agents, groups and who belongs to them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from identity.agents.logic import Presence
from identity.agents.operations import add_agent, change_agent, set_presence
from identity.agents.queries import KnownAgent
from storage.database import Database
from tests.databases import NOW
from ticketing.groups.logic import AssignmentMethod
from ticketing.groups.models import AssignmentGroup, GroupMember
from ticketing.groups.operations import ship_groups
from ticketing.tickets.logic import SupportTier

L1, L2, L3 = SupportTier.L1, SupportTier.L2, SupportTier.L3


def an_agent(
    db: Database, key: str, *, presence: Presence = Presence.PRESENT, is_active: bool = True
) -> KnownAgent:
    """Somebody of the team."""

    def build(session: Session) -> KnownAgent:
        add_agent(session, key, name=key.title(), email=f"{key}@example.org", language="en", now=NOW)
        set_presence(session, key, presence)
        return change_agent(session, key, {"is_active": is_active})

    return db.write(build)


def a_group(
    db: Database,
    key: str,
    *,
    tiers: Sequence[SupportTier] = (L1,),
    method: AssignmentMethod = AssignmentMethod.MANUAL,
    escalates_to: str | None = None,
) -> str:
    """A group with these tiers; a shipped one is brought to them."""

    def build(session: Session) -> str:
        ship_groups(session)
        group = session.get(AssignmentGroup, key)
        if group is None:
            group = AssignmentGroup(key=key, names={"en": key.title()}, turns_given=0)
            session.add(group)
        group.tiers = [tier.value for tier in tiers]
        group.method, group.escalates_to = method, escalates_to
        return key

    return db.write(build)


def a_member(
    db: Database,
    group: str,
    agent: KnownAgent,
    tier: SupportTier = L1,
    *,
    skills: Collection[str] = (),
    is_lead: bool = False,
) -> KnownAgent:
    """The agent, now in the group."""

    def build(session: Session) -> None:
        session.add(
            GroupMember(
                group_key=group,
                agent_id=agent.id,
                tier=tier,
                skills=sorted(skills),
                is_lead=is_lead,
                last_turn=0,
            )
        )

    db.write(build)
    return agent


def a_team(db: Database, group: str, keys: Sequence[str], tier: SupportTier = L1) -> tuple[KnownAgent, ...]:
    """New agents, all in one group at one tier."""
    return tuple(a_member(db, group, an_agent(db, key), tier) for key in keys)
