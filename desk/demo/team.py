"""The demo's team: four agents whose names say that they are examples, at work in the shipped groups."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from identity.agents.operations import add_agent
from identity.agents.queries import all_agents
from storage.database import Database
from ticketing.groups.administration import GroupChanges, MemberChanges, change_group, put_member
from ticketing.groups.logic import AssignmentMethod
from ticketing.groups.operations import ship_groups
from ticketing.tickets.logic import SupportTier

AGENTS: Mapping[str, tuple[str, str]] = {
    "noor": ("Noor Demo", "en"),
    "lucie": ("Lucie Exemple", "fr"),
    "kim": ("Kim Demo", "en"),
    "omar": ("Omar Sample", "en"),
}
"""Name and language by key."""

TWO_TIERS = (SupportTier.L1, SupportTier.L2)

GROUPS: Mapping[str, GroupChanges] = {
    "service-desk": {"tiers": TWO_TIERS},
    "workplace": {"tiers": TWO_TIERS},
    "network": {"tiers": TWO_TIERS, "method": AssignmentMethod.ROUND_ROBIN},
    "applications": {"method": AssignmentMethod.LEAST_WORK},
    "security": {},
}

MEMBERS: Mapping[tuple[str, str], MemberChanges] = {
    ("service-desk", "noor"): {},
    ("service-desk", "lucie"): {},
    ("service-desk", "kim"): {"tier": SupportTier.L2, "is_lead": True},
    ("workplace", "noor"): {},
    ("workplace", "omar"): {"tier": SupportTier.L2, "is_lead": True},
    ("network", "lucie"): {"skills": ["vpn"]},
    ("network", "kim"): {},
    ("network", "omar"): {"tier": SupportTier.L2, "skills": ["vpn", "voip"], "is_lead": True},
    ("applications", "lucie"): {},
    ("applications", "noor"): {"is_lead": True},
    ("security", "kim"): {"is_lead": True},
}


def seed_team(database: Database) -> None:
    """Give an installation without agents a team; one that has some keeps its own."""
    database.write(_seed, datetime.now(UTC))


def _seed(session: Session, now: datetime) -> None:
    if all_agents(session):
        return
    for key, (name, language) in AGENTS.items():
        add_agent(session, key, name=name, email=f"{key}.demo@example.org", language=language, now=now)
    ship_groups(session)
    for group, changes in GROUPS.items():
        change_group(session, group, changes)
    for (group, agent), member in MEMBERS.items():
        put_member(session, group, agent, member)
