"""Who works here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity.agents.errors import AgentUnknown
from identity.agents.logic import Presence, agent_actor
from identity.agents.models import Agent


@dataclass(frozen=True)
class KnownAgent:
    """An agent as the rest of the desk sees one."""

    id: int
    key: str
    name: str
    email: str
    language: str
    presence: Presence
    is_active: bool
    created_at: datetime

    @property
    def actor(self) -> str:
        """How the journal names this agent."""
        return agent_actor(self.id)

    @property
    def is_present(self) -> bool:
        return self.presence is Presence.PRESENT


def agent_by_key(session: Session, key: str) -> KnownAgent:
    """The agent with this key.

    Raises:
        AgentUnknown: nobody has it.
    """
    found = session.scalar(select(Agent).where(Agent.key == key))
    if found is None:
        raise AgentUnknown(key)
    return known(found)


def find_agent(session: Session, agent_id: int | None) -> KnownAgent | None:
    """The agent with this number, if there is one."""
    found = session.get(Agent, agent_id) if agent_id is not None else None
    return known(found) if found is not None else None


def all_agents(session: Session, *, with_inactive: bool = True) -> tuple[KnownAgent, ...]:
    """Every agent, by key."""
    wanted = select(Agent).order_by(Agent.key)
    if not with_inactive:
        wanted = wanted.where(Agent.is_active)
    return tuple(known(agent) for agent in session.scalars(wanted))


def known(agent: Agent) -> KnownAgent:
    """The frozen value of a row."""
    return KnownAgent(
        id=agent.id,
        key=agent.key,
        name=agent.name,
        email=agent.email,
        language=agent.language,
        presence=agent.presence,
        is_active=agent.is_active,
        created_at=agent.created_at,
    )
