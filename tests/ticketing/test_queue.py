"""Who waits for an agent knows its place, by when it began to wait."""

from __future__ import annotations

from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from storage.database import Database
from tests.databases import NOW, later
from tests.ticketing.builders import TEAM, Talk, a_conversation, claim_one, say_to
from ticketing.conversations.logic import Speaker
from ticketing.conversations.models import Conversation, SpeakerChange
from ticketing.conversations.operations import hand_back, request_handoff, take_over
from ticketing.conversations.queries import _PLACE, access_conversation, news_since, queue_position
from ticketing.tickets.operations import hand_off_for_turn


def place(db: Database, talk: Talk) -> int | None:
    return db.read(
        lambda session: queue_position(
            session, access_conversation(session, talk.public_id, person_id=talk.person_id)
        )
    )


def waits(db: Database, talk: Talk, seconds: float = 0) -> None:
    db.write(request_handoff, talk.public_id, actor="person", now=later(seconds))


def test_the_one_who_began_to_wait_first_is_next(db: Database) -> None:
    first, second, third = (a_conversation(db) for _ in range(3))
    waits(db, second, 2)
    waits(db, first, 1)
    waits(db, third, 3)

    assert [place(db, talk) for talk in (first, second, third)] == [1, 2, 3]


def test_nobody_has_a_place_who_does_not_wait(db: Database) -> None:
    waiting, served, alone = (a_conversation(db) for _ in range(3))
    waits(db, waiting)
    waits(db, served)
    db.write(take_over, served.public_id, agent_name="Bea", now=NOW)

    assert (place(db, served), place(db, alone)) == (None, None)
    assert place(db, waiting) == 1


@pytest.mark.parametrize("leaves", ["taken", "handed back"])
def test_everybody_moves_up_when_somebody_leaves_the_queue(db: Database, leaves: str) -> None:
    talks = [a_conversation(db) for _ in range(3)]
    for seconds, talk in enumerate(talks):
        waits(db, talk, seconds)

    if leaves == "taken":
        db.write(take_over, talks[0].public_id, agent_name="Bea", now=later(9))
    else:
        db.write(hand_back, talks[0].public_id, actor="desk", now=later(9))

    assert [place(db, talk) for talk in talks] == [None, 1, 2]


def test_who_waits_again_is_last(db: Database) -> None:
    first, second = a_conversation(db), a_conversation(db)
    waits(db, first, 1)
    waits(db, second, 2)
    db.write(take_over, first.public_id, agent_name="Bea", now=later(3))
    db.write(hand_back, first.public_id, actor="Bea", now=later(4))
    waits(db, first, 5)

    assert [place(db, talk) for talk in (first, second)] == [2, 1]


def test_a_handoff_that_is_given_back_at_once_leaves_nobody_waiting(db: Database) -> None:
    talk = a_conversation(db)
    say_to(db, talk, "a person please")
    db.write(hand_off_for_turn, claim_one(db).claim.turn_id, team=TEAM, now=NOW)

    assert place(db, talk) is None


def test_the_place_comes_with_what_a_viewer_reads(db: Database) -> None:
    talk = a_conversation(db)
    conversation_id = db.read(access_conversation, talk.public_id, person_id=talk.person_id)
    assert db.read(news_since, conversation_id, 0).place is None

    waits(db, talk)

    assert db.read(news_since, conversation_id, 0).place == 1


class _Shared:
    """One database for all examples; each begins with an empty queue."""

    db: ClassVar[Database]


def _empty(session: Session) -> None:
    session.execute(delete(SpeakerChange))
    session.execute(delete(Conversation))


STEPS = st.lists(
    st.tuples(st.sampled_from(["waits", "is taken", "goes back"]), st.integers(0, 5), st.integers(0, 2)),
    max_size=25,
)


def test_the_places_of_those_who_wait_are_one_to_n_in_the_order_of_waiting(db: Database) -> None:
    _Shared.db = db
    _places_hold()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def _places_hold(steps: list[tuple[str, int, int]]) -> None:
    db = _Shared.db
    db.write(_empty)
    talks = [a_conversation(db) for _ in range(6)]
    queue: list[tuple[float, int]] = []
    speakers = [Speaker.ASSISTANT] * len(talks)
    clock = 0
    for what, number, seconds in steps:
        # Two may begin to wait in one moment: then the one who came first is first.
        clock += seconds
        talk = talks[number]
        if what == "waits" and speakers[number] is Speaker.ASSISTANT:
            waits(db, talk, clock)
            queue.append((clock, number))
            speakers[number] = Speaker.WAITING
        elif what == "is taken" and speakers[number] is not Speaker.AGENT:
            db.write(take_over, talk.public_id, agent_name="Bea", now=later(clock))
            queue = [entry for entry in queue if entry[1] != number]
            speakers[number] = Speaker.AGENT
        elif what == "goes back" and speakers[number] is not Speaker.ASSISTANT:
            db.write(hand_back, talk.public_id, actor="Bea", now=later(clock))
            queue = [entry for entry in queue if entry[1] != number]
            speakers[number] = Speaker.ASSISTANT
    expected = {number: at for at, (_, number) in enumerate(sorted(queue), start=1)}
    assert [place(db, talk) for talk in talks] == [expected.get(number) for number in range(len(talks))]


def test_the_place_is_counted_along_an_index(db: Database) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by the size of the table, which is small here")
    with db.engine.connect() as connection:
        statement = str(_PLACE.compile(connection))
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (1,)).all()

    assert all("SCAN" not in step.detail for step in plan)
    assert any("ix_conversation_waiting" in step.detail for step in plan)


def test_the_speaker_and_the_waiting_agree(db: Database) -> None:
    talks = [a_conversation(db) for _ in range(3)]
    waits(db, talks[0])
    waits(db, talks[1])
    db.write(take_over, talks[1].public_id, agent_name="Bea", now=NOW)

    with db.engine.connect() as connection:
        rows = connection.execute(text("SELECT speaker, waiting_since FROM conversation ORDER BY id")).all()

    assert [(row.speaker, row.waiting_since is not None) for row in rows] == [
        ("waiting", True),
        ("agent", False),
        ("assistant", False),
    ]
