"""What is done with agents: added, changed, present or away. None is ever deleted."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from identity.agents.errors import AgentRefused, AgentUnknown
from identity.agents.logic import Presence, why_not_agent_key, why_not_language
from identity.agents.models import Agent
from identity.agents.queries import KnownAgent, known
from identity.people.logic import clean_address, clean_name


class AgentChanges(TypedDict, total=False):
    """What is to be different; what is not in it stays."""

    name: str
    email: str
    language: str
    is_active: bool


def add_agent(
    session: Session, key: str, *, name: str, email: str, language: str, now: datetime
) -> KnownAgent:
    """Somebody new in the team; present from the start.

    Raises:
        AgentRefused: something cannot be so; nothing is added.
    """
    if why := why_not_agent_key(key):
        raise AgentRefused(f"{key!r}: {why}")
    agent = Agent(key=key, presence=Presence.PRESENT, is_active=True, created_at=now)
    _change(agent, {"name": name, "email": email, "language": language})
    try:
        with session.begin_nested():
            session.add(agent)
    except IntegrityError:
        raise AgentRefused(f"there is an agent {key!r} already") from None
    return known(agent)


def change_agent(session: Session, key: str, changes: AgentChanges) -> KnownAgent:
    """Bring what is named to the new state. Who is not active any more is given nothing.

    Raises:
        AgentUnknown, AgentRefused: nothing is changed.
    """
    agent = _access_agent(session, key)
    _change(agent, changes)
    session.flush()
    return known(agent)


def set_presence(session: Session, key: str, presence: Presence) -> KnownAgent:
    """Whether work may be given to somebody now; what they have stays theirs.

    Raises:
        AgentUnknown, AgentRefused: nothing is changed.
    """
    agent = _access_agent(session, key)
    if presence is Presence.PRESENT and not agent.is_active:
        raise AgentRefused(
            f"{key} is not active; `guichet agent change {key} --active` takes them back first"
        )
    agent.presence = presence
    session.flush()
    return known(agent)


def _access_agent(session: Session, key: str) -> Agent:
    # The key itself stays, so rows that refer to the agent are not held up.
    wanted = select(Agent).where(Agent.key == key).with_for_update(key_share=True)
    agent = session.scalar(wanted, execution_options={"populate_existing": True})
    if agent is None:
        raise AgentUnknown(key)
    return agent


def _change(agent: Agent, changes: AgentChanges) -> None:
    if "name" in changes:
        name = clean_name(changes["name"])
        if name is None:
            raise AgentRefused("an agent needs a name")
        agent.name = name
    if "email" in changes:
        address = clean_address(changes["email"])
        if address is None:
            raise AgentRefused(f"{changes['email']!r} is no mail address")
        agent.email = address
    if "language" in changes:
        if why := why_not_language(changes["language"]):
            raise AgentRefused(why)
        agent.language = changes["language"]
    if "is_active" in changes:
        agent.is_active = changes["is_active"]
