"""Keeps `ticket.next_due_at` and `next_sla_event_at` equal to what the journal and the calendar give."""

from __future__ import annotations

from sqlalchemy.orm import Session

from ticketing.tickets.models import Ticket


def refresh(session: Session, ticket: Ticket) -> None:
    """Compute both anew; called in the transaction of every journal entry."""
