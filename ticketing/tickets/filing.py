"""Putting a request on file: routed, with its journal, told to the team, given to whoever's turn it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from identity.people.models import Person
from notices.preferences.logic import NoticeKind
from ticketing.groups.operations import group_for
from ticketing.routing import queries as routing
from ticketing.routing.logic import category_of
from ticketing.routing.rules import Decision, Request, decide
from ticketing.tickets.announcing import announce
from ticketing.tickets.assigning import give_to_next
from ticketing.tickets.chain import opening_words
from ticketing.tickets.intake import Intake, distinct, kept
from ticketing.tickets.journal import DESK, Act, person, state_of, write_entry
from ticketing.tickets.letters import Team, tell_team_of_ticket
from ticketing.tickets.logic import EntryKind, Status, SupportTier, summary_of
from ticketing.tickets.models import Ticket
from ticketing.tickets.priority import classified

PHONE = "phone"
"""The channel of what somebody said to an agent, outside every conversation."""


@dataclass(frozen=True)
class Origin:
    """Where a request was made.

    Args:
        conversation_id: None where somebody phoned; then there is no stretch of one either.
        site: empty where it was made on no site.
    """

    channel: str
    language: str
    site: str = ""
    conversation_id: int | None = None
    first_seq: int = 0
    last_seq: int = 0


def file_ticket(
    session: Session,
    requester: Person,
    intake: Intake,
    origin: Origin,
    team: Team,
    *,
    actor: str,
    now: datetime,
    asks_person: bool = False,
) -> Ticket:
    """A new ticket with its journal and the letter to the team; its description is there."""
    ticket, decision = _new_ticket(session, requester, intake, origin, now)
    session.add(ticket)
    session.flush()
    words = opening_words(ticket.summary, ticket.description, ticket.details)
    opened = write_entry(session, ticket, Act(EntryKind.OPENED, actor, now, words), after=state_of(ticket))
    _tell_rule(session, ticket, decision, now)
    if asks_person:
        write_entry(session, ticket, Act(EntryKind.HANDOFF_REQUESTED, person(requester.id), now))
    tell_team_of_ticket(session, ticket, requester, team, asked_for_person=asks_person, now=now)
    announce(session, ticket, NoticeKind.OPENED, entry=opened, now=now)
    give_to_next(session, ticket, now=now)
    return ticket


def _new_ticket(
    session: Session, requester: Person, intake: Intake, origin: Origin, now: datetime
) -> tuple[Ticket, Decision]:
    description, details = kept(intake.description) or "", kept(intake.details)
    request, decision = _route(session, requester, intake, origin, f"{description}\n{details or ''}")
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
        requester_id=requester.id,
        category=request.category,
        impact=impact,
        urgency=urgency,
        priority=priority,
        summary=summary_of(description) or "…",
        description=description,
        details=details,
        articles_tried=distinct(intake.articles_tried),
        language=origin.language,
        channel=origin.channel,
        conversation_id=origin.conversation_id,
        first_seq=origin.first_seq,
        last_seq=origin.last_seq,
        opened_at=now,
        changed_at=now,
        journal_length=0,
        journal_head="",
    )
    return ticket, decision


def _route(
    session: Session, requester: Person, intake: Intake, origin: Origin, text: str
) -> tuple[Request, Decision]:
    """What is asked, with the category that was said or that its words speak for, and where it goes."""
    tree = routing.categories(session)
    said = tree.get(intake.category or "")
    request = Request(
        text=text,
        category=said.key if said and said.is_active else category_of(text, origin.language, tree),
        site=origin.site,
        channel=origin.channel,
        language=origin.language,
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
