"""What the tests of ratings start from: a resolution, and the link that went out with it."""

from __future__ import annotations

from notices.outbox.models import OutboxItem
from storage.database import Database
from tests.databases import NOW
from tests.ticketing.builders import Talk
from tests.ticketing.tickets import a_ticket, letters
from ticketing.ratings.logic import PATH
from ticketing.tickets.handling import move_ticket
from ticketing.tickets.logic import ResolutionCode, Status

AGENT = "agent:1"


def resolve(db: Database, ticket_id: int, code: ResolutionCode = ResolutionCode.FIXED) -> None:
    """An agent resolves a ticket."""
    db.write(move_ticket, ticket_id, Status.RESOLVED, actor=AGENT, now=NOW, reason="a new cable", code=code)


def resolutions(db: Database) -> list[OutboxItem]:
    """What people are told of resolutions."""
    return [letter for letter in letters(db) if ":resolved:" in letter.key]


def links(db: Database) -> list[str]:
    """The links that went out, each once."""
    return sorted({letter.payload["link"] for letter in letters(db) if letter.payload.get("link")})


def a_token(db: Database, talk: Talk | None = None, text: str = "the printer is on fire") -> tuple[int, str]:
    """A resolved ticket, and the secret by which it can be rated."""
    before = set(links(db))
    ticket_id = a_ticket(db, talk, text)
    resolve(db, ticket_id)
    [link] = set(links(db)) - before
    return ticket_id, link.removeprefix(PATH)
