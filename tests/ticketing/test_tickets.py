"""Tickets out of conversations: one per turn, with what the person said, and a letter to the team."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from identity.people.operations import leave_contact
from notices.outbox.models import OutboxItem
from notices.texts.catalogue import say
from storage.database import Database
from tests.databases import NOW, at_once, errors, later, values
from tests.ticketing.builders import (
    ANA,
    TEAM,
    Talk,
    a_button,
    a_conversation,
    a_press,
    answer,
    claim_one,
    count,
    say_to,
    transcript,
    turns,
)
from tests.ticketing.tickets import team_letters
from ticketing.conversations.logic import Author, Reply
from ticketing.conversations.operations import take_over
from ticketing.tickets.intake import ARTICLES, TEXT_CHARACTERS, Intake
from ticketing.tickets.logic import (
    SUMMARY_CHARACTERS,
    Status,
    SupportTier,
    TicketType,
    summary_of,
    ticket_number,
)
from ticketing.tickets.models import Ticket
from ticketing.tickets.operations import Opened, Team, open_ticket_for_turn
from ticketing.tickets.priority import Impact, Priority, Urgency
from ticketing.turns.errors import TurnLost
from ticketing.turns.logic import LEASE, TurnOutcome
from ticketing.turns.operations import finish_turn
from ticketing.turns.settlement import settle_turn


@pytest.fixture
def talk(db: Database) -> Talk:
    return a_conversation(db, identity=ANA)


def open_for(db: Database, turn_id: str, team: Team = TEAM, intake: Intake | None = None) -> Opened:
    return db.write(open_ticket_for_turn, turn_id, intake=intake, team=team, now=NOW)


def tickets(db: Database) -> list[Ticket]:
    return db.read(lambda session: list(session.scalars(select(Ticket).order_by(Ticket.id))))


def test_a_ticket_holds_what_was_said_and_where(db: Database, talk: Talk) -> None:
    say_to(db, talk, "the printer on floor 2")
    say_to(db, talk, "is on fire")
    turn = claim_one(db)

    opened = open_for(db, turn.claim.turn_id)

    [ticket] = tickets(db)
    number = ticket_number(TicketType.INCIDENT, ticket.id)
    assert opened == Opened(number, "ana@example.org", Priority.P4, "Workplace and printing")
    assert (ticket.summary, ticket.description) == (
        "the printer on floor 2",
        "the printer on floor 2\nis on fire",
    )
    assert (ticket.first_seq, ticket.last_seq, ticket.requester_id) == (1, 2, talk.person_id)


def test_a_ticket_behind_a_button_holds_what_was_typed_before_it(db: Database, talk: Talk) -> None:
    say_to(db, talk, "the printer is on fire")
    answer(db, claim_one(db).claim)
    say_to(db, talk, a_press(a_button(db, talk)))

    open_for(db, claim_one(db).claim.turn_id)

    [ticket] = tickets(db)
    assert ticket.description == "the printer is on fire"
    assert (ticket.first_seq, ticket.last_seq) == (1, 4)


def test_a_ticket_behind_a_button_with_nothing_typed_before_is_still_a_ticket(
    db: Database, talk: Talk
) -> None:
    say_to(db, talk, a_press(a_button(db, talk)))

    open_for(db, claim_one(db).claim.turn_id)

    [ticket] = tickets(db)
    assert ticket.summary
    assert ticket.first_seq == ticket.last_seq == 2


def test_asking_for_a_ticket_in_few_words_is_about_what_was_typed_before(db: Database, talk: Talk) -> None:
    say_to(db, talk, "the projector in room 12 stays dark")
    answer(db, claim_one(db).claim)
    say_to(db, talk, "open a ticket please")

    open_for(db, claim_one(db).claim.turn_id)

    [ticket] = tickets(db)
    assert ticket.summary == "the projector in room 12 stays dark"
    assert ticket.description.endswith("open a ticket please")


def test_the_team_is_written_to_once_in_its_own_language(db: Database, talk: Talk) -> None:
    say_to(db, talk, "the printer is on fire")
    turn_id = claim_one(db).claim.turn_id

    for _ in range(3):
        opened = open_for(db, turn_id, Team("equipe@example.org", "fr"))

    [letter] = team_letters(db)
    assert (letter.port, letter.recipient) == ("mail", "equipe@example.org")
    assert letter.payload["subject"] == f"[{opened.number}] the printer is on fire"
    assert "Demandeur\u00a0: Ana <ana@example.org>" in letter.payload["text"]


def test_an_anonymous_requester_is_named_as_such(db: Database) -> None:
    say_to(db, a_conversation(db), "hello")

    opened = open_for(db, claim_one(db).claim.turn_id)

    assert opened.email is None
    assert say("mail_unknown_requester", "en").text in team_letters(db)[0].payload["text"]


def test_a_turn_opens_one_ticket_however_often_and_from_wherever_it_asks(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")
    turn_id = claim_one(db).claim.turn_id

    results = at_once(16, lambda _: open_for(db, turn_id))

    assert errors(results) == []
    assert len(set(values(results))) == 1
    assert (count(db, Ticket), len(team_letters(db))) == (1, 1)


def test_a_turn_taken_again_gets_the_ticket_it_opened_before(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")
    first = open_for(db, claim_one(db).claim.turn_id)

    again = open_for(db, claim_one(db, owner="desk-2", now=NOW + LEASE).claim.turn_id)

    assert again == first
    assert count(db, Ticket) == 1


def test_a_ticket_that_no_reply_speaks_of_is_announced_by_the_desk_once(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")
    opened = open_for(db, claim_one(db).claim.turn_id)
    again = claim_one(db, owner="desk-2", now=NOW + LEASE)

    answer(db, again.claim, "something else")

    _, reply, notice = transcript(db, talk)
    assert (reply.author, notice.author, notice.extras) == (
        Author.ASSISTANT,
        Author.DESK,
        {"ticket": opened.number},
    )
    expected = say("utter_ticket_opened", "en", ticket=opened.number, email="ana@example.org")
    assert notice.text == expected.text


def test_a_ticket_that_the_reply_speaks_of_is_not_announced_again(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")
    turn = claim_one(db)
    opened = open_for(db, turn.claim.turn_id)

    db.write(finish_turn, turn.claim, [Reply("On file.", ticket=opened.number)], now=NOW)

    assert len(transcript(db, talk)) == 2


def test_a_short_wish_for_a_ticket_brings_what_was_typed_before_it(db: Database, talk: Talk) -> None:
    say_to(db, talk, "the printer on floor 2 is on fire")
    answer(db, claim_one(db).claim)
    say_to(db, talk, "open a ticket please")

    open_for(db, claim_one(db).claim.turn_id)

    [ticket] = tickets(db)
    assert ticket.description == "the printer on floor 2 is on fire\nopen a ticket please"
    assert (ticket.first_seq, ticket.last_seq) == (1, 3)


def test_a_ticket_holds_no_line_of_another_conversation_or_of_later(db: Database, talk: Talk) -> None:
    say_to(db, a_conversation(db), "somebody else's words are none of this ticket's business")
    other = claim_one(db)
    answer(db, other.claim)
    say_to(db, talk, "mine")
    turn = claim_one(db)
    say_to(db, talk, "said while the turn was running, so it is the next turn's")

    open_for(db, turn.claim.turn_id)

    assert tickets(db)[0].description == "mine"


def test_only_a_turn_in_flight_opens_a_ticket(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")
    [queued] = turns(db, talk)
    with pytest.raises(TurnLost):
        open_for(db, queued.id)
    turn = claim_one(db)
    answer(db, turn.claim)

    for turn_id in (turn.claim.turn_id, "nope"):
        with pytest.raises(TurnLost):
            open_for(db, turn_id)

    assert (count(db, Ticket), count(db, OutboxItem)) == (0, 0)


def test_a_settled_turn_ends_with_an_apology_of_the_desk_and_a_ticket(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")
    turn = claim_one(db)

    assert db.write(settle_turn, turn.claim, team=TEAM, now=later(20)) is TurnOutcome.APOLOGISED

    apology = transcript(db, talk)[-1]
    number = ticket_number(TicketType.INCIDENT, tickets(db)[0].id)
    assert (apology.author, apology.extras) == (Author.DESK, {"ticket": number})
    assert apology.text == say("notice_apology", "en", ticket=number).text


def test_a_turn_settled_sixteen_times_at_once_has_one_ticket_and_one_apology(
    db: Database, talk: Talk
) -> None:
    say_to(db, talk, "hello")
    turn = claim_one(db)

    results = at_once(16, lambda _: db.write(settle_turn, turn.claim, team=TEAM, now=later(20)))

    assert values(results) == [TurnOutcome.APOLOGISED]
    assert {type(error) for error in errors(results)} == {TurnLost}
    assert (count(db, Ticket), len(team_letters(db)), len(transcript(db, talk))) == (1, 1, 2)


def test_a_settlement_names_the_ticket_that_the_turn_had_opened_before(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")
    turn = claim_one(db)
    opened = open_for(db, turn.claim.turn_id)

    db.write(settle_turn, turn.claim, team=TEAM, now=later(20))

    assert transcript(db, talk)[-1].extras == {"ticket": opened.number}
    assert count(db, Ticket) == 1


def test_actions_still_busy_while_their_turn_is_settled_do_not_block_it_or_open_another_ticket(
    db: Database, talk: Talk
) -> None:
    for _ in range(5):
        say_to(db, talk, "hello")
        turn = claim_one(db)

        def act(number: int, turn_id: str = turn.claim.turn_id, claim: object = turn.claim) -> object:
            if number % 2:
                return open_for(db, turn_id).number
            return db.write(settle_turn, claim, team=TEAM, now=later(20))  # type: ignore[arg-type]

        results = at_once(6, act)

        assert {type(error) for error in errors(results)} <= {TurnLost}, "nobody waits for nobody"
        assert TurnOutcome.APOLOGISED in values(results)
    assert count(db, Ticket) == 5


def test_a_ticket_opened_during_a_takeover_is_announced_or_not_opened(db: Database) -> None:
    talks = [a_conversation(db) for _ in range(5)]
    for talk in talks:
        say_to(db, talk, "hello")
        turn = claim_one(db)

        def act(
            number: int, talk: Talk = talk, turn_id: str = turn.claim.turn_id, claim: object = turn.claim
        ) -> None:
            if number == 0:
                open_for(db, turn_id)
            elif number == 1:
                db.write(take_over, talk.public_id, agent_name="Bea", now=NOW)
            else:
                answer(db, claim)  # type: ignore[arg-type]

        results = at_once(3, act)
        assert {type(error) for error in errors(results)} <= {TurnLost}

        outcome = turns(db, talk)[0].outcome
        announced = [line.extras["ticket"] for line in transcript(db, talk) if "ticket" in line.extras]
        mine = [ticket.id for ticket in tickets(db) if f"INC-{ticket.id:06d}" in announced]
        opened = not errors(results)[:1]
        if outcome is TurnOutcome.HANDED_OVER:
            assert len(mine) == int(opened)


@pytest.mark.parametrize("team", [TEAM, Team("team@example.org", "fr")])
def test_a_requester_s_words_are_not_read_as_a_template(db: Database, talk: Talk, team: Team) -> None:
    say_to(db, talk, "{ticket} {requester} {nothing} %s")

    open_for(db, claim_one(db).claim.turn_id, team)

    assert "{ticket} {requester} {nothing} %s" in team_letters(db)[0].payload["text"]


FULL = Intake(
    type=TicketType.SERVICE_REQUEST,
    description="A second screen, please",
    details="for the layout work, by Friday",
    impact=Impact.MEDIUM,
    urgency=Urgency.HIGH,
    category="equipment",
    articles_tried=("second-screen", "docking", "second-screen"),
    first_seq=1,
)


def test_a_ticket_keeps_everything_that_was_asked(db: Database, talk: Talk) -> None:
    say_to(db, talk, "I need a second screen")
    answer(db, claim_one(db).claim)
    say_to(db, talk, "yes")

    opened = open_for(db, claim_one(db).claim.turn_id, intake=FULL)

    [ticket] = tickets(db)
    number = ticket_number(TicketType.SERVICE_REQUEST, ticket.id)
    assert opened == Opened(number, "ana@example.org", Priority.P2, "Workplace and printing")
    assert (ticket.summary, ticket.description, ticket.details) == (
        FULL.description,
        FULL.description,
        FULL.details,
    )
    assert (ticket.type, ticket.status, ticket.tier) == (FULL.type, Status.NEW, SupportTier.L1)
    assert (ticket.impact, ticket.urgency, ticket.priority) == (Impact.MEDIUM, Urgency.HIGH, Priority.P2)
    assert (ticket.category, ticket.assignment_group) == ("equipment", "workplace")
    assert ticket.articles_tried == ["second-screen", "docking"]
    assert (ticket.language, ticket.channel) == ("en", "web")
    assert (ticket.first_seq, ticket.last_seq) == (1, 3)


def test_the_letter_to_the_team_holds_everything_that_is_known(db: Database, talk: Talk) -> None:
    say_to(db, talk, "yes")

    open_for(db, claim_one(db).claim.turn_id, intake=FULL)

    [letter] = team_letters(db)
    known = (
        "service request",
        "P2",
        "a team or a site",
        "cannot work",
        "Workplace and printing",
        "Ana <ana@example.org>",
        "A second screen, please",
        "for the layout work, by Friday",
        "- second-screen\n- docking",
    )
    assert [each for each in known if each not in letter.payload["text"]] == []


def test_without_an_intake_nothing_is_assumed_but_one_person_in_some_trouble(
    db: Database, talk: Talk
) -> None:
    say_to(db, talk, "the vpn is very slow today")

    open_for(db, claim_one(db).claim.turn_id)

    [ticket] = tickets(db)
    assert (ticket.type, ticket.priority) == (TicketType.INCIDENT, Priority.P4)
    assert (ticket.category, ticket.assignment_group) == ("network", "network")
    assert (ticket.details, ticket.articles_tried) == (None, [])


def test_the_group_is_named_in_the_conversation_s_language_and_to_the_team_in_its_own(db: Database) -> None:
    say_to(db, a_conversation(db, language="fr"), "le vpn ne marche plus du tout ce matin")

    opened = open_for(db, claim_one(db).claim.turn_id)

    assert opened.group == "Réseau et téléphonie"
    assert "Network and telephony" in team_letters(db)[0].payload["text"]


@pytest.mark.parametrize("category", ["gardening", "", "OTHER"])
def test_a_category_nobody_knows_is_found_from_the_words(db: Database, talk: Talk, category: str) -> None:
    say_to(db, talk, "yes")

    open_for(db, claim_one(db).claim.turn_id, intake=Intake(description="vpn is slow", category=category))

    assert tickets(db)[0].category == "network"


def test_an_endless_intake_is_kept_within_bounds(db: Database, talk: Talk) -> None:
    say_to(db, talk, "yes")
    articles = tuple(f"article-{number}" for number in range(ARTICLES + 5))
    endless = Intake(description="x" * 99_999, details="y" * 99_999, articles_tried=articles, first_seq=99)

    open_for(db, claim_one(db).claim.turn_id, intake=endless)

    [ticket] = tickets(db)
    assert (len(ticket.description), len(ticket.details or "")) == (TEXT_CHARACTERS, TEXT_CHARACTERS)
    assert ticket.articles_tried == list(articles[5:])
    assert ticket.first_seq == ticket.last_seq == 1


def test_an_intake_without_words_has_those_of_the_turn(db: Database, talk: Talk) -> None:
    say_to(db, talk, "the printer on floor 2 is on fire")

    open_for(
        db, claim_one(db).claim.turn_id, intake=Intake(description=" \n", details="", urgency=Urgency.HIGH)
    )

    [ticket] = tickets(db)
    assert (ticket.description, ticket.details) == ("the printer on floor 2 is on fire", None)
    assert ticket.priority is Priority.P3


def test_a_repeated_turn_gets_its_first_ticket_whatever_it_asks_for_now(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")
    turn_id = claim_one(db).claim.turn_id
    first = open_for(db, turn_id)

    assert open_for(db, turn_id, intake=FULL) == first
    assert count(db, Ticket) == 1


def test_the_answer_goes_to_the_address_an_anonymous_person_has_left_and_the_team_is_warned(
    db: Database,
) -> None:
    talk = a_conversation(db)
    say_to(db, talk, "hello")
    db.write(leave_contact, talk.person_id, name="Bea", email="bea@example.org", now=NOW)

    opened = open_for(db, claim_one(db).claim.turn_id)

    assert opened.email == "bea@example.org"
    assert "Bea <bea@example.org> (says so, not verified)" in team_letters(db)[0].payload["text"]


@pytest.mark.parametrize(
    ("description", "summary"),
    [
        ("one line", "one line"),
        ("\n  \n second \nthird", "second"),
        ("", ""),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 199 + "…"),
        ("word " * 100, ("word " * 40)[: SUMMARY_CHARACTERS - 1].rstrip() + "…"),
    ],
)
def test_a_summary_is_the_first_line_short_enough_for_a_list(description: str, summary: str) -> None:
    assert summary_of(description) == summary
    assert len(summary_of(description)) <= SUMMARY_CHARACTERS


def test_ticket_numbers_say_what_kind_of_ticket_they_name() -> None:
    assert ticket_number(TicketType.INCIDENT, 123) == "INC-000123"
    assert ticket_number(TicketType.SERVICE_REQUEST, 12_345_678) == "REQ-12345678"
