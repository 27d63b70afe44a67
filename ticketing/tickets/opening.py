"""Making a ticket of what was asked for in a conversation."""

from __future__ import annotations

from collections.abc import Sequence
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
from ticketing.routing import queries as routing
from ticketing.routing.logic import category_of
from ticketing.routing.rules import Decision, Request, decide
from ticketing.tickets.assigning import give_to_next
from ticketing.tickets.chain import opening_words
from ticketing.tickets.intake import Intake, distinct, kept
from ticketing.tickets.journal import DESK, Act, person, state_of, write_entry
from ticketing.tickets.letters import Team, tell_team_of_ticket
from ticketing.tickets.logic import EntryKind, Status, SupportTier, says_little, summary_of, ticket_number
from ticketing.tickets.models import Ticket
from ticketing.tickets.priority import classified
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
    ticket, decision = _new_ticket(
        session, turn, conversation, requester, intake, is_about_earlier=asks_person, now=now
    )
    session.add(ticket)
    session.flush()
    words = opening_words(ticket.summary, ticket.description, ticket.details)
    write_entry(session, ticket, Act(EntryKind.OPENED, actor, now, words), after=state_of(ticket))
    _tell_rule(session, ticket, decision, now)
    if asks_person:
        write_entry(session, ticket, Act(EntryKind.HANDOFF_REQUESTED, person(requester.id), now))
    tell_team_of_ticket(session, ticket, requester, team, asked_for_person=asks_person, now=now)
    give_to_next(session, ticket, now=now)
    group = group_for(session, ticket.assignment_group)
    return {
        "number": ticket_number(ticket.type, ticket.id),
        "email": requester.email,
        "priority": ticket.priority.value,
        "group": name_in(group.names, conversation.language, group.key),
        "asks_person": asks_person,
    }


def _new_ticket(
    session: Session,
    turn: Turn,
    conversation: Conversation,
    requester: Person,
    intake: Intake,
    *,
    is_about_earlier: bool,
    now: datetime,
) -> tuple[Ticket, Decision]:
    said, first, last = _what_was_said(session, turn, is_about_earlier=is_about_earlier)
    first = min(intake.first_seq or first, last)
    shown = first_loose_picture(session, conversation.id, _on_file_until(session, conversation), now=now)
    description = kept(intake.description) or said
    details = kept(intake.details)
    request, decision = _route(session, conversation, requester, intake, f"{description}\n{details or ''}")
    group = group_for(session, decision.group)
    impact, urgency, priority = classified(
        intake.type, decision.outcome.impact or intake.impact, decision.outcome.urgency or intake.urgency
    )
    ticket = Ticket(
        type=intake.type,
        status=Status.NEW,
        hold_reason=None,
        tier=SupportTier(group.tiers[0]),
        assignment_group=group.key,
        assignee=None,
        requester_id=conversation.person_id,
        category=request.category,
        impact=impact,
        urgency=urgency,
        priority=priority,
        summary=summary_of(description) or "…",
        description=description,
        details=details,
        articles_tried=distinct(intake.articles_tried),
        language=conversation.language,
        channel=conversation.channel,
        conversation_id=conversation.id,
        # A picture sent before it was said what it is about goes with what was said.
        first_seq=min(first, shown or first),
        last_seq=last,
        opened_at=now,
        changed_at=now,
        journal_length=0,
        journal_head="",
    )
    return ticket, decision


def _route(
    session: Session, conversation: Conversation, requester: Person, intake: Intake, text: str
) -> tuple[Request, Decision]:
    """What is asked, with the category that was said or that its words speak for, and where it goes."""
    tree = routing.categories(session)
    said = tree.get(intake.category or "")
    request = Request(
        text=text,
        category=said.key if said and said.is_active else category_of(text, conversation.language, tree),
        site=conversation.site_key,
        channel=conversation.channel,
        language=conversation.language,
        type=intake.type,
        is_vip=requester.is_vip,
        requester_group=requester.requester_group,
    )
    return request, decide(routing.rules(session), request, tree)


def _tell_rule(session: Session, ticket: Ticket, decision: Decision, now: datetime) -> None:
    """Which rule decided. Where none did, the category did, and the entry of the opening tells that."""
    if decision.rule is None:
        return
    data = {
        "rule": decision.rule.key,
        "group": ticket.assignment_group,
        "skills": list(decision.outcome.skills),
    }
    write_entry(session, ticket, Act(EntryKind.ROUTED, DESK, now, data=data))


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
