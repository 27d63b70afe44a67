"""Keeps `ticket.next_due_at` and `next_sla_event_at` equal to what the journal and the calendar give."""

from __future__ import annotations

from sqlalchemy.orm import Session

from ticketing.sla.pending import next_due
from ticketing.sla.queries import standing_of
from ticketing.tickets.models import Ticket


def refresh(session: Session, ticket: Ticket) -> None:
    """Compute both anew; called in the transaction of every journal entry."""
    standing = standing_of(session, ticket)
    ticket.next_due_at = next_due(standing.clocks)
    ticket.next_sla_event_at = min((each.at for each in standing.pending), default=None)
