"""The outbox: at least once, tried again with back-off, then a dead letter (TRUST RL-6, RL-11)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.outbox.errors import ParcelSettled
from notices.outbox.logic import (
    CLAIM,
    FIRST_DELAY,
    KEPT,
    LONGEST_DELAY,
    MAX_ATTEMPTS,
    is_dead,
    next_delay,
)
from notices.outbox.models import OutboxItem, OutboxState
from notices.outbox.operations import (
    Parcel,
    claim_parcels,
    forget_old,
    has_waiting,
    mark_failed,
    mark_sent,
    outbox_counts,
    put_in_outbox,
)
from notices.outbox.repairing import drop_parcel, forget_words, resend_parcel
from storage.database import Database
from tests.databases import NOW, at_once, errors, later, values
from tests.plans import plans

AFTER_CLAIM = NOW + CLAIM
AFTER_KEPT = NOW + KEPT + timedelta(seconds=1)


def put(db: Database, key: str = "ticket:INC-000001:opened", text: str = "hello") -> None:
    db.write(put_in_outbox, key=key, port="mail", recipient="a@example.org", payload={"text": text}, now=NOW)


def claim(db: Database, now: datetime = NOW) -> list[Parcel]:
    return db.write(claim_parcels, now=now)


def counts(db: Database) -> dict[OutboxState, int]:
    return {state: count for state, count in db.read(outbox_counts).items() if count}


def said(db: Database) -> dict[str, tuple[str, dict[str, str]]]:
    """To whom each goes, and what it says."""
    rows = db.read(lambda session: list(session.scalars(select(OutboxItem))))
    return {item.key: (item.recipient, item.payload) for item in rows}


def error_of(db: Database) -> str | None:
    return db.read(lambda session: session.scalars(select(OutboxItem.error)).one())


def test_writing_the_same_key_twice_keeps_the_first(db: Database) -> None:
    put(db, text="first")
    put(db, text="second")

    [parcel] = claim(db)
    assert parcel.payload == {"text": "first"}


def test_writing_the_same_key_sixteen_times_at_once_keeps_one(db: Database) -> None:
    assert errors(at_once(16, lambda _: put(db))) == []

    assert len(claim(db)) == 1


def test_the_same_key_after_it_was_sent_is_not_sent_again(db: Database) -> None:
    put(db)
    [parcel] = claim(db)
    db.write(mark_sent, parcel.id, now=NOW)

    put(db)

    assert claim(db, later(10**6)) == []
    assert counts(db) == {OutboxState.SENT: 1}


def test_what_is_rolled_back_is_not_sent(db: Database) -> None:
    def decide(session: Session) -> None:
        put_in_outbox(session, key="k", port="mail", recipient="r", payload={}, now=NOW)
        raise LookupError

    with pytest.raises(LookupError):
        db.write(decide)

    assert claim(db) == []


def test_a_claimed_parcel_is_left_to_its_taker_and_comes_back_when_the_claim_runs_out(db: Database) -> None:
    put(db)
    [first] = claim(db)

    assert claim(db, AFTER_CLAIM - timedelta(seconds=1)) == []
    [again] = claim(db, AFTER_CLAIM)

    assert (again.id, again.key, first.attempts, again.attempts) == (first.id, first.key, 1, 2)


def test_sixteen_takers_at_once_never_share_a_parcel(db: Database) -> None:
    for number in range(12):
        put(db, f"k{number}")

    taken = [parcel.key for parcels in values(at_once(16, lambda _: claim(db))) for parcel in parcels]

    assert sorted(taken) == sorted({f"k{number}" for number in range(12)})


def test_parcels_are_taken_in_the_order_they_were_written_and_no_more_than_asked(db: Database) -> None:
    for number in range(5):
        put(db, f"k{number}")

    assert [parcel.key for parcel in db.write(claim_parcels, now=NOW, limit=3)] == ["k0", "k1", "k2"]
    assert [parcel.key for parcel in db.write(claim_parcels, now=NOW, limit=3)] == ["k3", "k4"]


def test_of_what_is_due_the_earlier_written_is_taken_first_even_if_it_was_put_off_for_longer(
    db: Database,
) -> None:
    for key in ("first", "second"):
        put(db, key)
    first, _ = claim(db)
    db.write(mark_failed, first.id, why="busy", now=later(58))

    assert [parcel.key for parcel in claim(db, later(3_600))] == ["first", "second"]


def test_what_is_due_is_found_along_its_index_whatever_was_sent_before(migrated: Database) -> None:
    put(migrated)

    [asked] = plans(migrated, has_waiting, now=NOW)
    [taken] = plans(migrated, claim_parcels, now=NOW)

    for plan in (asked, taken):
        assert "ix_outbox_waiting" in plan
        assert not re.search("TEMP B-TREE|Sort", plan)


def test_what_is_to_be_forgotten_is_found_along_an_index_of_what_is_not_forgotten(migrated: Database) -> None:
    [plan] = plans(migrated, forget_old, now=AFTER_KEPT)

    assert "ix_outbox_kept" in plan
    assert not re.search("TEMP B-TREE|Sort", plan)


def test_words_to_be_forgotten_are_found_by_how_their_keys_begin(migrated: Database) -> None:
    [plan] = plans(migrated, forget_words, "ticket:INC-000001:", lambda key: True)

    assert re.search(r"key>\? AND key<\?|Index Cond: \(\(\(key\)", plan), plan


def test_a_failure_waits_longer_each_time_and_the_last_one_is_a_dead_letter(db: Database) -> None:
    put(db)
    now, waits = NOW, []
    for attempt in range(1, MAX_ATTEMPTS + 1):
        [parcel] = claim(db, now)
        assert parcel.attempts == attempt
        is_given_up = db.write(mark_failed, parcel.id, why="the server said no", now=now)
        assert is_given_up == (attempt == MAX_ATTEMPTS)
        if not is_given_up:
            wait = next_delay(attempt)
            assert claim(db, now + wait - timedelta(milliseconds=1)) == []
            waits.append(wait)
            now += wait

    assert waits == sorted(waits)
    assert timedelta(hours=12) < sum(waits, timedelta()) < timedelta(hours=24)
    assert claim(db, later(10**7)) == []
    assert counts(db) == {OutboxState.DEAD: 1}
    assert error_of(db) == "the server said no"


def test_a_sent_parcel_is_not_due_again(db: Database) -> None:
    put(db)
    [parcel] = claim(db)
    db.write(mark_failed, parcel.id, why="busy", now=NOW)
    [parcel] = claim(db, later(5))

    db.write(mark_sent, parcel.id, now=later(5))

    assert claim(db, later(10**6)) == []
    assert error_of(db) is None


@pytest.mark.parametrize("attempts", [1, MAX_ATTEMPTS - 1])
def test_a_slow_taker_s_failure_does_not_undo_what_another_one_has_sent(db: Database, attempts: int) -> None:
    put(db)
    now = NOW
    for _ in range(attempts):
        [slow] = claim(db, now)
        now += CLAIM
    [quick] = claim(db, now)
    db.write(mark_sent, quick.id, now=now)

    assert not db.write(mark_failed, slow.id, why="timed out", now=now)

    assert counts(db) == {OutboxState.SENT: 1}
    assert claim(db, later(10**6)) == []


def test_a_parcel_that_takes_every_sender_down_becomes_a_dead_letter_too(db: Database) -> None:
    put(db)
    now = NOW
    for attempt in range(1, MAX_ATTEMPTS + 1):
        [parcel] = claim(db, now)
        assert parcel.attempts == attempt
        now += CLAIM

    assert claim(db, now) == []
    assert counts(db) == {OutboxState.DEAD: 1}
    assert error_of(db) == "none of its senders came back"


def test_a_parcel_given_up_may_still_be_reported_sent(db: Database) -> None:
    put(db)
    [parcel] = claim(db)
    for attempt in range(MAX_ATTEMPTS):
        claim(db, NOW + (attempt + 1) * CLAIM)
    assert counts(db) == {OutboxState.DEAD: 1}

    db.write(mark_sent, parcel.id, now=later(600))

    assert counts(db) == {OutboxState.SENT: 1}


def test_a_long_reason_is_cut_and_kept(db: Database) -> None:
    put(db)
    [parcel] = claim(db)

    db.write(mark_failed, parcel.id, why="x" * 5_000, now=NOW)

    assert error_of(db) == "x" * 200


def test_an_idle_outbox_says_so(db: Database) -> None:
    assert not db.read(has_waiting, now=NOW)
    put(db)
    assert db.read(has_waiting, now=NOW)
    claim(db)
    assert not db.read(has_waiting, now=NOW)
    assert db.read(has_waiting, now=AFTER_CLAIM)


def test_the_delay_doubles_up_to_its_longest_whatever_the_number() -> None:
    delays = [next_delay(attempts) for attempts in range(60)]

    assert delays[:4] == [FIRST_DELAY, FIRST_DELAY, 2 * FIRST_DELAY, 4 * FIRST_DELAY]
    assert delays == sorted(delays)
    assert max(delays) == next_delay(10_000) == LONGEST_DELAY
    assert [is_dead(attempts) for attempts in (MAX_ATTEMPTS - 1, MAX_ATTEMPTS)] == [False, True]


def test_what_was_sent_long_ago_is_forgotten_and_still_not_sent_again(db: Database) -> None:
    put(db)
    [parcel] = claim(db)
    db.write(mark_sent, parcel.id, now=NOW)
    put(db, "waiting")

    assert db.write(forget_old, now=NOW + KEPT) == 0
    assert db.write(forget_old, now=AFTER_KEPT) == 1
    assert db.write(forget_old, now=AFTER_KEPT) == 0

    put(db)
    assert said(db) == {
        "ticket:INC-000001:opened": ("", {}),
        "waiting": ("a@example.org", {"text": "hello"}),
    }


def test_what_will_never_be_taken_is_given_up_at_the_first_try(db: Database) -> None:
    put(db)
    [parcel] = claim(db)

    assert db.write(mark_failed, parcel.id, why="no such user", now=NOW, is_final=True)

    assert counts(db) == {OutboxState.DEAD: 1}


def test_what_was_given_up_long_ago_is_forgotten_and_can_be_sent_no_more(db: Database) -> None:
    put(db)
    [parcel] = claim(db)
    db.write(mark_failed, parcel.id, why="no such user", now=NOW, is_final=True)

    assert db.write(forget_old, now=AFTER_KEPT) == 1

    assert said(db) == {"ticket:INC-000001:opened": ("", {})}
    assert counts(db) == {OutboxState.DROPPED: 1}
    with pytest.raises(ParcelSettled):
        db.write(resend_parcel, parcel.id, now=AFTER_KEPT)


def test_forgetting_goes_in_batches_until_nothing_is_left(db: Database) -> None:
    for number in range(5):
        put(db, f"k{number}")
    for parcel in claim(db):
        db.write(mark_sent, parcel.id, now=NOW)

    assert db.write(forget_old, now=AFTER_KEPT, limit=3) == 3
    assert db.in_batches(forget_old, now=AFTER_KEPT, limit=1) == 2
    assert list(said(db).values()) == [("", {})] * 5


def test_what_was_dropped_has_neither_words_nor_address(db: Database) -> None:
    put(db)
    [parcel] = claim(db)

    db.write(drop_parcel, parcel.id)

    assert said(db) == {"ticket:INC-000001:opened": ("", {})}


def test_words_are_forgotten_of_keys_that_begin_so_and_of_no_other(db: Database) -> None:
    others = ["ticket:INC-000001", "ticket:INC-0000010:opened", "ticket:INC-000001;x", "TICKET:INC-000001:x"]
    mine = [
        "ticket:INC-000001:",
        "ticket:INC-000001:opened",
        "ticket:INC-000001:\u00e9",
        "ticket:INC-000001:%_/",
    ]
    for key in (*others, *mine):
        put(db, key)

    assert db.write(forget_words, "ticket:INC-000001:", lambda key: True) == len(mine)

    assert {key for key, (_, payload) in said(db).items() if not payload} == set(mine)
