"""`guichet person`: who is a VIP, who is in which group, and what that changes for open tickets."""

from __future__ import annotations

import pytest

from storage.database import Database
from tests.desk.administered import desk, refused, told  # noqa: F401
from tests.desk.commands import Guichet
from tests.ticketing.builders import ANA, a_conversation
from tests.ticketing.tickets import a_ticket, ticket_of

pytestmark = pytest.mark.usefixtures("desk")


def test_a_person_is_found_and_changed(guichet: Guichet, desk: Database) -> None:  # noqa: F811
    talk = a_conversation(desk, identity=ANA)

    changed = told(guichet, "person", "change", "ana@example.org", "--vip", "--group", "Board")

    assert changed == {
        "id": talk.person_id,
        "name": "Ana",
        "email": "ana@example.org",
        "language": "en",
        "is_verified": True,
        "is_vip": True,
        "requester_group": "board",
    }
    assert told(guichet, "person", "show", str(talk.person_id)) == changed
    assert told(guichet, "person", "list", "an", "--vip", "--group", "board") == {"people": [changed]}
    assert told(guichet, "person", "list", "nobody") == {"people": []}
    code, said, _ = guichet("person", "list")
    assert code == 0
    assert {"Ana", "ana@example.org", "board"} <= set(said.split())
    gone = told(guichet, "person", "change", "ana@example.org", "--no-vip", "--group", "")
    assert (gone["is_vip"], gone["requester_group"]) == (False, None)


def test_promises_on_open_tickets_follow(guichet: Guichet, desk: Database) -> None:  # noqa: F811
    ticket_id = a_ticket(desk, a_conversation(desk, identity=ANA))
    before = ticket_of(desk, ticket_id).next_due_at
    added = guichet(
        *("sla", "add", "vips", "--vip", "--calendar", "always", "--first-response", "5", "--position", "1")
    )
    assert added[0] == 0, added
    assert ticket_of(desk, ticket_id).next_due_at == before

    told(guichet, "person", "change", "ana@example.org", "--vip")

    after = ticket_of(desk, ticket_id)
    assert after.next_due_at is not None
    assert (after.next_due_at - after.opened_at).total_seconds() == 5 * 60


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("show", "nobody@example.org"), "nobody is known as 'nobody@example.org'"),
        (("change", "nobody@example.org", "--vip"), "nobody is known as"),
        (("change", "nobody@example.org"), "say what changes"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(guichet: Guichet, arguments: tuple[str, ...], why: str) -> None:
    assert why in refused(guichet, "person", *arguments)
