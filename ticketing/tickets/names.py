"""What the staff reads for those whom the journal names by number only."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity.agents.logic import agent_actor, agent_id_of
from identity.agents.models import Agent
from identity.people.models import Person
from ticketing.tickets.journal import person, person_id_of


def names_of(session: Session, actors: Iterable[str | None]) -> dict[str, str]:
    """The name of each actor, in two statements at most; whoever has none keeps the journal's word."""
    asked = {actor for actor in actors if actor}
    names = {actor: actor for actor in asked}
    names |= {agent_actor(id_): name for id_, name in _agents(session, asked)}
    names |= {person(id_): name for id_, name in _people(session, asked)}
    return names


def _agents(session: Session, actors: set[str]) -> list[tuple[int, str]]:
    ids = [id_ for actor in actors if (id_ := agent_id_of(actor)) is not None]
    if not ids:
        return []
    return list(session.execute(select(Agent.id, Agent.name).where(Agent.id.in_(ids))))


def _people(session: Session, actors: set[str]) -> list[tuple[int, str]]:
    ids = [id_ for actor in actors if (id_ := person_id_of(actor)) is not None]
    if not ids:
        return []
    found = session.execute(select(Person.id, Person.name, Person.email).where(Person.id.in_(ids)))
    return [(row.id, row.name or row.email) for row in found if row.name or row.email]
