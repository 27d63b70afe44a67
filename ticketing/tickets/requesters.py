"""What requesters do with their tickets outside the conversation: add to one, have the work go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from ticketing.conversations.wording import storable
from ticketing.effects.operations import PersonEffectKey, once_for_person
from ticketing.tickets.access import access_own_ticket
from ticketing.tickets.adding import add_words, reopen
from ticketing.tickets.letters import Team
from ticketing.tickets.logic import REOPEN_WINDOW, ticket_number

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
        text = storable(words.text, character_limit).text
        entry = add_words(session, ticket, text, team=team, now=now)
        return {"number": ticket_number(ticket.type, ticket.id), "entry": entry.number}

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
        text = storable(words.text, character_limit).text
        entry = reopen(session, ticket, text, team=team, window=window, now=now)
        return {"number": ticket_number(ticket.type, ticket.id), "entry": entry.number}

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
