"""What requesters do with their tickets outside the conversation: add to one, have the work go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from identity.agents.logic import agent_id_of
from identity.agents.queries import find_agent
from identity.people.models import Person
from ticketing.conversations.wording import storable
from ticketing.effects.operations import PersonEffectKey, once_for_person
from ticketing.tickets.access import access_own_ticket
from ticketing.tickets.assigning import give_to_next
from ticketing.tickets.errors import MoveNotAllowed, ReopenTooLate, ReplyNotAllowed
from ticketing.tickets.handling import move, reply
from ticketing.tickets.journal import person
from ticketing.tickets.letters import Team, tell_team_of_comment, tell_team_of_reopening
from ticketing.tickets.logic import REOPEN_WINDOW, Status, may_reopen, may_reply, reopened, ticket_number
from ticketing.tickets.merging import reply_to_merged
from ticketing.tickets.models import Ticket

REPLY = "reply"
REOPEN = "reopen"


@dataclass(frozen=True)
class OwnWords:
    """What a person writes on a ticket, under the id that its client gave it."""

    client_id: str
    number: str
    text: str


@dataclass(frozen=True)
class Written:
    """Where it stands now."""

    number: str
    entry: int
    is_duplicate: bool


def reply_as_requester(
    session: Session, person_id: int, words: OwnWords, *, team: Team, character_limit: int, now: datetime
) -> Written:
    """Write something on one's own open ticket and tell the team: once per client id.

    Raises:
        TicketNotFound: no such ticket, or somebody else's.
        ReplyNotAllowed, MessageEmpty, MessageTooLong: nothing is written.
    """

    def deed() -> dict[str, Any]:
        ticket = access_own_ticket(session, person_id, words.number)
        number = ticket_number(ticket.type, ticket.id)
        text = storable(words.text, character_limit).text
        requester = session.get_one(Person, person_id)
        if there := reply_to_merged(session, ticket, text, actor=person(person_id), now=now):
            entry, ticket, tells = there
        elif may_reply(ticket.status):
            entry = tells = reply(session, ticket, text, actor=person(person_id), now=now)
        else:
            raise ReplyNotAllowed(number, ticket.status)
        tell_team_of_comment(session, ticket, requester, team, entry=tells.number, text=text, now=now)
        return {"number": number, "entry": entry.number}

    return _once(session, person_id, words, REPLY, deed, now)


def reopen_as_requester(
    session: Session,
    person_id: int,
    words: OwnWords,
    *,
    team: Team,
    character_limit: int,
    now: datetime,
    window: timedelta = REOPEN_WINDOW,
) -> Written:
    """Have the work on one's own finished ticket go on, with what is still wrong: once per client id.

    Raises:
        TicketNotFound: no such ticket, or somebody else's.
        MoveNotAllowed, ReopenTooLate, MessageEmpty, MessageTooLong: nothing is changed.
    """

    def deed() -> dict[str, Any]:
        ticket = access_own_ticket(session, person_id, words.number)
        number = ticket_number(ticket.type, ticket.id)
        to = reopened(ticket.status, had_by(session, ticket))
        if to is None or ticket.merged_into_id is not None:
            raise MoveNotAllowed(number, Status.ASSIGNED, f"it is {ticket.status.value}")
        if not may_reopen(ticket.status, resolved_at=ticket.resolved_at, now=now, window=window):
            raise ReopenTooLate(number, window)
        text = storable(words.text, character_limit).text
        entry = move(session, ticket, to, actor=person(person_id), now=now, reason=text).number
        if ticket.assignee is None:
            give_to_next(session, ticket, now=now)
        requester = session.get_one(Person, person_id)
        tell_team_of_reopening(session, ticket, requester, team, entry=entry, text=text, now=now)
        return {"number": number, "entry": entry}

    return _once(session, person_id, words, REOPEN, deed, now)


def had_by(session: Session, ticket: Ticket) -> str | None:
    """Who goes on with a ticket: whoever had it, unless that agent has left."""
    agent = find_agent(session, agent_id_of(ticket.assignee))
    return None if agent is not None and not agent.is_active else ticket.assignee


def _once(
    session: Session,
    person_id: int,
    words: OwnWords,
    name: str,
    deed: Callable[[], dict[str, Any]],
    now: datetime,
) -> Written:
    key = PersonEffectKey(person_id, words.client_id)
    result, is_duplicate = once_for_person(session, key, name, deed, now=now)
    return Written(result["number"], result["entry"], is_duplicate)
