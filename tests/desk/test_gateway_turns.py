"""Every line is answered, once, within a bound, whatever Rasa does (TRUST RL-10, 12, 13, 20; F7 to F9)."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import update
from sqlalchemy.orm import Session

from tests.desk.chats import SocketChat, a_socket
from tests.desk.desks import (
    Answer,
    Frame,
    RunningDesk,
    ScriptedRasa,
    a_desk,
    a_free_port,
    a_rasa,
    echo,
    eventually,
    rasa_says,
    utc_now,
)
from ticketing.conversations.logic import Author
from ticketing.conversations.models import Conversation
from ticketing.conversations.operations import Inbound, receive_message, take_over
from ticketing.tickets.models import Ticket
from ticketing.turns.logic import TurnOutcome, TurnState
from ticketing.turns.models import Turn
from ticketing.turns.operations import finish_turn

SEARCHABLE = "how do I connect to the VPN?"
QUICK: dict[str, Any] = {
    "action_seconds": 0.2,
    "still_working_seconds": 0.3,
    "turn_seconds": 1.5,
    "settle_seconds": 6,
}
# For what is not about a bound: a machine that stands still for a moment must not reach one.
PATIENT = QUICK | {"still_working_seconds": 30, "turn_seconds": 40, "settle_seconds": 60}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds of the desk's that are no settings, made as small as its settings are here."""
    for name, value in {
        "desk.gateway.turns.IDLE_SECONDS": 0.1,
        "desk.gateway.answering.RETRY_PAUSE_SECONDS": 0.02,
        "desk.gateway.answering.WORTH_A_RETRY_SECONDS": 0.5,
        "desk.gateway.answering.WORTH_ASKING_SECONDS": 0.2,
        "desk.gateway.answering.PLAIN_SECONDS": 1.0,
        "bot.assistant.breaker.FIRST_PROBE_SECONDS": 0.05,
        "bot.assistant.breaker.LONGEST_PROBE_SECONDS": 0.1,
    }.items():
        monkeypatch.setattr(name, value)


@contextlib.asynccontextmanager
async def talking(desk: RunningDesk) -> AsyncIterator[SocketChat]:
    async with a_socket(desk, await desk.visitor()) as chat:
        yield chat


async def ask(chat: SocketChat, text: str, number: int = 1) -> None:
    assert (await chat.send(f"c-{number}", text))["type"] == "ack"


class Gate:
    """A script that holds every turn until it is let go."""

    def __init__(self) -> None:
        self.open = asyncio.Event()

    async def __call__(self, turn: Frame) -> Answer:
        await self.open.wait()
        return await echo(turn)


def html(_: Frame) -> web.Response:
    return web.Response(text="<html><script>alert(1)</script></html>", content_type="text/html")


FAILURES: dict[str, Callable[[Frame], web.Response]] = {
    "nothing": lambda turn: rasa_says(turn, []),
    "only blanks": lambda turn: rasa_says(turn, [{"text": "  \n"}]),
    "a failed turn": lambda turn: web.json_response({"error": "turn_failed"}, status=502),
    "unauthorised": lambda turn: web.json_response({}, status=401),
    "a redirect": lambda turn: web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}),
    "html": html,
    "a list": lambda turn: web.json_response([{"text": "hello"}]),
    "10 MB": lambda turn: rasa_says(turn, [{"text": "x" * 10_000_000}]),
    "10 MB, packed": lambda turn: _packed(rasa_says(turn, [{"text": "x" * 10_000_000}])),
    "21 messages": lambda turn: rasa_says(turn, [{"text": "x"}] * 21),
    "for another recipient": lambda turn: rasa_says(turn, [{"text": "x", "recipient_id": "0" * 32}]),
    "one of two for another": lambda turn: rasa_says(
        turn, [{"text": "a"}, {"text": "b", "recipient_id": "0" * 32}]
    ),
    "for another sender": lambda turn: rasa_says(turn, [{"text": "x"}], sender="0" * 32),
    "of another turn": lambda turn: rasa_says(turn, [{"text": "x"}], turn_id="0" * 32),
    "a NUL": lambda turn: rasa_says(turn, [{"text": "x\x00y"}]),
}


def _packed(response: web.Response) -> web.Response:
    response.enable_compression(web.ContentCoding.gzip)
    return response


@pytest.mark.parametrize("failure", FAILURES)
async def test_an_answer_that_is_none_becomes_plain_mode_with_the_same_turn_asked_once_more(
    tmp_path: Path, failure: str
) -> None:
    async def fail(turn: Frame) -> Answer:
        return FAILURES[failure](turn)

    async with a_rasa(fail) as rasa, a_desk(tmp_path, rasa, **PATIENT) as desk, talking(desk) as chat:
        await ask(chat, SEARCHABLE)
        # Ten megabytes take a moment, so that "still working" may have been said.
        rows = [row for row in await desk.settled(chat.conversation) if row.author is not Author.DESK]

        assert [row.author for row in rows] == [Author.PERSON, Author.ASSISTANT, Author.ASSISTANT]
        assert "The assistant is restarting" in rows[1].text
        assert rows[2].extras["sources"][0]["slug"] == "connect-to-the-vpn"
        assert len(rasa.turns) == 2
        assert len({turn["turn_id"] for turn in rasa.turns}) == 1
        assert rasa.cancelled == 0


async def test_a_failure_that_passes_is_answered_by_the_second_try(tmp_path: Path) -> None:
    rasa_has_failed = False

    async def once(turn: Frame) -> Answer:
        nonlocal rasa_has_failed
        if not rasa_has_failed:
            rasa_has_failed = True
            return web.json_response({"error": "turn_failed"}, status=502)
        return await echo(turn)

    async with a_rasa(once) as rasa, a_desk(tmp_path, rasa, **PATIENT) as desk, talking(desk) as chat:
        await ask(chat, "hello")
        rows = await desk.settled(chat.conversation)

    assert [row.text for row in rows] == ["hello", "echo: hello"]


async def test_what_an_answer_may_carry_is_kept_and_the_rest_dropped(tmp_path: Path) -> None:
    def source(url: str) -> Frame:
        return {"title": "T", "url": url, "slug": "s"}

    async def tricky(turn: Frame) -> Answer:
        return [
            {
                "text": "<script>alert(1)</script> <!channel> [x](javascript:alert(1))",
                "buttons": [
                    {"title": "ok", "payload": "/open_ticket"},
                    {"title": "ok too", "payload": '/inform{"topic": "vpn"}'},
                    {"title": "link", "payload": "https://evil.example"},
                    {"title": "words", "payload": "restart everything"},
                    {"title": "capitals", "payload": "/Restart"},
                    {"title": "trailing", "payload": "/ok\n/other"},
                ],
                "custom": {
                    "sources": [
                        source("/kb/fix-wi-fi?lang=en"),
                        source("javascript:alert(1)"),
                        source("https://evil.example/kb/x"),
                        source("//evil.example/kb/x"),
                        source("/kb/../admin"),
                    ],
                    "ticket": "<b>INC-000001</b>",
                    "says": "utter_answer",
                    "question": {"band": "<script>"},
                    "feedback": {"verdict": "<script>"},
                    "html": "<script>",
                },
                "response": "utter_x",
            }
        ]

    async with a_rasa(tricky) as rasa, a_desk(tmp_path, rasa, **PATIENT) as desk, talking(desk) as chat:
        await ask(chat, "hello")
        message = await chat.until(lambda f: f["type"] == "message" and f["author"] == "assistant")

    # Text stays text, letter by letter: it is the viewer that must never take it for markup.
    assert message["text"] == "<script>alert(1)</script> <!channel> [x](javascript:alert(1))"
    assert [button["title"] for button in message["buttons"]] == ["ok", "ok too"]
    assert [found["url"] for found in message["sources"]] == ["/kb/fix-wi-fi?lang=en"]
    assert message["says"] == "utter_answer"
    # What was asked and whether it helped is for the desk's own record.
    assert set(message) == {"type", "seq", "author", "text", "at", "buttons", "sources", "says"}


async def test_a_slow_answer_is_announced_and_then_given_once(tmp_path: Path) -> None:
    gate, soon = Gate(), PATIENT | {"still_working_seconds": QUICK["still_working_seconds"]}
    async with a_rasa(gate) as rasa, a_desk(tmp_path, rasa, **soon) as desk, talking(desk) as chat:
        await ask(chat, "hello")
        await chat.until_message("takes a little longer", author="desk")
        gate.open.set()
        await chat.until_message("echo: hello")
        rows = await desk.settled(chat.conversation)

        assert [row.author for row in rows] == [Author.PERSON, Author.DESK, Author.ASSISTANT]
        assert len(rasa.turns) == 1


async def test_an_answer_that_never_comes_is_settled_within_the_bound(tmp_path: Path) -> None:
    async with a_rasa(Gate()) as rasa, a_desk(tmp_path, rasa, **QUICK) as desk, talking(desk) as chat:
        started = time.monotonic()
        await ask(chat, SEARCHABLE)
        rows = await desk.settled(chat.conversation)
        took = time.monotonic() - started

        assert [row.author for row in rows] == [Author.PERSON, Author.DESK] + [Author.ASSISTANT] * 2
        assert rows[3].extras["sources"]
        assert took < QUICK["settle_seconds"]
        # The whole budget is spent on one request: no cancel-and-repeat.
        assert len(rasa.turns) == 1


async def test_an_answer_that_drips_is_settled_within_the_bound(tmp_path: Path) -> None:
    async def drip(_: Frame) -> Answer:
        assert rasa.request is not None
        response = web.StreamResponse()
        await response.prepare(rasa.request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.05)

    async with a_rasa(drip) as rasa, a_desk(tmp_path, rasa, **QUICK) as desk, talking(desk) as chat:
        await ask(chat, SEARCHABLE)
        rows = await desk.settled(chat.conversation)

    assert rows[-1].extras["sources"]


async def test_when_plain_mode_has_nothing_either_there_is_an_apology_and_a_ticket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no search")

    monkeypatch.setattr("bot.assistant.plain.PlainAssistant.reply", broken)
    async with a_desk(tmp_path, **PATIENT) as desk, talking(desk) as chat:
        await ask(chat, "the printer is on fire")
        rows = await desk.settled(chat.conversation)

        assert desk.outcome(chat.conversation) is TurnOutcome.APOLOGISED
        assert rows[-1].author is Author.DESK
        assert "INC-000001" in rows[-1].text
        assert desk.count(Ticket) == 1


async def test_without_rasa_the_desk_searches_and_takes_messages(tmp_path: Path) -> None:
    async with a_desk(tmp_path, rasa_port=a_free_port(), **PATIENT) as desk, talking(desk) as chat:
        await ask(chat, SEARCHABLE, 1)
        rows = await desk.settled(chat.conversation)
        assert rows[-1].extras["sources"][0]["slug"] == "connect-to-the-vpn"
        await ask(chat, "zzz qqq the coffee machine in room 12", 2)
        offered = await chat.until(
            lambda frame: "Open a ticket" in [each["title"] for each in frame.get("buttons", ())]
        )
        [button] = [each for each in offered["buttons"] if each["title"] == "Open a ticket"]
        assert (await chat.send("c-3", button=button["id"]))["type"] == "ack"
        told = await chat.until(lambda frame: "ticket" in frame)

        assert told["ticket"] == "INC-000001"
        assert desk.count(Ticket) == 1
        [description] = desk.database.read(lambda s: [t.description for t in s.query(Ticket)])
        assert description == "zzz qqq the coffee machine in room 12"


async def test_the_breaker_opens_without_a_storm_of_retries_and_closes_by_its_probe(tmp_path: Path) -> None:
    port = a_free_port()
    async with a_rasa(port=port) as rasa, a_desk(tmp_path, rasa, **QUICK) as desk, talking(desk) as chat:
        await ask(chat, "one", 1)
        await chat.until_message("echo: one")
        rasa.is_healthy = False

        async def hang_up(_: Frame) -> Answer:
            rasa_transport(rasa).abort()
            return web.Response()

        rasa.script = hang_up
        asked_before = len(rasa.turns)
        for number in range(2, 22):
            await ask(chat, f"line {number}", number)
            await desk.settled(chat.conversation, number)
        # Three failures open it (two tries per turn); the rest of the twenty turns ask nothing.
        assert len(rasa.turns) - asked_before <= 4
        assert rasa.probes
        rasa.script, rasa.is_healthy = echo, True
        probes = rasa.probes
        await eventually(lambda: rasa.probes > probes)
        await ask(chat, "back?", 30)
        await desk.settled(chat.conversation, 22)
        if "echo: back?" not in desk.said(chat.conversation, Author.ASSISTANT):
            await ask(chat, "back now?", 31)
            await chat.until_message("echo: back now?")
        closed_at = rasa.probes
        await ask(chat, "and on", 32)
        await chat.until_message("echo: and on")
        assert rasa.probes == closed_at


def rasa_transport(rasa: ScriptedRasa) -> asyncio.Transport:
    assert rasa.request is not None
    transport = rasa.request.transport
    assert transport is not None
    return transport


async def test_who_is_taken_over_during_a_turn_hears_nothing_of_the_assistant(tmp_path: Path) -> None:
    gate = Gate()
    async with a_rasa(gate) as rasa, a_desk(tmp_path, rasa, **PATIENT) as desk, talking(desk) as chat:
        await ask(chat, "hello", 1)
        await eventually(lambda: rasa.flying)
        await ask(chat, "are you there?", 2)
        desk.database.write(take_over, chat.conversation, agent_name="Ana", now=utc_now())
        gate.open.set()
        await desk.settled(chat.conversation, 1)
        await desk.settled(chat.conversation, 2)

        assert {row.author for row in desk.transcript(chat.conversation)} == {Author.PERSON}
        assert [turn.outcome for turn in desk.turns(chat.conversation)] == [TurnOutcome.HANDED_OVER] * 2
        assert len(rasa.turns) == 1


async def test_a_take_over_silences_the_still_working_notice_and_plain_mode_too(tmp_path: Path) -> None:
    soon = QUICK | {"still_working_seconds": 1.5, "turn_seconds": 2.5}
    async with a_rasa(Gate()) as rasa, a_desk(tmp_path, rasa, **soon) as desk, talking(desk) as chat:
        await ask(chat, SEARCHABLE)
        await eventually(lambda: rasa.flying)
        desk.database.write(take_over, chat.conversation, agent_name="Ana", now=utc_now())
        rows = await desk.settled(chat.conversation)

    assert [row.author for row in rows] == [Author.PERSON]


async def test_fragments_sent_before_a_turn_starts_join_it(tmp_path: Path) -> None:
    gate = Gate()
    async with a_rasa(gate) as rasa, a_desk(tmp_path, rasa, **PATIENT) as desk, talking(desk) as chat:
        await ask(chat, "first", 1)
        await eventually(lambda: rasa.flying)
        acks = [await chat.send(f"c-{number}", f"part {number}") for number in (2, 3, 4)]
        gate.open.set()
        await desk.settled(chat.conversation, 2)

        assert {ack["turn"] for ack in acks} == {2}
        assert rasa.texts() == ["first", "part 2\npart 3\npart 4"]


async def test_one_conversation_has_one_turn_at_a_time(tmp_path: Path) -> None:
    async with (
        a_rasa() as rasa,
        a_desk(tmp_path, rasa, turns_at_once=8, **PATIENT) as desk,
        talking(desk) as chat,
    ):
        for number in range(20):
            await ask(chat, f"line {number}", number)
        await eventually(lambda: all(turn.outcome for turn in desk.turns(chat.conversation)))

        assert rasa.most_flying == 1
        assert "\n".join(rasa.texts()) == "\n".join(f"line {number}" for number in range(20))


async def test_never_more_turns_are_in_flight_than_are_allowed(tmp_path: Path) -> None:
    async def takes_a_moment(turn: Frame) -> Answer:
        await asyncio.sleep(0.01)
        return await echo(turn)

    async with contextlib.AsyncExitStack() as stack:
        rasa = await stack.enter_async_context(a_rasa(takes_a_moment))
        desk = await stack.enter_async_context(a_desk(tmp_path, rasa, turns_at_once=2, **PATIENT))
        chats = [await stack.enter_async_context(talking(desk)) for _ in range(8)]

        async def write(chat: SocketChat) -> None:
            for number in range(6):
                await ask(chat, f"line {number}", number)

        await asyncio.gather(*(write(chat) for chat in chats))
        await eventually(
            lambda: all(turn.outcome for chat in chats for turn in desk.turns(chat.conversation))
        )

    assert rasa.most_flying <= 2
    texts = sorted(line for text in rasa.texts() for line in text.split("\n"))
    assert texts == sorted(f"line {number}" for number in range(6) for _ in chats)


async def test_a_line_that_comes_while_turns_are_being_claimed_takes_no_second_place(tmp_path: Path) -> None:
    gate = Gate()
    async with (
        a_rasa(gate) as rasa,
        a_desk(tmp_path, rasa, turns_at_once=1, **PATIENT) as desk,
        talking(desk) as first,
        talking(desk) as second,
    ):
        person = desk.database.read(
            lambda session: (
                session.query(Conversation).filter_by(public_id=first.conversation).one().person_id
            )
        )
        free, is_held = threading.Event(), threading.Event()

        def hold(_: Session) -> None:
            is_held.set()
            free.wait(10)

        def queue_a_line(session: Session) -> None:
            receive_message(
                session, first.conversation, Inbound("c-1", "one"), person_id=person, now=utc_now()
            )

        # The writer is held; behind it stand: a line without a ring, the runner's claim, another line.
        holding = asyncio.create_task(desk.database.awrite(hold))
        await eventually(is_held.is_set)
        queued = asyncio.create_task(desk.database.awrite(queue_a_line))
        runner = desk.desk.switchboard._runner
        await asyncio.sleep(0)
        claiming = asyncio.create_task(runner._take_turns())
        await asyncio.sleep(0)
        sending = asyncio.create_task(second.send("c-2", "two"))
        await eventually(lambda: desk.database._writing._work_queue.qsize() >= 3)
        free.set()
        await asyncio.gather(holding, queued, claiming, sending)
        await eventually(lambda: rasa.flying)
        assert len(runner._running) == 1
        gate.open.set()
        await desk.settled(first.conversation)
        await desk.settled(second.conversation)

    assert rasa.most_flying == 1


async def test_two_desks_on_one_database_answer_every_line_once(tmp_path: Path) -> None:
    async with (
        a_rasa() as rasa,
        a_desk(tmp_path, rasa, **PATIENT) as left,
        a_desk(tmp_path, rasa, **PATIENT) as right,
    ):
        token = await left.visitor()
        async with (
            a_socket(left, token) as here,
            a_socket(right, token, conversation=here.conversation) as there,
        ):
            for number in range(10):
                await asyncio.gather(
                    here.send(f"l-{number}", f"left {number}"), there.send(f"r-{number}", f"right {number}")
                )
            await eventually(lambda: all(turn.outcome for turn in left.turns(here.conversation)))

            asked = "\n".join(rasa.texts()).split("\n")
            assert sorted(asked) == sorted(f"{side} {n}" for side in ("left", "right") for n in range(10))
            answers = left.said(here.conversation, Author.ASSISTANT)
            assert answers == [f"echo: {text}" for text in rasa.texts()]
            assert rasa.most_flying == 1


async def test_a_turn_whose_owner_died_is_answered_once_by_another(tmp_path: Path) -> None:
    async with a_rasa() as rasa, a_desk(tmp_path, rasa, **PATIENT) as desk, talking(desk) as chat:
        await ask(chat, "one", 1)
        await desk.settled(chat.conversation, 1)

        def as_if_another_desk_had_died_with_it(session: Session) -> None:
            turn = session.query(Turn).filter_by(number=1).one()
            turn.state, turn.owner, turn.outcome, turn.ended_at = TurnState.RUNNING, "dead", None, None
            turn.lease_until = utc_now() + timedelta(seconds=0.3)
            turn.attempts = 1

        rasa.turns.clear()
        desk.database.write(as_if_another_desk_had_died_with_it)
        await desk.settled(chat.conversation, 1)

        [turn] = desk.turns(chat.conversation)
        assert turn.attempts == 2
        assert [asked["turn_id"] for asked in rasa.turns] == [turn.id]


async def test_who_lost_its_lease_commits_nothing(tmp_path: Path) -> None:
    gate = Gate()
    async with a_rasa(gate) as rasa, a_desk(tmp_path, rasa, **PATIENT) as desk, talking(desk) as chat:
        await ask(chat, "hello")
        await eventually(lambda: rasa.flying)

        def taken_by_another(session: Session) -> None:
            far = utc_now() + timedelta(minutes=5)
            session.execute(update(Turn).values(owner="another", attempts=2, lease_until=far))

        desk.database.write(taken_by_another)
        gate.open.set()
        await eventually(lambda: not desk.desk.turns_in_flight._turns)
        await eventually(lambda: not desk.desk.switchboard._runner._running)

        assert [row.author for row in desk.transcript(chat.conversation)] == [Author.PERSON]
        assert desk.turns(chat.conversation)[0].owner == "another"


async def test_a_turn_that_cannot_be_committed_is_taken_again_though_the_desk_is_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signs of life are for what runs: a turn whose task has failed must not be kept for ever."""
    is_failing = True

    def fails_at_first(session: Session, claim: Any, *args: Any, **kwargs: Any) -> Any:
        if is_failing and claim.attempt == 1:
            raise RuntimeError("cannot be committed")
        return finish_turn(session, claim, *args, **kwargs)

    hold = asyncio.Event()

    async def held(turn: Frame) -> Answer:
        if turn["text"] == "keep the desk busy":
            await hold.wait()
        return await echo(turn)

    monkeypatch.setattr("desk.gateway.turns.finish_turn", fails_at_first)
    monkeypatch.setattr("desk.gateway.turns.RENEW_SECONDS", 0.2)
    monkeypatch.setattr("ticketing.turns.queue.LEASE", timedelta(seconds=0.8))
    async with (
        a_rasa(held) as rasa,
        a_desk(tmp_path, rasa, **PATIENT) as running,
        talking(running) as busy,
        talking(running) as chat,
    ):
        await ask(busy, "keep the desk busy")
        await ask(chat, "hello")
        rows = await running.settled(chat.conversation)
        is_failing = False
        hold.set()
        await running.settled(busy.conversation)

    assert [row.text for row in rows] == ["hello", "echo: hello"]


async def test_a_turn_that_brought_its_desk_down_three_times_ends_with_an_apology(tmp_path: Path) -> None:
    gate = Gate()
    async with a_rasa(gate) as rasa, a_desk(tmp_path, rasa, **PATIENT) as desk, talking(desk) as chat:
        await ask(chat, "hello")
        await eventually(lambda: rasa.flying)

        def died_three_times(session: Session) -> None:
            session.execute(update(Turn).values(owner="dead", attempts=3, lease_until=utc_now()))

        desk.database.write(died_three_times)
        rows = await desk.settled(chat.conversation)
        gate.open.set()

        assert desk.outcome(chat.conversation) is TurnOutcome.APOLOGISED
        assert "INC-000001" in rows[-1].text
        assert len(rasa.turns) == 1


async def test_what_waits_too_long_for_a_place_is_settled(tmp_path: Path) -> None:
    changes = QUICK | {"turns_at_once": 1, "turn_seconds": 8, "settle_seconds": 9}
    # The desk's own clock is moved on instead of waiting.
    gate = Gate()
    async with a_rasa(gate) as rasa, a_desk(tmp_path, rasa, **changes) as desk:
        async with talking(desk) as first, talking(desk) as second:
            await ask(first, "one")
            await eventually(lambda: rasa.flying)
            runner = desk.desk.switchboard._runner
            await ask(second, "two")
            start = runner._started_at
            runner._now = lambda: start + timedelta(seconds=20)
            rows = await desk.settled(second.conversation)
            gate.open.set()

        assert desk.outcome(second.conversation) is TurnOutcome.APOLOGISED
        assert rows[-1].extras["ticket"]
        assert len(rasa.turns) == 1


async def test_a_desk_that_stops_hands_its_turns_back_and_the_next_answers_them_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.wiring.STOP_SECONDS", 0.2)
    gate = Gate()
    slow = QUICK | {"turn_seconds": 20, "settle_seconds": 30, "still_working_seconds": 15}
    async with a_rasa(gate) as rasa:
        async with a_desk(tmp_path, rasa, **slow) as desk, talking(desk) as chat:
            await ask(chat, "hello", 1)
            await eventually(lambda: rasa.flying)
            await ask(chat, "and this waited", 2)
            there, turn_id = chat.conversation, desk.turns(chat.conversation)[0].id
        gate.open.set()
        started = time.monotonic()
        async with a_desk(tmp_path, rasa, **slow) as desk:
            await desk.settled(there, 1)
            rows = await desk.settled(there, 2)
            took = time.monotonic() - started

    assert [row.text for row in rows if row.author is Author.ASSISTANT] == [
        "echo: hello",
        "echo: and this waited",
    ]
    assert {turn["turn_id"] for turn in rasa.turns if turn["text"] == "hello"} == {turn_id}
    assert took < slow["still_working_seconds"]


async def test_a_desk_that_stops_finishes_what_is_nearly_done(tmp_path: Path) -> None:
    gate = Gate()
    async with a_rasa(gate) as rasa:
        async with a_desk(tmp_path, rasa, **PATIENT) as desk, talking(desk) as chat:
            await ask(chat, "hello")
            await eventually(lambda: rasa.flying)
            there = chat.conversation
            asyncio.get_running_loop().call_later(0.1, gate.open.set)
        async with a_desk(tmp_path, rasa, **PATIENT) as desk:
            assert desk.outcome(there) is TurnOutcome.ANSWERED
            assert len(rasa.turns) == 1


async def test_a_locked_database_delays_an_answer_and_loses_none(tmp_path: Path) -> None:
    gate = Gate()
    async with a_rasa(gate) as rasa, a_desk(tmp_path, rasa, **PATIENT) as desk, talking(desk) as chat:
        await ask(chat, "hello")
        await eventually(lambda: rasa.flying)
        with _locked(tmp_path):
            gate.open.set()
            await eventually(lambda: not rasa.flying)
            assert len(desk.transcript(chat.conversation)) == 1
        rows = await desk.settled(chat.conversation)

    assert [row.text for row in rows] == ["hello", "echo: hello"]


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    import sqlite3

    blocker = sqlite3.connect(folder / "var" / "guichet.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        blocker.execute("ROLLBACK")
        blocker.close()
