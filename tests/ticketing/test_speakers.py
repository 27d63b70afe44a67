"""One speaker per conversation; what the assistant says after a takeover is never committed (DESIGN §3)."""

from __future__ import annotations

import pytest

from notices.texts.catalogue import say
from storage.database import Database
from tests.databases import NOW, at_once, errors, later, values
from tests.ticketing.builders import (
    TEAM,
    Talk,
    a_conversation,
    answer,
    authors,
    claim_one,
    say_to,
    seqs_within_agent_intervals,
    transcript,
    turns,
)
from ticketing.conversations.errors import SpeakerChangeRefused
from ticketing.conversations.logic import Author, Reply, Speaker
from ticketing.conversations.operations import hand_back, request_handoff, take_over, write_as_agent
from ticketing.conversations.queries import access_conversation, status_of
from ticketing.tickets.operations import open_ticket_for_turn
from ticketing.turns.errors import TurnLost
from ticketing.turns.logic import LEASE, TurnOutcome, TurnState
from ticketing.turns.operations import finish_turn, note_still_working
from ticketing.turns.queue import claim_turns
from ticketing.turns.settlement import settle_turn


@pytest.fixture
def talk(db: Database) -> Talk:
    return a_conversation(db)


def takes_over(db: Database, talk: Talk, agent: str = "Bea") -> None:
    db.write(take_over, talk.public_id, agent_name=agent, now=NOW)


def hands_back(db: Database, talk: Talk) -> None:
    db.write(hand_back, talk.public_id, actor="Bea", now=NOW)


def speaker(db: Database, talk: Talk) -> tuple[Speaker, str | None]:
    conversation_id = db.read(access_conversation, talk.public_id, person_id=talk.person_id)
    status = db.read(status_of, conversation_id)
    return status.speaker, status.agent_name


def outcomes(db: Database, talk: Talk) -> list[TurnOutcome | None]:
    return [turn.outcome for turn in turns(db, talk)]


def test_replies_of_a_turn_that_ran_during_a_takeover_are_never_said(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")
    turn = claim_one(db)
    takes_over(db, talk)

    assert answer(db, turn.claim) is TurnOutcome.HANDED_OVER

    assert authors(transcript(db, talk)) == [Author.PERSON]
    assert outcomes(db, talk) == [TurnOutcome.HANDED_OVER]


def test_a_ticket_opened_by_such_a_turn_is_announced_by_the_desk(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")
    turn = claim_one(db)
    opened = db.write(open_ticket_for_turn, turn.claim.turn_id, team=TEAM, now=NOW)
    takes_over(db, talk)

    answer(db, turn.claim)

    notice = transcript(db, talk)[-1]
    assert notice.author is Author.DESK
    assert notice.text == say("notice_ticket_opened_meanwhile", "en", ticket=opened.number).text
    assert notice.extras == {"ticket": opened.number}


def test_a_takeover_that_began_and_ended_within_a_turn_discards_its_replies_too(
    db: Database, talk: Talk
) -> None:
    say_to(db, talk, "hello")
    turn = claim_one(db)
    takes_over(db, talk)
    db.write(write_as_agent, talk.public_id, "Done.", agent_name="Bea", now=NOW)
    hands_back(db, talk)

    assert not db.write(note_still_working, turn.claim, now=NOW)
    assert answer(db, turn.claim) is TurnOutcome.HANDED_OVER

    assert authors(transcript(db, talk)) == [Author.PERSON, Author.AGENT]
    say_to(db, talk, "and now?")
    assert answer(db, claim_one(db).claim) is TurnOutcome.ANSWERED


def test_nothing_automatic_is_said_while_an_agent_speaks(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")
    turn = claim_one(db)
    takes_over(db, talk)

    assert not db.write(note_still_working, turn.claim, now=NOW)
    assert db.write(settle_turn, turn.claim, team=TEAM, now=NOW) is TurnOutcome.HANDED_OVER

    assert authors(transcript(db, talk)) == [Author.PERSON]


def test_lines_that_wait_for_the_assistant_are_handed_over_with_the_conversation(
    db: Database, talk: Talk
) -> None:
    say_to(db, talk, "hello")
    takes_over(db, talk)

    assert outcomes(db, talk) == [TurnOutcome.HANDED_OVER]
    assert db.write(claim_turns, owner="desk-1", limit=8, now=NOW) == []


def test_a_line_to_an_agent_is_kept_and_makes_no_turn(db: Database, talk: Talk) -> None:
    takes_over(db, talk)

    ack = say_to(db, talk, "are you there?")

    assert (ack.seq, ack.turn) == (1, None)
    assert turns(db, talk) == []


def test_a_secret_told_to_an_agent_is_covered_as_well(db: Database, talk: Talk) -> None:
    takes_over(db, talk)

    say_to(db, talk, "my password is hunter2")

    assert authors(transcript(db, talk)) == [Author.PERSON, Author.DESK]
    assert "hunter2" not in transcript(db, talk)[0].text


def test_after_the_hand_back_the_next_line_gets_a_turn(db: Database, talk: Talk) -> None:
    takes_over(db, talk)
    say_to(db, talk, "to the agent")
    hands_back(db, talk)

    assert say_to(db, talk, "to the assistant").turn == 1

    turn = claim_one(db)
    assert turn.text == "to the assistant"
    assert answer(db, turn.claim) is TurnOutcome.ANSWERED


def test_a_turn_that_outlived_a_whole_takeover_does_not_block_the_next_one(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")
    first = claim_one(db)
    takes_over(db, talk)
    hands_back(db, talk)
    say_to(db, talk, "again")
    assert db.write(claim_turns, owner="desk-2", limit=8, now=NOW) == [], "one at a time"

    answer(db, first.claim)

    assert claim_one(db).text == "again"


@pytest.mark.parametrize("start", [Speaker.ASSISTANT, Speaker.WAITING])
def test_one_of_sixty_four_takeovers_at_once_wins_and_the_others_hear_who(
    db: Database, talk: Talk, start: Speaker
) -> None:
    if start is Speaker.WAITING:
        db.write(request_handoff, talk.public_id, actor="person", now=NOW)

    results = at_once(64, lambda number: takes_over(db, talk, f"agent {number}"))

    assert len(values(results)) == 1
    assert {type(error) for error in errors(results)} == {SpeakerChangeRefused}
    who, name = speaker(db, talk)
    assert who is Speaker.AGENT
    assert all(str(error) == f"{name} has the conversation" for error in errors(results))
    assert results[int((name or "").removeprefix("agent "))] is None


def test_an_answer_and_a_takeover_at_the_same_moment_leave_no_reply_after_the_takeover(db: Database) -> None:
    talks = [a_conversation(db) for _ in range(8)]
    for talk in talks:
        say_to(db, talk, "hello")
    claims = {turn.conversation: turn.claim for turn in db.write(claim_turns, owner="d", limit=8, now=NOW)}

    def act(number: int) -> None:
        talk = talks[number // 2]
        if number % 2:
            takes_over(db, talk)
        else:
            answer(db, claims[talk.public_id])

    assert errors(at_once(16, act)) == []

    for talk in talks:
        within = seqs_within_agent_intervals(db, talk)
        assert not [line for line in transcript(db, talk) if line.seq in within]
        [turn] = turns(db, talk)
        assert (turn.outcome is TurnOutcome.ANSWERED) == (Author.ASSISTANT in authors(transcript(db, talk)))


def test_only_the_agent_who_has_the_conversation_writes_in_it(db: Database, talk: Talk) -> None:
    with pytest.raises(SpeakerChangeRefused):
        db.write(write_as_agent, talk.public_id, "hi", agent_name="Bea", now=NOW)
    takes_over(db, talk, "Bea")
    with pytest.raises(SpeakerChangeRefused):
        db.write(write_as_agent, talk.public_id, "hi", agent_name="Cem", now=NOW)

    assert db.write(write_as_agent, talk.public_id, "hi", agent_name="Bea", now=NOW) == 1
    assert transcript(db, talk)[0].extras == {"agent": "Bea"}


def test_a_request_for_an_agent_silences_the_assistant_until_somebody_comes(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")
    turn = claim_one(db)
    db.write(request_handoff, talk.public_id, actor="person", now=NOW)

    assert answer(db, turn.claim) is TurnOutcome.HANDED_OVER
    assert speaker(db, talk) == (Speaker.WAITING, None)
    with pytest.raises(SpeakerChangeRefused):
        db.write(request_handoff, talk.public_id, actor="person", now=NOW)
    takes_over(db, talk)
    assert speaker(db, talk) == (Speaker.AGENT, "Bea")


def test_what_the_assistant_has_cannot_be_handed_back(db: Database, talk: Talk) -> None:
    with pytest.raises(SpeakerChangeRefused):
        hands_back(db, talk)


def test_a_turn_lost_before_a_takeover_says_nothing_after_it(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")
    lost = claim_one(db, owner="desk-1")
    kept = claim_one(db, owner="desk-2", now=NOW + LEASE)
    takes_over(db, talk)

    with pytest.raises(TurnLost):
        db.write(finish_turn, lost.claim, [Reply("late")], now=later(7))
    assert db.write(finish_turn, kept.claim, [Reply("late too")], now=later(8)) is TurnOutcome.HANDED_OVER
    assert authors(transcript(db, talk)) == [Author.PERSON]
    assert turns(db, talk)[0].state is TurnState.DONE
