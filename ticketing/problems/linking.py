"""Which incidents a problem causes. Entries in both journals; on the ticket for the staff alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from ticketing.problems.access import access_problem
from ticketing.problems.errors import LinkNotAllowed
from ticketing.problems.journal import ProblemAct, write_problem_entry
from ticketing.problems.logic import ProblemEntryKind, problem_number, why_not_link
from ticketing.problems.models import Problem, ProblemIncident
from ticketing.problems.workarounds import is_to_be_told, tell
from ticketing.tickets.access import access_ticket
from ticketing.tickets.journal import Act, write_entry
from ticketing.tickets.logic import EntryKind, ticket_number
from ticketing.tickets.models import Ticket


def link_incident(session: Session, problem_id: int, ticket_id: int, *, actor: str, now: datetime) -> bool:
    """Say that a problem causes an incident; whether its requester was told the workaround there is.

    Raises:
        ProblemNotFound, TicketNotFound, LinkNotAllowed: nothing is changed.
    """
    problem = access_problem(session, problem_id)
    return link_locked(session, problem, access_ticket(session, ticket_id), actor=actor, now=now)


def link_locked(session: Session, problem: Problem, ticket: Ticket, *, actor: str, now: datetime) -> bool:
    """The same with both locked."""
    number, its = ticket_number(ticket.type, ticket.id), problem_number(problem.id)
    if why := why_not_link(problem.status, ticket.type, is_merged=ticket.merged_into_id is not None):
        raise LinkNotAllowed(number, its, why)
    if session.get(ProblemIncident, (problem.id, ticket.id)) is not None:
        raise LinkNotAllowed(number, its, "they are linked already")
    incident = ProblemIncident(problem_id=problem.id, ticket_id=ticket.id, linked_at=now)
    session.add(incident)
    act = ProblemAct(ProblemEntryKind.INCIDENT_LINKED, actor, now, data={"ticket": number})
    write_problem_entry(session, problem, act)
    write_entry(session, ticket, Act(EntryKind.PROBLEM_LINKED, actor, now, data={"problem": its}))
    if not is_to_be_told(problem, ticket):
        return False
    return bool(tell(session, problem, [(incident, ticket)], now=now))


def unlink_incident(session: Session, problem_id: int, ticket_id: int, *, actor: str, now: datetime) -> None:
    """Say that a problem does not cause an incident after all; its requester hears no more of it.

    Raises:
        ProblemNotFound, TicketNotFound, LinkNotAllowed: nothing is changed.
    """
    problem, ticket = access_problem(session, problem_id), access_ticket(session, ticket_id)
    number, its = ticket_number(ticket.type, ticket.id), problem_number(problem.id)
    incident = session.get(ProblemIncident, (problem.id, ticket.id))
    if incident is None:
        raise LinkNotAllowed(number, its, "they are not linked")
    session.delete(incident)
    act = ProblemAct(ProblemEntryKind.INCIDENT_UNLINKED, actor, now, data={"ticket": number})
    write_problem_entry(session, problem, act)
    write_entry(session, ticket, Act(EntryKind.PROBLEM_UNLINKED, actor, now, data={"problem": its}))
