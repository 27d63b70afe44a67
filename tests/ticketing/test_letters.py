"""Where letters to a team go, and in which language."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from storage.database import Database
from tests.databases import later
from tests.ticketing.builders import ANA, a_conversation
from tests.ticketing.teams import L1, L2, L3, a_group
from tests.ticketing.tickets import a_ticket, letters
from ticketing.groups.models import AssignmentGroup
from ticketing.tickets.assigning import transfer_ticket
from ticketing.tickets.escalating import decline_escalation, escalate_ticket


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


def with_mailbox(db: Database, key: str) -> None:
    def settle(session: Session) -> None:
        group = session.get_one(AssignmentGroup, key)
        group.email, group.language = f"{key}@example.org", "fr"

    db.write(settle)


def test_a_group_with_a_mailbox_is_told_of_a_ticket_that_is_passed_on_to_it(db: Database) -> None:
    a_group(db, "network")
    with_mailbox(db, "network")
    ticket_id = a_ticket(db, a_conversation(db, identity=ANA), "the printer is on fire")

    db.write(transfer_ticket, ticket_id, "network", reason="it is the cable", actor="agent:1", now=later(60))

    [letter] = [each for each in letters(db) if each.recipient == "network@example.org"]
    for word in ("Transmis à votre groupe", "Réseau", "it is the cable", "the printer is on fire"):
        assert word in letter.payload["subject"] + letter.payload["text"]


def test_an_escalation_and_its_way_back_tell_a_group_only_where_it_is_another_one(db: Database) -> None:
    a_group(db, "network", tiers=(L1, L2, L3))
    a_group(db, "workplace", tiers=(L1, L2), escalates_to="network")
    for key in ("network", "workplace"):
        with_mailbox(db, key)
    ticket_id = a_ticket(db, a_conversation(db, identity=ANA))

    def told() -> list[str]:
        return [each.recipient for each in letters(db) if ":passed:" in each.key]

    db.write(escalate_ticket, ticket_id, reason="harder", actor="agent:1", now=later(60))
    assert told() == []
    db.write(escalate_ticket, ticket_id, reason="harder still", actor="agent:1", now=later(120))
    assert told() == ["network@example.org"]
    db.write(decline_escalation, ticket_id, reason="no", actor="agent:2", now=later(180))
    assert told() == ["network@example.org", "workplace@example.org"]


def test_a_group_without_a_mailbox_is_told_by_its_list_alone(db: Database) -> None:
    a_group(db, "network")
    ticket_id = a_ticket(db, a_conversation(db, identity=ANA))

    db.write(transfer_ticket, ticket_id, "network", reason="it is the cable", actor="agent:1", now=later(60))

    assert not [each for each in letters(db) if ":passed:" in each.key]
