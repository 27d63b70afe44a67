"""What the tests of parents and children start from."""

from __future__ import annotations

from storage.database import Database
from tests.databases import later
from tests.ticketing.tickets import a_ticket
from ticketing.tickets.families import set_parent
from ticketing.tickets.handling import add_reply, move_ticket
from ticketing.tickets.logic import ResolutionCode, Status
from ticketing.tickets.reaching import reach_children

AGENT = "agent:1"


def link(db: Database, ticket_id: int, parent_id: int) -> str:
    return db.write(set_parent, ticket_id, parent_id, actor=AGENT, now=later(60))


def resolve(db: Database, ticket_id: int, text: str = "The switch was replaced.") -> None:
    code = ResolutionCode.FIXED
    db.write(move_ticket, ticket_id, Status.RESOLVED, actor=AGENT, now=later(90), reason=text, code=code)


def reach(db: Database, parent_id: int) -> int:
    return db.in_batches(reach_children, parent_id, now=later(95))


def a_family(db: Database, *statuses: Status) -> tuple[int, list[int]]:
    parent = a_ticket(db, text="the network is down", status=Status.IN_PROGRESS)
    children = [a_ticket(db, status=status) for status in statuses]
    for child in children:
        link(db, child, parent)
    return parent, children


def answer(db: Database, ticket_id: int, text: str = "We are on it.") -> int:
    """What an agent writes on a ticket, before it has reached any child."""
    return db.write(add_reply, ticket_id, text, actor=AGENT, now=later(85))
