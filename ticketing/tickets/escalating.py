"""Functional escalation: a ticket goes up to people with more skill, or comes back with a reason."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity.agents.logic import agent_id_of
from identity.agents.queries import find_agent
from notices.preferences.logic import NoticeKind
from ticketing.groups.queries import group_by_key, ladder_of, member_tier
from ticketing.tickets.access import access_ticket
from ticketing.tickets.announcing import announce
from ticketing.tickets.assigning import Passed, give, give_to_next, pass_on, place_of, where
from ticketing.tickets.errors import DeclineNotAllowed, EscalationNotAllowed
from ticketing.tickets.intake import kept
from ticketing.tickets.journal import Act
from ticketing.tickets.levels import (
    STEPS,
    Origin,
    destination,
    origin_of,
    why_not_decline,
    why_not_escalate,
)
from ticketing.tickets.logic import EntryKind, SupportTier, ticket_number
from ticketing.tickets.models import JournalEntry, Ticket


def escalate_ticket(
    session: Session,
    ticket_id: int,
    *,
    reason: str,
    actor: str,
    now: datetime,
    to_tier: SupportTier | None = None,
    rule: str | None = None,
) -> Passed:
    """Take a ticket up a tier of its group, or from the last one to the group it passes on to.

    Whoever had it has it no more; the group's method gives it to somebody there. Priority and the SLA clocks
    stay as they are: the requester has been waiting all along.

    Args:
        to_tier: which tier, where it is not simply the next one.
        rule: the key of the rule that escalates, where no agent does.

    Raises:
        TicketNotFound, EscalationNotAllowed: nothing is changed.
    """
    ticket = access_ticket(session, ticket_id)
    before, had_it = place_of(ticket), ticket.assignee
    group = group_by_key(session, ticket.assignment_group)
    beyond = ladder_of(session, group.escalates_to) if group.escalates_to else None
    to = destination(ticket.tier, ladder_of(session, group.key), beyond, to_tier)
    why = why_not_escalate(ticket.status, to=to, tier=ticket.tier, reason=reason, wanted=to_tier)
    if why or to is None:
        raise EscalationNotAllowed(ticket_number(ticket.type, ticket.id), why or "")
    data = {"from_group": before.group, "from_tier": before.tier.value, "from_assignee": had_it}
    if rule:
        data["rule"] = rule
    entry = pass_on(session, ticket, to, Act(EntryKind.ESCALATED, actor, now, kept(reason), data))
    announce(session, ticket, NoticeKind.ESCALATED, entry=entry, now=now)
    give_to_next(session, ticket, now=now, reason=reason, reason_of=entry)
    return where(ticket, entry)


def decline_escalation(session: Session, ticket_id: int, *, reason: str, actor: str, now: datetime) -> Passed:
    """Send an escalated ticket back to the group, the tier and the agent it came from, and say why.

    An agent who is not in that group any more, or nobody, gets nothing back: the group's method chooses.

    Raises:
        TicketNotFound, DeclineNotAllowed: nothing is changed.
    """
    ticket = access_ticket(session, ticket_id)
    origin = _origin(session, ticket)
    why = why_not_decline(ticket.status, origin=origin, reason=reason)
    if why or origin is None:
        raise DeclineNotAllowed(ticket_number(ticket.type, ticket.id), why or "")
    act = Act(EntryKind.ESCALATION_DECLINED, actor, now, kept(reason))
    entry = pass_on(session, ticket, origin.place, act)
    if _may_have_back(session, origin):
        # Whoever escalated is told in a moment, with the reason.
        is_told = origin.assignee != origin.escalated_by
        give(session, ticket, origin.assignee, actor=actor, now=now, is_told=is_told)
    else:
        give_to_next(session, ticket, now=now, reason=reason, reason_of=entry)
    escalated_by = agent_id_of(origin.escalated_by)
    # Told when it is back where it goes, so that the letter says how it stands.
    announce(
        session,
        ticket,
        NoticeKind.ESCALATION_DECLINED,
        entry=entry,
        now=now,
        text=kept(reason),
        agents=[escalated_by] if escalated_by is not None else [],
    )
    return where(ticket, entry)


def _origin(session: Session, ticket: Ticket) -> Origin | None:
    steps = session.execute(
        select(JournalEntry.kind, JournalEntry.actor, JournalEntry.data)
        .where(JournalEntry.ticket_id == ticket.id, JournalEntry.kind.in_(STEPS))
        .order_by(JournalEntry.number)
    )
    return origin_of(steps)


def _may_have_back(session: Session, origin: Origin) -> bool:
    agent = find_agent(session, agent_id_of(origin.assignee))
    if agent is None or not agent.is_active:
        return False
    return member_tier(session, origin.place.group, agent.id) is not None
