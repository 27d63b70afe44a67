"""The staff takes up finished work again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from ticketing.tickets.access import access_ticket
from ticketing.tickets.adding import had_by
from ticketing.tickets.assigning import give_to_next
from ticketing.tickets.errors import ReopenNotAllowed
from ticketing.tickets.handling import move
from ticketing.tickets.logic import Status, ticket_number, why_not_reopen


def reopen_ticket(
    session: Session, ticket_id: int, *, reason: str, assignee: str | None = None, actor: str, now: datetime
) -> Status:
    """Have the work on a finished ticket go on; returns the status it had.

    Args:
        assignee: who gets it; whoever had it otherwise, or whose turn it is if nobody did.

    Raises:
        TicketNotFound, ReopenNotAllowed, MoveNotAllowed: nothing is changed.
    """
    ticket = access_ticket(session, ticket_id)
    before = ticket.status
    if why := why_not_reopen(before):
        raise ReopenNotAllowed(ticket_number(ticket.type, ticket.id), why)
    assignee = assignee or had_by(session, ticket)
    to = Status.ASSIGNED if assignee else Status.NEW
    move(session, ticket, to, actor=actor, now=now, reason=reason, assignee=assignee)
    if assignee is None:
        give_to_next(session, ticket, now=now)
    return before
