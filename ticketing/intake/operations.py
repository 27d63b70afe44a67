"""Puts on file what a form has gathered: the address for the answer and the ticket, in one transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from identity.people.errors import AddressRefused, PersonIsVerified
from identity.people.operations import KnownPerson, leave_contact
from ticketing.intake.logic import Draft, Purpose
from ticketing.tickets.intake import Intake
from ticketing.tickets.operations import (
    Commented,
    Opened,
    Team,
    add_comment_for_turn,
    hand_off_for_turn,
    open_ticket_for_turn,
)
from ticketing.tickets.priority import Urgency


def put_on_file(
    session: Session, turn_id: str, person_id: int, draft: Draft, *, team: Team, now: datetime
) -> Opened:
    """Open the incident or the service request, once per turn."""
    keep_contact(session, person_id, draft, now=now)
    return open_ticket_for_turn(session, turn_id, intake=intake_of(draft), team=team, now=now)


def hand_off(
    session: Session, turn_id: str, person_id: int, draft: Draft, *, team: Team, now: datetime
) -> Opened:
    """People take over what the form has gathered so far."""
    keep_contact(session, person_id, draft, now=now)
    return hand_off_for_turn(session, turn_id, intake=intake_of(draft), team=team, now=now)


def comment(
    session: Session,
    turn_id: str,
    person_id: int,
    draft: Draft,
    *,
    team: Team,
    now: datetime,
    window: timedelta,
) -> Commented:
    """Add what was said to the person's own ticket; one that was finished within the window is reopened.

    Raises:
        TicketNotFound, ReplyNotAllowed, TextMissing: nothing is written.
    """
    keep_contact(session, person_id, draft, now=now)
    return add_comment_for_turn(
        session, turn_id, draft.ticket or "", draft.comment or "", team=team, now=now, window=window
    )


def keep_contact(session: Session, person_id: int, draft: Draft, *, now: datetime) -> KnownPerson | None:
    """Keep the name and address that somebody unknown has left; None if there is nothing to keep.

    An address that cannot be one is left out: what was reported must not be lost for it.
    """
    if not draft.name and not draft.address:
        return None
    try:
        return leave_contact(session, person_id, name=draft.name, email=draft.address, now=now)
    except (AddressRefused, PersonIsVerified):
        return None


def intake_of(draft: Draft) -> Intake:
    """The draft as the ticket takes it."""
    is_access = draft.purpose is Purpose.ACCESS
    return Intake(
        type=draft.type,
        description=draft.what,
        details=draft.details,
        impact=draft.impact,
        urgency=Urgency.HIGH if is_access else draft.urgency,
        category="access" if is_access else draft.category,
        articles_tried=draft.articles,
    )
