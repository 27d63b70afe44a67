"""Where letters to a team go, and in which language."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from storage.database import Database
from tests.ticketing.builders import ANA, a_conversation
from tests.ticketing.teams import a_group
from tests.ticketing.tickets import a_ticket, letters
from ticketing.groups.models import AssignmentGroup


@pytest.mark.parametrize(
    ("email", "language", "to", "words"),
    [
        (None, None, "it-desk@example.org", "A new ticket was opened"),
        ("paris@example.org", "fr", "paris@example.org", "Un nouveau ticket"),
        ("paris@example.org", None, "paris@example.org", "A new ticket was opened"),
        (None, "fr", "it-desk@example.org", "Un nouveau ticket"),
    ],
)
def test_a_group_reads_in_its_own_mailbox_and_language_where_it_has_them(
    db: Database, email: str | None, language: str | None, to: str, words: str
) -> None:
    a_group(db, "service-desk")

    def settle(session: Session) -> None:
        for group in session.query(AssignmentGroup):
            group.email, group.language = email, language

    db.write(settle)

    a_ticket(db, a_conversation(db, identity=ANA))

    [letter] = [each for each in letters(db) if each.recipient == to]
    assert words in letter.payload["text"]
    assert letter.payload["language"] == (language or "en")
