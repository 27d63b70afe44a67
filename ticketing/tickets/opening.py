"""Making a ticket of what was asked for in a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from identity.people.models import Person
from ticketing.conversations.logic import Author
from ticketing.conversations.models import Conversation, Message
from ticketing.groups.logic import name_in
from ticketing.groups.operations import group_for
from ticketing.pictures.queries import first_loose_picture
from ticketing.tickets.filing import Origin, file_ticket
from ticketing.tickets.intake import Intake, kept
from ticketing.tickets.letters import Team
from ticketing.tickets.logic import says_little, ticket_number
from ticketing.tickets.models import Ticket
from ticketing.turns.models import Turn

LINES_BEHIND_A_TICKET = 50


def open_ticket(
    session: Session,
    turn: Turn,
    conversation: Conversation,
    intake: Intake,
    team: Team,
    *,
    actor: str,
    asks_person: bool,
    now: datetime,
) -> dict[str, Any]:
    """A new ticket with its journal and the letter to the team; returns what the turn's effect records."""
    requester = session.get_one(Person, conversation.person_id)
    said, first, last = _what_was_said(session, turn, is_about_earlier=asks_person)
    ticket = file_ticket(
        session,
        requester,
        replace(intake, description=kept(intake.description) or said),
        _origin(session, conversation, first=min(intake.first_seq or first, last), last=last, now=now),
        team,
        actor=actor,
        now=now,
        asks_person=asks_person,
    )
    group = group_for(session, ticket.assignment_group)
    return {
        "number": ticket_number(ticket.type, ticket.id),
        "email": requester.email,
        "priority": ticket.priority.value,
        "group": name_in(group.names, conversation.language, group.key),
        "asks_person": asks_person,
    }


def _origin(session: Session, conversation: Conversation, *, first: int, last: int, now: datetime) -> Origin:
    shown = first_loose_picture(session, conversation.id, _on_file_until(session, conversation), now=now)
    return Origin(
        channel=conversation.channel,
        language=conversation.language,
        site=conversation.site_key,
        conversation_id=conversation.id,
        # A picture sent before it was said what it is about goes with what was said.
        first_seq=min(first, shown or first),
        last_seq=last,
    )


def _on_file_until(session: Session, conversation: Conversation) -> int:
    """Up to where the conversation stands in tickets already."""
    last = select(func.max(Ticket.last_seq)).where(Ticket.conversation_id == conversation.id)
    return session.scalar(last) or 0


def _what_was_said(session: Session, turn: Turn, *, is_about_earlier: bool) -> tuple[str, int, int]:
    """What the ticket is about, in the person's words, and the range of the transcript behind it.

    A pressed button says nothing by itself, and "open a ticket please" hardly more: what was typed before is
    what it is about. Asking for a person is never what it is about.
    """
    last = session.scalars(
        select(func.max(Message.seq)).where(Message.turn_id == turn.id, Message.author == Author.PERSON)
    ).one()
    lines = _typed_lines(session, turn)
    own = [line for line in lines if line.number == turn.number]
    earlier = [line for line in lines if line.number < turn.number]
    if earlier and (is_about_earlier or says_little(" ".join(line.text for line in own))):
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
