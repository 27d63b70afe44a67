"""Opening tickets out of conversations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from identity.people.models import Person
from notices.outbox.operations import put_in_outbox
from notices.texts.catalogue import say
from ticketing.conversations.ledger import lock_conversation_row
from ticketing.conversations.logic import Author
from ticketing.conversations.models import Conversation, Message
from ticketing.effects.operations import EffectKey, once
from ticketing.tickets.logic import Status, SupportTier, TicketType, says_little, summary_of, ticket_number
from ticketing.tickets.models import Ticket
from ticketing.turns.errors import TurnLost
from ticketing.turns.logic import TurnState
from ticketing.turns.models import Turn

OPEN_TICKET = "open_ticket"
LINES_BEHIND_A_TICKET = 50


@dataclass(frozen=True)
class Team:
    """Where the team reads its mail, and in which language."""

    email: str
    language: str


@dataclass(frozen=True)
class Opened:
    """The ticket's number, and whether an answer can reach the requester by mail."""

    number: str
    email: str | None


def open_ticket_for_turn(session: Session, turn_id: str, *, team: Team, now: datetime) -> Opened:
    """Put what the person wrote on file as an incident at L1 and tell the team: once per turn.

    Raises:
        TurnLost: the turn is not being answered; only a turn in flight may cause anything.
    """
    turn = session.get(Turn, turn_id)
    if turn is None:
        raise TurnLost(turn_id)
    # The conversation first, as everywhere. An action that is still busy when its turn is settled would
    # otherwise wait for the settlement, and the settlement for it; and a ticket could appear after its turn
    # has ended, when nobody announces it any more.
    lock_conversation_row(session, turn.conversation_id)
    session.refresh(turn)
    if turn.state is not TurnState.RUNNING:
        raise TurnLost(turn_id)
    result = once(session, EffectKey(turn_id, OPEN_TICKET), lambda: _open(session, turn, team, now), now=now)
    return Opened(result["number"], result["email"])


def _open(session: Session, turn: Turn, team: Team, now: datetime) -> dict[str, Any]:
    conversation = session.get_one(Conversation, turn.conversation_id)
    requester = session.get_one(Person, conversation.person_id)
    description, first, last = _what_was_said(session, turn)
    ticket = Ticket(
        type=TicketType.INCIDENT,
        status=Status.NEW,
        tier=SupportTier.L1,
        requester_id=requester.id,
        summary=summary_of(description) or "…",
        description=description,
        language=conversation.language,
        channel=conversation.channel,
        conversation_id=conversation.id,
        first_seq=first,
        last_seq=last,
        opened_at=now,
    )
    session.add(ticket)
    session.flush()
    number = ticket_number(ticket.type, ticket.id)
    _tell_team(session, ticket, number, requester, team, now)
    return {"number": number, "email": requester.email}


def _what_was_said(session: Session, turn: Turn) -> tuple[str, int, int]:
    """What the ticket is about, in the person's words, and the range of the transcript behind it.

    A pressed button says nothing by itself, and "open a ticket please" hardly more: what was typed before is
    what it is about.
    """
    last = session.scalars(
        select(func.max(Message.seq)).where(Message.turn_id == turn.id, Message.author == Author.PERSON)
    ).one()
    lines = _typed_lines(session, turn)
    own = [line for line in lines if line.number == turn.number]
    earlier = [line for line in lines if line.number < turn.number]
    if earlier and says_little(" ".join(line.text for line in own)):
        own = [line for line in earlier if line.number == earlier[-1].number] + own
    return "\n".join(line.text for line in own), own[0].seq if own else last, last


def _typed_lines(session: Session, turn: Turn) -> Sequence[Row[str, int, int]]:
    """The last lines the person typed up to this turn, oldest first."""
    lines = session.execute(
        select(Message.text, Message.seq, Turn.number)
        .join(Turn, Turn.id == Message.turn_id)
        .where(
            Message.conversation_id == turn.conversation_id,
            Message.author == Author.PERSON,
            Turn.number <= turn.number,
            Turn.payload.is_(None),
        )
        .order_by(Message.seq.desc())
        .limit(LINES_BEHIND_A_TICKET)
    ).all()
    return lines[::-1]


def _tell_team(
    session: Session, ticket: Ticket, number: str, requester: Person, team: Team, now: datetime
) -> None:
    unknown = say("mail_unknown_requester", team.language).text
    requester_text = " ".join(filter(None, [requester.name, requester.email and f"<{requester.email}>"]))
    body = say(
        "mail_ticket_opened",
        team.language,
        ticket=number,
        requester=requester_text or unknown,
        description=ticket.description,
    ).text
    subject = say("mail_ticket_opened_subject", team.language, ticket=number, summary=ticket.summary).text
    put_in_outbox(
        session,
        key=f"ticket:{number}:opened",
        port="mail",
        recipient=team.email,
        payload={"subject": subject, "text": body},
        now=now,
    )
