"""The doors to a ticket: it exists, this person may touch it, it is locked."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ticketing.tickets.errors import TicketNotFound
from ticketing.tickets.models import Ticket
from ticketing.tickets.numbers import parse_number

LARGEST_ID = 2**31 - 1


def access_own_ticket(session: Session, person_id: int, number_text: str) -> Ticket:
    """Load and lock the ticket whose number stands in a text, if this person is its requester.

    Raises:
        TicketNotFound: no such ticket, or somebody else's; a number cannot be probed from the chat.
    """
    wanted = find_own(person_id, number_text).with_for_update()
    ticket = session.scalars(wanted, execution_options={"populate_existing": True}).first()
    if ticket is None:
        raise TicketNotFound
    return ticket


def find_own(person_id: int, number_text: str) -> Select[Ticket]:
    """The one question by which a person gets at a ticket.

    Raises:
        TicketNotFound: there is no number in the text.
    """
    parsed = parse_number(number_text)
    if parsed is None or parsed[1] > LARGEST_ID:
        raise TicketNotFound
    type_, ticket_id = parsed
    own = select(Ticket).where(Ticket.id == ticket_id, Ticket.requester_id == person_id)
    return own if type_ is None else own.where(Ticket.type == type_)


def access_ticket(session: Session, ticket_id: int) -> Ticket:
    """Load and lock a ticket for the staff.

    Raises:
        TicketNotFound: no such ticket.
    """
    ticket = session.get(Ticket, ticket_id, with_for_update=True, populate_existing=True)
    if ticket is None:
        raise TicketNotFound
    return ticket


def access_tickets(session: Session, *ticket_ids: int) -> tuple[Ticket, ...]:
    """Load and lock several for the staff, in the order named.

    Parents are locked before their children, as whoever works on a parent does; else the older one first.

    Raises:
        TicketNotFound: one of them is not there.
    """
    wanted = (
        select(Ticket)
        .where(Ticket.id.in_(ticket_ids))
        .order_by(Ticket.parent_id.is_not(None), Ticket.id)
        .with_for_update()
    )
    found = {
        ticket.id: ticket for ticket in session.scalars(wanted, execution_options={"populate_existing": True})
    }
    if set(ticket_ids) - set(found):
        raise TicketNotFound
    return tuple(found[each] for each in ticket_ids)


def ticket_id_of(session: Session, number_text: str) -> int:
    """The id of the ticket whose number stands in a text, for the staff; it is not locked.

    Raises:
        TicketNotFound: no such ticket.
    """
    type_, ticket_id = parse_number(number_text) or (None, 0)
    found = session.scalar(select(Ticket.type).where(Ticket.id == min(ticket_id, LARGEST_ID)))
    if found is None or type_ not in (None, found):
        raise TicketNotFound
    return ticket_id
