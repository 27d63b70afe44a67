"""What the tests of tickets start from, and how they look into them."""

from __future__ import annotations

import re

from sqlalchemy import select

from notices.outbox.models import OutboxItem
from storage.database import Database
from tests.databases import NOW
from tests.ticketing.builders import TEAM, Talk, a_conversation, claim_one, say_to
from ticketing.conversations.logic import Reply
from ticketing.tickets.handling import move_ticket
from ticketing.tickets.intake import Intake
from ticketing.tickets.journal import state_of
from ticketing.tickets.logic import HoldReason, ResolutionCode, Status
from ticketing.tickets.models import JournalEntry, Ticket
from ticketing.tickets.operations import Opened, open_ticket_for_turn
from ticketing.turns.operations import finish_turn

WAY_TO: dict[Status, tuple[Status, ...]] = {
    Status.NEW: (),
    Status.ASSIGNED: (Status.ASSIGNED,),
    Status.IN_PROGRESS: (Status.ASSIGNED, Status.IN_PROGRESS),
    Status.ON_HOLD: (Status.ASSIGNED, Status.IN_PROGRESS, Status.ON_HOLD),
    Status.RESOLVED: (Status.ASSIGNED, Status.IN_PROGRESS, Status.RESOLVED),
    Status.CLOSED: (Status.ASSIGNED, Status.IN_PROGRESS, Status.RESOLVED, Status.CLOSED),
    Status.CANCELLED: (Status.CANCELLED,),
}


def opened(
    db: Database, talk: Talk, text: str = "the printer is on fire", intake: Intake | None = None
) -> Opened:
    """A ticket out of a turn that is answered."""
    say_to(db, talk, text)
    claim = claim_one(db).claim
    ticket = db.write(open_ticket_for_turn, claim.turn_id, intake=intake, team=TEAM, now=NOW)
    db.write(finish_turn, claim, [Reply("On file.", ticket=ticket.number)], now=NOW)
    return ticket


def a_ticket(
    db: Database,
    talk: Talk | None = None,
    text: str = "the printer is on fire",
    *,
    intake: Intake | None = None,
    status: Status = Status.NEW,
) -> int:
    """The id of a ticket, with the status it should have."""
    number = opened(db, talk or a_conversation(db), text, intake).number
    ticket_id = int(number.rpartition("-")[2])
    for step in WAY_TO[status]:
        take(db, ticket_id, step)
    return ticket_id


def take(db: Database, ticket_id: int, to: Status) -> Status:
    """Move a ticket with everything that the move needs."""
    return db.write(
        move_ticket,
        ticket_id,
        to,
        actor="agent:1",
        now=NOW,
        reason="because",
        hold_reason=HoldReason.SUPPLIER if to is Status.ON_HOLD else None,
        assignee="agent:1",
        code=ResolutionCode.FIXED if to is Status.RESOLVED else None,
    )


def ticket_of(db: Database, ticket_id: int) -> Ticket:
    """The row as it is."""
    return db.read(lambda session: session.get_one(Ticket, ticket_id))


def state(db: Database, ticket_id: int) -> dict[str, object]:
    """The tracked fields as they are."""
    return state_of(ticket_of(db, ticket_id))


def journal(db: Database, ticket_id: int) -> list[JournalEntry]:
    """The entries of a ticket in order."""
    return db.read(
        lambda session: list(
            session.scalars(
                select(JournalEntry).where(JournalEntry.ticket_id == ticket_id).order_by(JournalEntry.number)
            )
        )
    )


def letters(db: Database) -> list[OutboxItem]:
    """Everything in the outbox, in order."""
    return db.read(lambda session: list(session.scalars(select(OutboxItem).order_by(OutboxItem.id))))


def team_letters(db: Database) -> list[OutboxItem]:
    """What the team's mailboxes are written, without what single people are told."""
    singles = re.compile(r":(?:person:\d+|agent:\d+|conversation)$")
    return [item for item in letters(db) if not singles.search(item.key)]
