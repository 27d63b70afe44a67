"""What a requester adds to its ticket, wherever it is said: in the conversation or in "My tickets"."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from identity.agents.logic import agent_id_of
from identity.agents.queries import find_agent
from identity.people.models import Person
from ticketing.tickets.assigning import give_to_next
from ticketing.tickets.errors import MoveNotAllowed, ReopenTooLate, ReplyNotAllowed, TextMissing
from ticketing.tickets.handling import move, reply
from ticketing.tickets.intake import kept
from ticketing.tickets.journal import person
from ticketing.tickets.letters import Team, tell_team_of_comment, tell_team_of_reopening
from ticketing.tickets.logic import Status, may_reopen, may_reply, reopened, ticket_number
from ticketing.tickets.merging import reply_to_merged
from ticketing.tickets.models import JournalEntry, Ticket


def add_words(session: Session, own: Ticket, text: str, *, team: Team, now: datetime) -> JournalEntry:
    """Write what the requester says on its ticket, which is locked, and tell the team.

    Of a merged one it is written where the work goes on too. Returns the entry on its own ticket.

    Raises:
        ReplyNotAllowed, TextMissing: nothing is written.
    """
    requester, ticket = session.get_one(Person, own.requester_id), own
    if there := reply_to_merged(session, own, text, actor=person(requester.id), now=now):
        entry, ticket, tells = there
    elif may_reply(own.status):
        entry = tells = reply(session, own, text, actor=person(requester.id), now=now)
    else:
        raise ReplyNotAllowed(ticket_number(own.type, own.id), own.status)
    tell_team_of_comment(session, ticket, requester, team, entry=tells.number, text=text, now=now)
    return entry


def reopen(
    session: Session, ticket: Ticket, text: str, *, team: Team, window: timedelta, now: datetime
) -> JournalEntry:
    """Have the work on the requester's finished ticket, which is locked, go on; tell the team what is missed.

    Raises:
        MoveNotAllowed, ReopenTooLate, TextMissing: nothing is changed.
    """
    number = ticket_number(ticket.type, ticket.id)
    to = reopened(ticket.status, had_by(session, ticket))
    if to is None or ticket.merged_into_id is not None:
        raise MoveNotAllowed(number, Status.ASSIGNED, f"it is {ticket.status.words}")
    if not may_reopen(ticket.status, resolved_at=ticket.resolved_at, now=now, window=window):
        raise ReopenTooLate(number, window)
    if kept(text) is None:
        raise TextMissing
    requester = session.get_one(Person, ticket.requester_id)
    entry = move(session, ticket, to, actor=person(requester.id), now=now, reason=text)
    if ticket.assignee is None:
        give_to_next(session, ticket, now=now)
    tell_team_of_reopening(session, ticket, requester, team, entry=entry.number, text=text, now=now)
    return entry


def had_by(session: Session, ticket: Ticket) -> str | None:
    """Who goes on with a ticket: whoever had it, unless that agent has left."""
    agent = find_agent(session, agent_id_of(ticket.assignee))
    return None if agent is not None and not agent.is_active else ticket.assignee
