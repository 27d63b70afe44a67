"""What requesters do with their tickets outside the conversation: add to one, have the work go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from identity.people.models import Person
from ticketing.conversations.wording import storable
from ticketing.effects.operations import PersonEffectKey, once_for_person
from ticketing.tickets.access import access_own_ticket
from ticketing.tickets.errors import MoveNotAllowed, ReplyNotAllowed
from ticketing.tickets.handling import move, write_text
from ticketing.tickets.journal import person
from ticketing.tickets.letters import Team, tell_team_of_comment, tell_team_of_reopening
from ticketing.tickets.logic import EntryKind, Status, may_reply, reopened, ticket_number

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
        if not may_reply(ticket.status):
            raise ReplyNotAllowed(number, ticket.status)
        text = storable(words.text, character_limit).text
        entry = write_text(session, ticket, EntryKind.REPLIED, text, person(person_id), now)
        requester = session.get_one(Person, person_id)
        tell_team_of_comment(session, ticket, requester, team, entry=entry, text=text, now=now)
        return {"number": number, "entry": entry}

    return _once(session, person_id, words, REPLY, deed, now)


def reopen_as_requester(
    session: Session, person_id: int, words: OwnWords, *, team: Team, character_limit: int, now: datetime
) -> Written:
    """Have the work on one's own finished ticket go on, with what is still wrong: once per client id.

    Raises:
        TicketNotFound: no such ticket, or somebody else's.
        MoveNotAllowed, MessageEmpty, MessageTooLong: nothing is changed.
    """

    def deed() -> dict[str, Any]:
        ticket = access_own_ticket(session, person_id, words.number)
        number = ticket_number(ticket.type, ticket.id)
        to = reopened(ticket.status)
        if to is None:
            raise MoveNotAllowed(number, Status.ASSIGNED, f"it is {ticket.status.value}")
        text = storable(words.text, character_limit).text
        entry = move(session, ticket, to, actor=person(person_id), now=now, reason=text)
        requester = session.get_one(Person, person_id)
        tell_team_of_reopening(session, ticket, requester, team, entry=entry, text=text, now=now)
        return {"number": number, "entry": entry}

    return _once(session, person_id, words, REOPEN, deed, now)


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
