"""What a rule of escalation does when its time has come."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from notices.preferences.logic import NoticeKind
from ticketing.escalations.logic import Moment
from ticketing.escalations.models import EscalationFiring
from ticketing.escalations.wording import reason_of
from ticketing.groups.queries import group_by_key, leads_of
from ticketing.tickets.announcing import announce
from ticketing.tickets.errors import EscalationNotAllowed
from ticketing.tickets.escalating import escalate_ticket
from ticketing.tickets.journal import DESK, Act, write_entry
from ticketing.tickets.logic import EntryKind
from ticketing.tickets.models import Ticket


def fire(session: Session, ticket: Ticket, moment: Moment, *, now: datetime) -> None:
    """Take a ticket that is locked up a tier, or tell the leads of its group, as the rule says; once.

    A ticket that has nowhere to go is not forgotten: its leads are told instead.
    """
    rule = moment.rule
    session.add(
        EscalationFiring(
            ticket_id=ticket.id, rule_key=rule.key, occurrence=moment.occurrence, at=moment.at, fired_at=now
        )
    )
    session.flush()
    groups = {ticket.assignment_group}
    reason = reason_of(rule, group_by_key(session, ticket.assignment_group).language)
    tells = rule.deed.tells_lead
    if rule.deed.lifts(ticket.tier) and not _lift(session, ticket, moment, reason, now):
        tells = True
    if tells:
        _tell_leads(session, ticket, moment, reason, groups | {ticket.assignment_group}, now)


def _lift(session: Session, ticket: Ticket, moment: Moment, reason: str, now: datetime) -> bool:
    rule = moment.rule
    try:
        escalate_ticket(
            session, ticket.id, reason=reason, actor=DESK, now=now, to_tier=rule.deed.to_tier, rule=rule.key
        )
    except EscalationNotAllowed:
        return False
    return True


def _tell_leads(
    session: Session, ticket: Ticket, moment: Moment, reason: str, groups: set[str], now: datetime
) -> None:
    leads = sorted({lead.id for group in groups for lead in leads_of(session, group)})
    data = {
        "rule": moment.rule.key,
        "occurrence": moment.occurrence,
        "agents": leads,
        "late_seconds": round((now - moment.at).total_seconds()),
    }
    entry = write_entry(session, ticket, Act(EntryKind.LEAD_TOLD, DESK, now, reason, data))
    # The journal has one language, and each lead may have another.
    words = partial(reason_of, moment.rule)
    announce(session, ticket, NoticeKind.LEAD_TOLD, entry=entry, now=now, text=words, agents=leads)
