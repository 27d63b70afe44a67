"""The queue of turns: one at a time per conversation, one owner each, and every one ends (DESIGN §3)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from notices.texts.catalogue import say
from storage.database import Database
from tests.databases import NOW, at_once, errors, later, values
from tests.ticketing.builders import (
    ANA,
    Talk,
    a_button,
    a_conversation,
    a_press,
    answer,
    authors,
    claim_one,
    count,
    say_to,
    transcript,
    turns,
)
from ticketing.conversations.logic import Author, Button, Reply, Source
from ticketing.conversations.models import Message
from ticketing.turns.errors import TurnLost
from ticketing.turns.logic import (
    LEASE,
    MAX_ATTEMPTS,
    Claim,
    TurnOutcome,
    TurnState,
    is_worn_out,
)
from ticketing.turns.models import Turn
from ticketing.turns.operations import finish_turn, note_still_working
from ticketing.turns.queue import ClaimedTurn, claim_turns, release_turns, renew_leases

AFTER_LEASE = NOW + LEASE


@pytest.fixture
def talk(db: Database) -> Talk:
    return a_conversation(db)


def claim(db: Database, owner: str = "desk-1", seconds: float = 0, limit: int = 8) -> list[ClaimedTurn]:
    return db.write(claim_turns, owner=owner, limit=limit, now=later(seconds))


def test_a_claimed_turn_brings_everything_needed_to_answer_it(db: Database) -> None:
    talk = a_conversation(db, language="fr", identity=ANA)
    say_to(db, talk, "bonjour")

    turn = claim_one(db)

    assert (turn.conversation, turn.number, turn.language) == (talk.public_id, 1, "fr")
    assert (turn.text, turn.payload, turn.received_at) == ("bonjour", None, NOW)
    assert (turn.person.id, turn.person.email) == (talk.person_id, "ana@example.org")


def test_a_conversation_runs_one_turn_at_a_time_and_in_order(db: Database, talk: Talk) -> None:
    button = a_button(db, talk)
    for line in ("one", a_press(button), "three"):
        say_to(db, talk, line)

    numbers = []
    for _ in range(3):
        [turn] = claim(db)
        assert claim(db, "desk-2") == []
        numbers.append(turn.number)
        answer(db, turn.claim)

    assert numbers == [1, 2, 3]
    assert claim(db) == []


def test_the_database_itself_refuses_a_second_running_turn(db: Database, talk: Talk) -> None:
    say_to(db, talk, a_press(a_button(db, talk)))
    say_to(db, talk, "two")

    def run_all(session: Session) -> None:
        for turn in session.scalars(select(Turn)):
            turn.state = TurnState.RUNNING

    with pytest.raises(IntegrityError):
        db.write(run_all)


def test_sixteen_claimers_at_once_never_share_a_turn(db: Database) -> None:
    talks = [a_conversation(db) for _ in range(20)]
    for talk in talks:
        say_to(db, talk, "hello")

    results = at_once(16, lambda number: claim(db, f"desk-{number}", limit=3))

    assert errors(results) == []
    taken = [turn.claim.turn_id for claimed in values(results) for turn in claimed]
    taken += [turn.claim.turn_id for turn in claim(db, "desk-last", limit=100)]
    assert len(taken) == len(set(taken)) == 20


def test_sixteen_claimers_at_once_run_one_turn_of_a_conversation(db: Database, talk: Talk) -> None:
    for number in range(4):
        say_to(db, talk, a_press(a_button(db, talk, title=f"button {number}")))

    results = at_once(16, lambda number: claim(db, f"desk-{number}"))

    assert [turn.number for claimed in values(results) for turn in claimed] == [1]
    assert [turn.state for turn in turns(db, talk)].count(TurnState.RUNNING) == 1


def test_the_longest_waiting_conversation_comes_first(db: Database) -> None:
    talks = [a_conversation(db) for _ in range(3)]
    for seconds, number in ((3, 0), (1, 1), (2, 2)):
        say_to(db, talks[number], f"line {number}", now=later(seconds))

    assert [turn.text for turn in claim(db, seconds=4, limit=2)] == ["line 1", "line 2"]
    assert [turn.text for turn in claim(db, seconds=4)] == ["line 0"]


def test_a_limit_of_nothing_takes_nothing(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")

    assert claim(db, limit=0) == []


def test_a_turn_whose_owner_fell_silent_is_taken_again_under_the_same_id(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")
    [first] = claim(db, "desk-1")
    assert claim(db, "desk-2", seconds=LEASE.total_seconds() - 0.001) == []

    [again] = claim(db, "desk-2", seconds=LEASE.total_seconds())

    assert again.claim.turn_id == first.claim.turn_id
    assert (again.claim.attempt, again.text) == (2, "hello")


@pytest.mark.parametrize("second_owner", ["desk-2", "desk-1"])
def test_who_lost_the_turn_cannot_finish_it_and_writes_nothing(
    db: Database, talk: Talk, second_owner: str
) -> None:
    say_to(db, talk, "hello")
    lost = claim_one(db, owner="desk-1")
    kept = claim_one(db, owner=second_owner, now=AFTER_LEASE)

    with pytest.raises(TurnLost):
        answer(db, lost.claim, "from the dead", now=AFTER_LEASE)
    with pytest.raises(TurnLost):
        db.write(note_still_working, lost.claim, now=AFTER_LEASE)

    assert authors(transcript(db, talk)) == [Author.PERSON]
    answer(db, kept.claim, "from the living", now=AFTER_LEASE)
    assert transcript(db, talk)[-1].text == "from the living"


def test_a_finished_turn_cannot_be_finished_again(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")
    turn = claim_one(db)
    answer(db, turn.claim)

    with pytest.raises(TurnLost):
        answer(db, turn.claim, "again")

    assert authors(transcript(db, talk)) == [Author.PERSON, Author.ASSISTANT]


def test_sixteen_finishers_at_once_answer_once(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")
    turn = claim_one(db)

    results = at_once(16, lambda number: answer(db, turn.claim, f"answer {number}"))

    assert values(results) == [TurnOutcome.ANSWERED]
    assert {type(error) for error in errors(results)} == {TurnLost}
    assert len(transcript(db, talk)) == 2


@pytest.mark.parametrize("claim_", [Claim("nope", "desk-1", 1), Claim("", "", 0)])
def test_a_claim_on_a_turn_that_is_not_there_is_lost(db: Database, claim_: Claim) -> None:
    with pytest.raises(TurnLost):
        answer(db, claim_)


def test_a_turn_nobody_claimed_cannot_be_finished(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")
    [queued] = turns(db, talk)

    for guess in (Claim(queued.id, "desk-1", 0), Claim(queued.id, "desk-1", 1)):
        with pytest.raises(TurnLost):
            answer(db, guess)


def test_replies_are_numbered_in_order_behind_the_line_with_their_extras(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")
    turn = claim_one(db)
    source = Source("Printers", "/kb/en/printers", "printers")
    replies = [
        Reply("first", sources=(source,)),
        Reply("second", (Button("Yes", "/yes"),), ticket="INC-000001"),
    ]

    db.write(finish_turn, turn.claim, replies, now=NOW)

    first, second = transcript(db, talk)[1:]
    assert (first.seq, first.text, first.turn_id) == (2, "first", turn.claim.turn_id)
    assert first.extras == {"sources": [source.as_dict()]}
    assert second.extras["ticket"] == "INC-000001"
    assert [offered["title"] for offered in second.extras["buttons"]] == ["Yes"]


def test_a_long_answer_is_announced_by_the_desk(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")
    turn = claim_one(db)

    assert db.write(note_still_working, turn.claim, now=later(5))

    notice = transcript(db, talk)[-1]
    assert (notice.author, notice.text) == (Author.DESK, say("notice_still_working", "en").text)
    assert answer(db, turn.claim, now=later(6)) is TurnOutcome.ANSWERED


def test_a_sign_of_life_keeps_everything_its_owner_works_on_and_nothing_else(db: Database) -> None:
    for owner in ("desk-1", "desk-1", "desk-2"):
        say_to(db, a_conversation(db), "hello")
        claim_one(db, owner=owner)

    assert db.write(renew_leases, owner="desk-1", now=later(5)) == 2

    assert [turn.claim.attempt for turn in claim(db, "desk-3", seconds=6)] == [2]
    assert len(claim(db, "desk-3", seconds=11)) == 2


def test_who_lost_a_turn_does_not_renew_it(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")
    claim_one(db, owner="desk-1")
    claim_one(db, owner="desk-2", now=AFTER_LEASE)

    assert db.write(renew_leases, owner="desk-1", now=later(7)) == 0


def test_after_a_standstill_an_owner_does_not_take_what_it_works_on_beside_itself(
    db: Database, talk: Talk
) -> None:
    say_to(db, talk, "slow")
    [held] = claim(db)
    late = AFTER_LEASE + timedelta(seconds=60)

    running = (held.claim.turn_id,)
    assert db.write(claim_turns, owner="desk-1", limit=8, now=late, running=running) == []
    [again] = db.write(claim_turns, owner="desk-2", limit=8, now=late, running=running)
    assert again.claim == Claim(held.claim.turn_id, "desk-2", 2)


def test_a_turn_whose_task_has_failed_is_taken_again_by_its_own_desk(db: Database, talk: Talk) -> None:
    say_to(db, talk, "slow")
    [held] = claim(db)

    [again] = db.write(claim_turns, owner="desk-1", limit=8, now=AFTER_LEASE, running=("another",))
    assert again.claim == Claim(held.claim.turn_id, "desk-1", 2)


def test_turns_released_at_an_orderly_stop_are_free_at_once(db: Database, talk: Talk) -> None:
    say_to(db, talk, "hello")
    stopped = claim_one(db, owner="desk-1")

    db.write(release_turns, owner="desk-1", now=later(1))

    [taken] = claim(db, "desk-2", seconds=1)
    assert taken.claim.turn_id == stopped.claim.turn_id
    with pytest.raises(TurnLost):
        answer(db, stopped.claim, now=later(1))


def test_a_line_that_comes_while_its_turn_is_claimed_is_answered_by_this_turn_or_the_next(
    db: Database,
) -> None:
    talks = [a_conversation(db) for _ in range(6)]
    for talk in talks:
        say_to(db, talk, "first")

    def act(number: int) -> list[ClaimedTurn]:
        if number % 2:
            return claim(db, f"desk-{number}")
        say_to(db, talks[number // 2], "second")
        return []

    claimed = [turn for part in values(at_once(12, act)) for turn in part]
    seen = {turn.conversation: turn.text.splitlines() for turn in claimed}
    for turn in claimed:
        answer(db, turn.claim)
    for turn in claim(db, "desk-last", limit=50):
        seen.setdefault(turn.conversation, []).extend(turn.text.splitlines())

    assert seen == {talk.public_id: ["first", "second"] for talk in talks}


def test_a_turn_s_text_is_its_person_s_lines_only(db: Database, talk: Talk) -> None:
    say_to(db, talk, "my password is hunter2")
    first = claim_one(db)
    db.write(note_still_working, first.claim, now=NOW)

    [again] = claim(db, "desk-2", seconds=LEASE.total_seconds())

    assert again.text == first.text
    assert count(db, Message) == 3


def test_a_turn_is_worn_out_after_its_last_attempt() -> None:
    assert [is_worn_out(attempts) for attempts in (MAX_ATTEMPTS - 1, MAX_ATTEMPTS)] == [False, True]
