"""Sessions end by time and by length, so that a conversation's turn costs the same for ever."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable

from bot.rasa_extensions.processor import TURNS_PER_SESSION
from tests.rasa_extensions.fake_actions import FakeActions
from tests.rasa_extensions.rasa_process import RasaProcess, texts


def sessions_of(rasa: RasaProcess, sender: str) -> list[int]:
    with sqlite3.connect(rasa.tracker_db) as database:
        rows = database.execute(
            "SELECT session FROM rasa_turn WHERE sender_id = ? ORDER BY position", (sender,)
        )
        return [session for (session,) in rows]


def test_a_session_ends_with_its_time_and_takes_its_form_with_it(
    launch: Callable[..., RasaProcess], sender: str, turn_id: str
) -> None:
    rasa = launch(GUICHET_RASA_SESSION_MINUTES="0.01")
    live = rasa.say("/report", sender=sender, turn_id=turn_id)
    assert texts(live) == ["Where?"]
    time.sleep(0.8)

    assert texts(rasa.say("hello", sender=sender)) == ["Hello."]
    assert sessions_of(rasa, sender) == [1, 2]
    time.sleep(0.8)
    replay = rasa.say("/report", sender=sender, turn_id=turn_id)
    assert (replay.json()["replayed"], texts(replay)) == (True, ["Where?"])
    assert sessions_of(rasa, sender) == [1, 2]
    assert texts(rasa.say("/report", sender=sender)) == ["Where?"]


def test_a_session_ends_with_its_length(rasa: RasaProcess, actions: FakeActions, sender: str) -> None:
    for _ in range(TURNS_PER_SESSION + 2):
        texts(rasa.say("/ask", sender=sender))

    assert sessions_of(rasa, sender) == [1] * TURNS_PER_SESSION + [2] * 2
    first, *_, last = (len(json.dumps(call.body)) for call in actions.calls_of(sender))
    assert last < 2 * first


def test_a_form_is_not_broken_off_for_the_length_of_the_session(rasa: RasaProcess, sender: str) -> None:
    for _ in range(TURNS_PER_SESSION - 1):
        texts(rasa.say("/greet", sender=sender))
    assert texts(rasa.say("/report", sender=sender)) == ["Where?"]

    assert texts(rasa.say("Room 12", sender=sender)) == ["Reported: Room 12."]
    assert set(sessions_of(rasa, sender)) == {1}
    assert texts(rasa.say("/greet", sender=sender)) == ["Hello."]
    assert sessions_of(rasa, sender)[-1] == 2
