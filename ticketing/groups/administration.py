"""What an administrator does with groups: added, changed, and who belongs to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from identity.agents.logic import why_not_language
from identity.agents.queries import agent_by_key
from identity.people.logic import clean_address
from ticketing.groups.errors import GroupRefused, GroupUnknown
from ticketing.groups.logic import (
    AssignmentMethod,
    named,
    why_not_escalate_to,
    why_not_key,
    why_not_names,
    why_not_skills,
    why_not_tiers,
)
from ticketing.groups.models import AssignmentGroup, GroupMember
from ticketing.groups.queries import KnownGroup, KnownMember, known_group, members_of
from ticketing.tickets.logic import OPEN, SupportTier
from ticketing.tickets.models import Ticket


class GroupChanges(TypedDict, total=False):
    """What is to be different; what is not in it stays.

    Of `names` only the languages that are named change; an empty name takes one away. None for
    `escalates_to`, `email` or `language` takes it away: the desk's mailbox and language hold then.
    """

    names: Mapping[str, str]
    tiers: Sequence[SupportTier]
    escalates_to: str | None
    method: AssignmentMethod
    email: str | None
    language: str | None


class MemberChanges(TypedDict, total=False):
    """What is to be different about a member; somebody new is at the group's first tier unless it is said."""

    tier: SupportTier
    skills: Sequence[str]
    is_lead: bool


def add_group(session: Session, key: str, changes: GroupChanges) -> KnownGroup:
    """A new group: tier L1 and people who choose themselves, unless it is said.

    Raises:
        GroupRefused: something cannot be so; nothing is added.
    """
    if why := why_not_key(key):
        raise GroupRefused(f"{key!r}: {why}")
    group = AssignmentGroup(
        key=key, names={}, tiers=[SupportTier.L1.value], method=AssignmentMethod.MANUAL, turns_given=0
    )
    _change(session, group, {"names": {}, **changes})
    try:
        with session.begin_nested():
            session.add(group)
    except IntegrityError:
        raise GroupRefused(f"there is a group {key!r} already") from None
    return known_group(group)


def change_group(session: Session, key: str, changes: GroupChanges) -> KnownGroup:
    """Bring what is named to the new state.

    Raises:
        GroupUnknown, GroupRefused: nothing is changed.
    """
    group = _access_group(session, key)
    if "tiers" in changes:
        _refuse_orphans(session, group, changes["tiers"])
    _change(session, group, changes)
    session.flush()
    return known_group(group)


def put_member(session: Session, key: str, agent_key: str, changes: MemberChanges) -> KnownMember:
    """Take an agent into a group, or change what it does there.

    Raises:
        GroupUnknown, AgentUnknown, GroupRefused: nothing is changed.
    """
    group = _access_group(session, key)
    agent = agent_by_key(session, agent_key)
    member = session.get(GroupMember, (key, agent.id))
    if member is None:
        member = GroupMember(
            group_key=key,
            agent_id=agent.id,
            tier=SupportTier(group.tiers[0]),
            skills=[],
            is_lead=False,
            # Last in line, like whoever has just had a turn.
            last_turn=group.turns_given,
        )
        if not agent.is_active:
            raise GroupRefused(
                f"{agent_key} is not active; `guichet agent change {agent_key} --active` first"
            )
        session.add(member)
    _change_member(group, member, changes)
    session.flush()
    return next(each for each in members_of(session, key) if each.agent.id == agent.id)


def remove_member(session: Session, key: str, agent_key: str) -> int:
    """Take an agent out of a group; returns how many open tickets of the group are still with them.

    Raises:
        GroupUnknown, AgentUnknown, GroupRefused: nothing is changed.
    """
    _access_group(session, key)
    agent = agent_by_key(session, agent_key)
    member = session.get(GroupMember, (key, agent.id))
    if member is None:
        raise GroupRefused(f"{agent_key} is not in the group {key}")
    session.delete(member)
    session.flush()
    left = select(func.count()).where(
        Ticket.assignment_group == key, Ticket.assignee == agent.actor, Ticket.status.in_(OPEN)
    )
    return session.scalar(left) or 0


def _access_group(session: Session, key: str) -> AssignmentGroup:
    # Its key stays as it is, so tickets that refer to it are not held up.
    wanted = select(AssignmentGroup).where(AssignmentGroup.key == key).with_for_update(key_share=True)
    group = session.scalar(wanted, execution_options={"populate_existing": True})
    if group is None:
        raise GroupUnknown(key)
    return group


def _change(session: Session, group: AssignmentGroup, changes: GroupChanges) -> None:
    if "names" in changes:
        names = named(group.names, changes["names"])
        _refuse(group.key, why_not_names(names))
        group.names = names
    if "tiers" in changes:
        _refuse(group.key, why_not_tiers(changes["tiers"]))
        group.tiers = [tier.value for tier in changes["tiers"]]
    if "escalates_to" in changes:
        group.escalates_to = _beyond(session, group, changes["escalates_to"])
    if "method" in changes:
        group.method = changes["method"]
    if "email" in changes:
        group.email = _address(changes["email"])
    if "language" in changes:
        _refuse(group.key, changes["language"] and why_not_language(changes["language"]))
        group.language = changes["language"] or None


def _change_member(group: AssignmentGroup, member: GroupMember, changes: MemberChanges) -> None:
    if "tier" in changes:
        tier = changes["tier"]
        if tier.value not in group.tiers:
            raise GroupRefused(f"{group.key} has no tier {tier.value}, but {' '.join(group.tiers)}")
        member.tier = tier
    if "skills" in changes:
        skills = sorted({skill.strip().casefold() for skill in changes["skills"]} - {""})
        _refuse(group.key, why_not_skills(skills))
        member.skills = skills
    if "is_lead" in changes:
        member.is_lead = changes["is_lead"]


def _beyond(session: Session, group: AssignmentGroup, to: str | None) -> str | None:
    if not to:
        return None
    ways = session.execute(select(AssignmentGroup.key, AssignmentGroup.escalates_to))
    _refuse(group.key, why_not_escalate_to(group.key, to, {key: beyond for key, beyond in ways}))
    return to


def _address(email: str | None) -> str | None:
    if not email:
        return None
    address = clean_address(email)
    if address is None:
        raise GroupRefused(f"{email!r} is no mail address")
    return address


def _refuse_orphans(session: Session, group: AssignmentGroup, tiers: Sequence[SupportTier]) -> None:
    """A tier at which somebody works or a ticket lies is not taken away."""
    gone = [SupportTier(tier) for tier in group.tiers if SupportTier(tier) not in tiers]
    members = session.scalar(
        select(func.count()).where(GroupMember.group_key == group.key, GroupMember.tier.in_(gone))
    )
    tickets = session.scalar(
        select(func.count()).where(
            Ticket.assignment_group == group.key, Ticket.tier.in_(gone), Ticket.status.in_(OPEN)
        )
    )
    if members or tickets:
        raise GroupRefused(
            f"{group.key}: {_counted(members, 'member')} and {_counted(tickets, 'open ticket')} are at "
            f"{' '.join(tier.value for tier in gone)}; move them first"
        )


def _counted(number: int | None, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")


def _refuse(key: str, why: str | None) -> None:
    if why:
        raise GroupRefused(f"{key}: {why}")
