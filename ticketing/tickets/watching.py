"""Who is told what happens to a ticket besides its requester and whoever has it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from identity.agents.logic import agent_id_of
from identity.agents.models import Agent
from identity.people.models import Person
from ticketing.tickets.access import access_ticket
from ticketing.tickets.errors import WatcherRefused
from ticketing.tickets.journal import Act, person, person_id_of, write_entry
from ticketing.tickets.logic import EntryKind, ticket_number
from ticketing.tickets.models import Ticket, TicketWatcher

MOST_WATCHERS = 50


def watch_ticket(session: Session, ticket_id: int, watcher: str, *, actor: str, now: datetime) -> bool:
    """Tell somebody (`person:7`, `agent:7`) what happens to a ticket; False if that is so already.

    A person is told what the requester is told: words of the staff among themselves reach agents only.

    Raises:
        TicketNotFound, WatcherRefused: nothing is changed.
    """
    ticket = access_ticket(session, ticket_id)
    if why := _why_not(session, ticket, watcher):
        raise WatcherRefused(ticket_number(ticket.type, ticket.id), why)
    added = add_watchers(session, ticket, {watcher})
    if added:
        write_entry(session, ticket, Act(EntryKind.WATCHED, actor, now, data={"added": list(added)}))
    return bool(added)


def unwatch_ticket(session: Session, ticket_id: int, watcher: str, *, actor: str, now: datetime) -> bool:
    """Tell somebody no more; False if nobody was told.

    Raises:
        TicketNotFound: no such ticket.
    """
    ticket = access_ticket(session, ticket_id)
    gone = remove_watchers(session, ticket, {watcher})
    if gone:
        write_entry(session, ticket, Act(EntryKind.WATCHED, actor, now, data={"removed": list(gone)}))
    return bool(gone)


def watchers_of(session: Session, ticket_id: int) -> tuple[str, ...]:
    """Whoever watches a ticket, in order."""
    wanted = select(TicketWatcher.watcher).where(TicketWatcher.ticket_id == ticket_id)
    return tuple(session.scalars(wanted.order_by(TicketWatcher.watcher)))


def add_watchers(session: Session, ticket: Ticket, watchers: Collection[str]) -> tuple[str, ...]:
    """Add those who neither watch a locked ticket nor are its requester; returns them."""
    there = {*watchers_of(session, ticket.id), person(ticket.requester_id)}
    added = tuple(sorted(set(watchers) - there))
    session.add_all(TicketWatcher(ticket_id=ticket.id, watcher=each) for each in added)
    session.flush()
    return added


def remove_watchers(session: Session, ticket: Ticket, watchers: Collection[str]) -> tuple[str, ...]:
    """Remove those who watch a locked ticket; returns them."""
    gone = tuple(sorted(set(watchers) & set(watchers_of(session, ticket.id))))
    session.execute(
        delete(TicketWatcher).where(TicketWatcher.ticket_id == ticket.id, TicketWatcher.watcher.in_(gone))
    )
    return gone


def _why_not(session: Session, ticket: Ticket, watcher: str) -> str | None:
    agent_id, person_id = agent_id_of(watcher), person_id_of(watcher)
    if agent_id is not None:
        agent = session.get(Agent, agent_id)
        if agent is None or not agent.is_active:
            return "there is no such agent, or the agent has left"
    elif person_id is None or session.get(Person, person_id) is None:
        return "there is nobody of this kind"
    if watcher == person(ticket.requester_id):
        return "its requester is told anyway"
    if len(watchers_of(session, ticket.id)) >= MOST_WATCHERS:
        return f"{MOST_WATCHERS} watch it already"
    return None
