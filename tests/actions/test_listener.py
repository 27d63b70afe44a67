"""Who may run an action: Rasa, with the secret, for the turn in flight (TRUST RA-5, RL-14; finding 4)."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from desk.log_lines import start_logging
from identity.people.models import Person
from storage.database import DatabaseUnavailable
from tests.desk.chats import SocketChat, a_socket
from tests.desk.desks import (
    SECRETS,
    Answer,
    Frame,
    RunningDesk,
    ScriptedRasa,
    a_desk,
    a_rasa,
    echo,
    eventually,
    utc_now,
)
from ticketing.conversations.logic import Author
from ticketing.conversations.operations import take_over
from ticketing.effects.models import Effect
from ticketing.tickets.models import Ticket
from ticketing.turns.logic import TurnOutcome, TurnState
from ticketing.turns.models import Turn

MARKER = "marker-words-hunter2"
GOOD = {"X-Guichet-Secret": SECRETS.actions_secret}


def a_call(turn: Frame, action: str = "action_ask_human", intent: str = "ask_human", **slots: Any) -> Frame:
    """A call as rasa-sdk has it, by default one with an effect, and with a tracker that claims anything."""
    return {
        "next_action": action,
        "sender_id": turn["sender"],
        "tracker": {
            "sender_id": turn["sender"],
            "slots": slots,
            "latest_message": {
                "text": turn["text"],
                "intent": {"name": intent, "confidence": 0.99},
                "entities": [],
                "metadata": {"turn_id": turn["turn_id"], "language": turn["language"]},
            },
            "events": [],
            "paused": False,
            "followup_action": None,
            "active_loop": {},
            "latest_action_name": None,
            "latest_input_channel": "desk",
        },
        "version": "3.6.21",
    }


@dataclass
class Held:
    """A desk with one turn in flight, which ends when `let_go` is set."""

    desk: RunningDesk
    rasa: ScriptedRasa
    chat: SocketChat
    turn: Frame
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def call(
        self, body: Any, headers: dict[str, str] | None = None, method: str = "POST", path: str = ""
    ) -> tuple[int, str]:
        data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        async with self.desk.http.request(
            method, self.desk.actions_url + path, data=data, headers=GOOD if headers is None else headers
        ) as response:
            return response.status, await response.text()

    async def ends(self) -> None:
        self.let_go.set()
        await self.desk.settled(self.chat.conversation)


@contextlib.asynccontextmanager
async def a_held_turn(folder: Path, text: str = MARKER, **changes: Any) -> AsyncIterator[Held]:
    let_go = asyncio.Event()

    async def hold(turn: Frame) -> Answer:
        await let_go.wait()
        return await echo(turn)

    slow = {"turn_seconds": 50, "settle_seconds": 60, "still_working_seconds": 55} | changes
    async with (
        a_rasa(hold) as rasa,
        a_desk(folder, rasa, **slow) as desk,
        a_socket(desk, await desk.visitor()) as chat,
    ):
        await chat.send("c-1", text)
        await eventually(lambda: rasa.turns)
        try:
            yield Held(desk, rasa, chat, rasa.turns[0], let_go)
        finally:
            let_go.set()


def _nothing_happened(desk: RunningDesk) -> bool:
    return desk.count(Ticket) == desk.count(Effect) == 0


async def test_actions_reopen_tickets_for_as_long_as_the_settings_say(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none", reopen_days=3) as desk:
        assert desk.desk.services.reopen_window == timedelta(days=3)


async def test_a_call_without_the_secret_is_refused_whatever_it_says(tmp_path: Path) -> None:
    async with a_held_turn(tmp_path) as held:
        for headers in (
            {},
            {"X-Guichet-Secret": ""},
            {"X-Guichet-Secret": SECRETS.actions_secret[:-1]},
            {"X-Guichet-Secret": SECRETS.rasa_secret},
            {"X-Guichet-Secret": SECRETS.actions_secret.upper()},
            {"Authorization": f"Bearer {SECRETS.actions_secret}"},
        ):
            for body in (a_call(held.turn), b"nonsense", b""):
                status, answer = await held.call(body, headers)
                assert (status, json.loads(answer)) == (401, {"error": "unauthorised"})
        assert _nothing_happened(held.desk)


async def test_a_secret_of_strange_bytes_is_refused_like_any_other(tmp_path: Path) -> None:
    async with a_held_turn(tmp_path) as held:
        port = int(held.desk.actions_url.split(":")[2].split("/")[0])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"POST /webhook HTTP/1.1\r\nHost: x\r\nX-Guichet-Secret: \xff\xfe\xe9\r\n"
            b"Content-Length: 2\r\n\r\n{}"
        )
        status = await asyncio.wait_for(reader.readline(), 10)
        writer.close()
    assert b" 401 " in status


async def test_a_call_for_the_turn_in_flight_is_honoured_once(tmp_path: Path) -> None:
    async with a_held_turn(tmp_path) as held:
        answers = [await held.call(a_call(held.turn)) for _ in range(2)]
        answers += await asyncio.gather(*(held.call(a_call(held.turn)) for _ in range(8)))

        assert {status for status, _ in answers} == {200}
        assert len({answer for _, answer in answers}) == 1
        [response] = json.loads(answers[0][1])["responses"]
        assert response["custom"]["ticket"] == "INC-000001"
        assert "INC-000001" in response["text"]
        assert held.desk.count(Ticket) == held.desk.count(Effect) == 1
        await held.ends()


async def test_a_call_that_is_not_of_the_turn_in_flight_has_no_effect(tmp_path: Path) -> None:
    async with a_held_turn(tmp_path) as held:
        async with a_socket(held.desk, await held.desk.visitor()) as other:
            forged = {
                "another turn": held.turn | {"turn_id": "0" * 32},
                "another conversation": held.turn | {"sender": other.conversation},
                "no such conversation": held.turn | {"sender": "admin"},
                "no turn": held.turn | {"turn_id": None},
                "a turn of another kind": held.turn | {"turn_id": 7},
                "a list": held.turn | {"turn_id": [held.turn["turn_id"]]},
                "a list of senders": held.turn | {"sender": [held.turn["sender"]]},
            }
            for why, turn in forged.items():
                status, answer = await held.call(a_call(turn))
                assert (status, json.loads(answer)) == (409, {"error": "not_in_flight"}), why
        # The sender counts, not what the tracker says of it, and the other way round neither.
        status, _ = await held.call(a_call(held.turn) | {"sender_id": "somebody"})
        assert status == 409
        assert _nothing_happened(held.desk)
        await held.ends()
        status, _ = await held.call(a_call(held.turn))
        assert status == 409
        assert _nothing_happened(held.desk)


async def test_a_call_after_the_turn_was_ended_elsewhere_has_no_effect(tmp_path: Path) -> None:
    """Still in flight here, and settled by the desk that took it over."""
    async with a_held_turn(tmp_path) as held:

        def settled_elsewhere(session: Any) -> None:
            turn = session.query(Turn).one()
            turn.state, turn.outcome, turn.owner = TurnState.DONE, TurnOutcome.APOLOGISED, None

        held.desk.database.write(settled_elsewhere)
        status, answer = await held.call(a_call(held.turn))
        assert (status, json.loads(answer)) == (500, {"error": "action_failed"})
        assert _nothing_happened(held.desk)


async def test_who_asks_and_what_comes_from_the_turn_and_not_from_the_tracker(tmp_path: Path) -> None:
    async with a_held_turn(tmp_path, "the coffee machine in room 12 is broken") as held:
        call = a_call(held.turn, email="boss@example.org", person="boss", requester="boss", text=MARKER)
        call["tracker"]["sender_id"] = "boss"
        call["tracker"]["latest_message"]["text"] = MARKER
        call["domain"] = {"responses": {"utter_x": [{"text": MARKER}]}}
        assert (await held.call(call))[0] == 200

        def look(session: Any) -> tuple[str, str | None]:
            ticket = session.query(Ticket).one()
            return ticket.description, session.get(Person, ticket.requester_id).email

        assert held.desk.database.read(look) == ("the coffee machine in room 12 is broken", None)
        await held.ends()


async def test_the_question_searched_for_is_the_turns(tmp_path: Path) -> None:
    async with a_held_turn(tmp_path, "how do I connect to the VPN?") as held:
        call = a_call(
            held.turn | {"text": "how do I fix the wi-fi?"}, "action_ask_knowledge", "ask_knowledge"
        )
        status, answer = await held.call(call)

        assert status == 200
        [response] = json.loads(answer)["responses"]
        assert response["custom"]["sources"][0]["slug"] == "connect-to-the-vpn"
        assert "wi-fi" not in json.dumps(json.loads(answer)["events"])
        await held.ends()


async def test_no_error_carries_anything_of_the_body_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    start_logging("DEBUG")

    async def quotes(*_: object, **__: object) -> None:
        raise ValueError(f"cannot open a ticket for {MARKER}")

    async with a_held_turn(tmp_path, "a human please") as held:
        good = a_call(held.turn | {"text": MARKER}, password=MARKER)
        bodies: dict[str, tuple[Any, int]] = {
            "no JSON": (MARKER.encode(), 400),
            "no object": ([MARKER], 400),
            "a text": (MARKER, 400),
            "nothing": (b"", 400),
            "deep": (b"[" * 100_000, 400),
            "bytes": (b"\xff" + MARKER.encode(), 400),
            "no tracker": ({"next_action": MARKER, "sender_id": MARKER}, 400),
            "no metadata": (good | {"tracker": {"latest_message": {"text": MARKER}}}, 400),
            "no message": (good | {"tracker": {"latest_message": None}}, 400),
            "not in flight": (a_call({**held.turn, "sender": MARKER}), 409),
            "unknown action": (good | {"next_action": "action_of_nobody"}, 404),
            "a broken tracker": (
                good | {"tracker": {"latest_message": good["tracker"]["latest_message"]}},
                500,
            ),
        }
        for why, (body, expected) in bodies.items():
            status, answer = await held.call(body)
            assert status == expected, why
            assert MARKER not in answer, why
        monkeypatch.setattr(held.desk.database, "awrite", quotes)
        status, answer = await held.call(good)
        monkeypatch.undo()
        assert (status, json.loads(answer)) == (500, {"error": "action_failed"})
        await held.ends()
    assert not [record for record in caplog.records if MARKER in repr(record.__dict__) and _is_ours(record)]


def _is_ours(record: logging.LogRecord) -> bool:
    return not record.name.startswith("asyncio")


async def test_an_action_that_takes_too_long_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(self: Any, dispatcher: Any, tracker: Any, said: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("actions.people.ActionAskHuman.act", hang)
    async with a_held_turn(tmp_path, action_seconds=0.1) as held:
        status, answer = await held.call(a_call(held.turn))
        assert (status, json.loads(answer)) == (504, {"error": "too_slow"})
        await held.ends()


async def test_a_database_that_is_away_is_an_error_and_no_effect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise DatabaseUnavailable

    async with a_held_turn(tmp_path) as held:
        with monkeypatch.context() as broken:
            broken.setattr(held.desk.database, "awrite", away)
            assert (await held.call(a_call(held.turn)))[0] == 500
        assert _nothing_happened(held.desk)
        assert (await held.call(a_call(held.turn)))[0] == 200
        await held.ends()


async def test_only_the_webhook_is_there(tmp_path: Path) -> None:
    async with a_held_turn(tmp_path) as held:
        for method, path, expected in (
            ("GET", "", 405),
            ("PUT", "", 405),
            ("POST", "/", 404),
            ("POST", "/../webhook/x", 404),
        ):
            status, _ = await held.call(b"", method=method, path=path)
            assert status == expected, (method, path)
        base = held.desk.actions_url.removesuffix("/webhook")
        for path in ("/", "/actions", "/health", "/status"):
            async with held.desk.http.get(base + path, headers=GOOD) as response:
                assert response.status == 404, path
                assert "Access-Control-Allow-Origin" not in response.headers


async def test_a_body_beyond_the_bound_is_refused(tmp_path: Path) -> None:
    async with a_held_turn(tmp_path) as held:
        with contextlib.suppress(aiohttp.ClientError):
            status, _ = await held.call(a_call(held.turn, padding="x" * 5_000_000))
            assert status == 413
        assert _nothing_happened(held.desk)


async def test_a_ticket_opened_before_a_take_over_is_announced_by_the_desk(tmp_path: Path) -> None:
    async with a_held_turn(tmp_path) as held:
        assert (await held.call(a_call(held.turn)))[0] == 200
        held.desk.database.write(take_over, held.chat.conversation, agent_name="Ana", now=utc_now())
        await held.ends()

        rows = held.desk.transcript(held.chat.conversation)
        assert [row.author for row in rows] == [Author.PERSON, Author.DESK]
        assert rows[-1].extras == {"ticket": "INC-000001"}
