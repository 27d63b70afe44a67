"""The tracker store on both back ends: what is kept, what comes back, and what the unique keys refuse."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg2  # type: ignore[import-untyped]
import pytest
import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import EventVerbosity

from bot.rasa_extensions.tracker_store import TurnStore
from tests.rasa_extensions.conftest import PROJECT

SERVER = {"host": "127.0.0.1", "port": 5432, "dbname": "postgres", "connect_timeout": 3}


def _postgres_user() -> str | None:
    for user in ("postgres", "root"):
        try:
            psycopg2.connect(user=user, **SERVER).close()
        except psycopg2.OperationalError:
            continue
        return user
    return None


@pytest.fixture
def postgres_url() -> Iterator[str]:
    user = _postgres_user()
    if user is None:
        if {"postgres", "all"} & set(os.environ.get("GUICHET_REQUIRE", "").split(",")):
            pytest.fail("GUICHET_REQUIRE names postgres, but no server on 127.0.0.1:5432 lets us in")
        pytest.skip("needs postgres: no server on 127.0.0.1:5432 lets `postgres` or `root` in")
    name = f"guichet_rasa_test_{uuid.uuid4().hex[:12]}"
    administrator = psycopg2.connect(user=user, **SERVER)
    administrator.autocommit = True
    with administrator.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    yield f"postgresql+psycopg://{user}@127.0.0.1:5432/{name}"
    with administrator.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    administrator.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "tracker.db")
    address: str = request.getfixturevalue("postgres_url")
    return address


@pytest.fixture(scope="session")
def domain() -> Domain:
    return Domain.load(str(PROJECT / "domain.yml"))


@pytest.fixture
def store(url: str, domain: Domain) -> Iterator[TurnStore]:
    made = TurnStore(url, domain)
    yield made
    made.close()


def a_session() -> list[Event]:
    return [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]


def a_turn(text: str = "hello") -> list[Event]:
    said = UserUttered(text, {"name": "greet", "confidence": 0.9}, [], metadata={"turn_id": text})
    slot = SlotSet("language", "fr")
    return [
        slot,
        said,
        ActionExecuted("utter_greet"),
        BotUttered("Bonjour."),
        ActionExecuted("action_listen"),
    ]


async def stored(store: TurnStore, sender: str, events: list[Event], turn_id: str) -> None:
    found = await store.find(sender, turn_id)
    assert found.tracker is not None
    for event in events:
        found.tracker.update(event)
    await store.save(found.tracker, turn_id)


async def test_what_is_saved_comes_back(store: TurnStore, sender: str) -> None:
    await stored(store, sender, a_session() + a_turn(), "t1")
    await stored(store, sender, a_turn("again"), "t2")

    tracker = (await store.find(sender, "t3")).tracker

    assert tracker is not None
    assert list(tracker.events) == a_session() + a_turn() + a_turn("again")
    assert (tracker.position, tracker.session, tracker.turns_of_session) == (2, 1, 2)
    assert tracker.get_slot("language") == "fr"


async def test_the_tracker_is_what_rasa_s_own_store_gives_back(
    store: TurnStore, domain: Domain, sender: str, tmp_path: Path
) -> None:
    rasas = SQLTrackerStore(domain, db=str(tmp_path / "stock.db"))
    # Made in the order of their times: Rasa's store reads by them.
    turns: list[list[Event]] = [a_session() + a_turn(), a_turn("again")]
    turns += [[ActiveLoop("report_form"), SlotSet("place", "12é\u2028")], a_turn("last")]
    for number, events in enumerate(turns):
        await stored(store, sender, events, f"t{number}")
        kept = await rasas.get_or_create_tracker(sender, append_action_listen=False)
        for event in events:
            kept.update(event)
        await rasas.save(kept)

    ours, theirs = await store.retrieve(sender), await rasas.retrieve(sender)

    assert ours is not None
    assert theirs is not None
    assert ours.current_state(EventVerbosity.APPLIED) == theirs.current_state(EventVerbosity.APPLIED)
    assert ours.past_states(domain) == theirs.past_states(domain)


async def test_a_turn_of_an_earlier_session_is_still_found(store: TurnStore, sender: str) -> None:
    await stored(store, sender, a_session() + a_turn("old"), "t1")
    await stored(store, sender, a_session() + a_turn("new"), "t2")

    again = await store.find(sender, "t1")

    assert again.tracker is None
    assert again.recorded == tuple(a_session() + a_turn("old"))


async def test_only_the_current_session_is_read(store: TurnStore, sender: str) -> None:
    for number in range(3):
        await stored(store, sender, a_session() + a_turn(str(number)), f"a{number}")
        await stored(store, sender, a_turn(f"then {number}"), f"b{number}")

    current, everything = await store.retrieve(sender), await store.retrieve_full_tracker(sender)

    assert current is not None
    assert everything is not None
    assert [e.text for e in current.events if isinstance(e, UserUttered)] == ["2", "then 2"]
    assert (current.position, current.session) == (6, 3)
    assert len([e for e in everything.events if isinstance(e, UserUttered)]) == 6


async def test_conversations_are_apart(store: TurnStore, sender: str) -> None:
    await stored(store, sender, a_session(), "t1")
    await stored(store, f"{sender}2", a_session(), "t1")

    assert sorted(await store.keys()) == [sender, f"{sender}2"]
    assert await store.retrieve(f"{sender}3") is None


async def test_one_of_two_processes_that_go_on_with_a_conversation_is_refused(
    store: TurnStore, url: str, domain: Domain, sender: str
) -> None:
    other = TurnStore(url, domain)
    first, second = (await store.find(sender, "t1")).tracker, (await other.find(sender, "t2")).tracker
    assert first is not None
    assert second is not None
    first.update(SessionStarted())
    second.update(SessionStarted())
    await store.save(first, "t1")

    with pytest.raises(sa.exc.IntegrityError):
        await other.save(second, "t2")

    other.close()
    assert (await store.find(sender, "t2")).recorded is None


async def test_many_conversations_at_once_are_kept(store: TurnStore, sender: str) -> None:
    await asyncio.gather(*(stored(store, f"{sender}{n}", a_session() + a_turn(), "t1") for n in range(20)))

    assert len(list(await store.keys())) == 20


async def test_a_failed_read_is_not_a_new_conversation(store: TurnStore, sender: str) -> None:
    with store._engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE rasa_turn"))

    with pytest.raises(sa.exc.DBAPIError):
        await store.find(sender, "t1")


async def test_a_busy_sqlite_file_is_waited_for(tmp_path: Path, domain: Domain, sender: str) -> None:
    store = TurnStore(str(tmp_path / "t.db"), domain)
    blocker = sa.create_engine(f"sqlite:///{tmp_path / 't.db'}").connect()
    blocker.exec_driver_sql("BEGIN IMMEDIATE")
    saving = asyncio.ensure_future(stored(store, sender, a_session(), "t1"))
    await asyncio.sleep(0.3)
    assert not saving.done()

    blocker.exec_driver_sql("ROLLBACK")

    await saving
    assert await store.retrieve(sender) is not None
    store.close()
