"""A ticket that an agent opens for somebody who phoned or came by."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from identity.people.models import Person
from ticketing.routing.queries import check_chosen
from ticketing.tickets.errors import TextMissing
from ticketing.tickets.filing import PHONE, Origin, file_ticket
from ticketing.tickets.intake import Intake, kept
from ticketing.tickets.letters import Team
from ticketing.tickets.logic import ticket_number


def open_for_person(
    session: Session,
    person_id: int,
    intake: Intake,
    *,
    language: str | None = None,
    team: Team,
    actor: str,
    now: datetime,
) -> tuple[int, str]:
    """Put on file what a person said outside every conversation; returns the id and the number.

    The person reads it under its tickets, and is told by mail like anybody.

    Raises:
        TextMissing: nothing is said of what it is about.
        CategoryNotChosen: no ticket gets the category that was named.
    """
    if kept(intake.description) is None:
        raise TextMissing
    if intake.category is not None:
        check_chosen(session, intake.category)
    requester = session.get_one(Person, person_id)
    origin = Origin(channel=PHONE, language=language or requester.language)
    ticket = file_ticket(session, requester, intake, origin, team, actor=actor, now=now)
    return ticket.id, ticket_number(ticket.type, ticket.id)
