"""The page behind a letter: whoever has the link sees how the ticket stands, nobody else sees anything."""

from __future__ import annotations

from datetime import timedelta

import pytest

from identity.people.models import Person
from identity.people.operations import leave_contact
from storage.database import Database
from tests.databases import NOW
from tests.ticketing.builders import ANA, Talk, a_conversation
from tests.ticketing.tickets import a_ticket, letters, take
from ticketing.tickets.announcing import MAIL
from ticketing.tickets.errors import TicketNotFound
from ticketing.tickets.handling import add_reply
from ticketing.tickets.journal import person
from ticketing.tickets.logic import Status
from ticketing.tickets.merging import merge_ticket
from ticketing.tickets.places import PATH, WINDOW, Place, path_to
from ticketing.tickets.queries import Moment
from ticketing.tickets.shown import ShownTicket, shown_ticket
from ticketing.tickets.watching import unwatch_ticket, watch_ticket

KEY = "k" * 43
BEA = type(ANA)(ANA.issuer, "bea", "Bea", "bea@example.org")


def token(ticket_id: int, person_id: int, email: str = "ana@example.org", key: str = KEY) -> str:
    return path_to(Place(ticket_id, person_id), email, key=key).removeprefix(PATH)


def seen(db: Database, text: str, *, after: timedelta = timedelta()) -> ShownTicket:
    return db.read(shown_ticket, text, key=KEY, at=Moment(NOW + after))


@pytest.fixture
def talk(db: Database) -> Talk:
    return a_conversation(db, identity=ANA)


def test_the_link_shows_how_the_ticket_stands(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db, talk, status=Status.ON_HOLD)

    shown = seen(db, token(ticket_id, talk.person_id))

    assert (shown.number, shown.summary) == (f"INC-{ticket_id:06d}", "the printer is on fire")
    assert (shown.status, shown.is_own, shown.may_reopen) == (Status.ON_HOLD, True, False)
    assert shown.site == "demo"


def test_nothing_that_was_written_on_the_ticket_is_shown(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db, talk, "the printer is on fire\nit stands in the room of the board")
    db.write(add_reply, ticket_id, "Which printer?", actor="agent:1", now=NOW)

    shown = repr(seen(db, token(ticket_id, talk.person_id)))

    assert "board" not in shown
    assert "Which printer" not in shown


def test_an_address_that_nobody_vouches_for_is_shown_no_title(db: Database) -> None:
    talk = a_conversation(db)
    ticket_id = a_ticket(db, talk)
    db.write(leave_contact, talk.person_id, name=None, email="somebody@example.org", now=NOW)

    assert seen(db, token(ticket_id, talk.person_id, "somebody@example.org")).summary is None


def test_a_link_to_an_address_that_is_the_person_s_no_more_leads_nowhere(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db, talk)

    def move_away(session: object) -> None:
        session.get_one(Person, talk.person_id).email = "new@example.org"  # type: ignore[attr-defined]

    db.write(move_away)

    with pytest.raises(TicketNotFound):
        seen(db, token(ticket_id, talk.person_id))
    assert seen(db, token(ticket_id, talk.person_id, "new@example.org")).is_own


def test_a_link_that_the_desk_has_not_signed_leads_nowhere(db: Database, talk: Talk) -> None:
    ticket_id, other_id = a_ticket(db, talk), a_ticket(db, talk, "my mouse is dead")
    good = token(ticket_id, talk.person_id)
    raw = bytes.fromhex(good)
    forged = [
        token(ticket_id, talk.person_id, key="x" * 43),
        token(ticket_id, a_conversation(db, identity=BEA).person_id, "bea@example.org"),
        (other_id.to_bytes(4, "big") + raw[4:]).hex(),
        (raw[:-1] + bytes([raw[-1] ^ 1])).hex(),
        (b"\xff" * len(raw)).hex(),
        *("", "x", good[:-1], good + "A", "é" * len(good), "../" + good, good.upper(), f" {good}"),
    ]

    for each in forged:
        with pytest.raises(TicketNotFound):
            seen(db, each)


def test_a_watcher_s_link_lasts_as_long_as_it_watches(db: Database, talk: Talk) -> None:
    ticket_id, bea = a_ticket(db, talk), a_conversation(db, identity=BEA).person_id
    hers = token(ticket_id, bea, "bea@example.org")
    db.write(watch_ticket, ticket_id, person(bea), actor="agent:1", now=NOW)

    assert not seen(db, hers).is_own

    db.write(unwatch_ticket, ticket_id, person(bea), actor="agent:1", now=NOW)
    with pytest.raises(TicketNotFound):
        seen(db, hers)


def test_a_finished_ticket_is_shown_for_a_while_and_an_open_one_always(db: Database, talk: Talk) -> None:
    ticket_id = a_ticket(db, talk)
    link = token(ticket_id, talk.person_id)

    assert seen(db, link, after=2 * WINDOW).status is Status.NEW

    take(db, ticket_id, Status.RESOLVED)
    assert seen(db, link).may_reopen
    assert not seen(db, link, after=WINDOW).may_reopen
    with pytest.raises(TicketNotFound):
        seen(db, link, after=WINDOW + timedelta(seconds=1))


def test_a_merged_ticket_is_not_said_to_be_closed_nor_to_be_reopened(db: Database, talk: Talk) -> None:
    ticket_id, other_id = a_ticket(db, talk), a_ticket(db, talk, "the printer burns")
    db.write(merge_ticket, ticket_id, other_id, actor="agent:1", now=NOW)

    shown = seen(db, token(ticket_id, talk.person_id))

    assert (shown.is_merged, shown.may_reopen) == (True, False)


def test_letters_to_people_lead_to_the_ticket_and_no_secret_waits_in_the_outbox(
    db: Database, talk: Talk
) -> None:
    ticket_id = a_ticket(db, talk)
    db.write(add_reply, ticket_id, "Which printer?", actor="agent:1", now=NOW)

    mails = [item for item in letters(db) if item.port == MAIL and item.recipient == "ana@example.org"]
    assert [item.payload["place"] for item in mails] == [{"ticket": ticket_id, "person": talk.person_id}] * 2
    assert PATH not in repr([item.payload for item in mails])
