"""Lines in a row over the real gateway: one turn, taken at the right moment, by whichever desk is there."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.desk.chats import TRANSPORTS, Transport, a_socket
from tests.desk.desks import RunningDesk, a_desk, a_rasa, eventually, utc_now
from ticketing.conversations.models import Conversation
from ticketing.conversations.operations import Hearing, Inbound, receive_message
from ticketing.turns.logic import TurnOutcome

SOON = 0.8
"""Much less than the two seconds after which the runner looks anyway."""


@pytest.fixture(params=TRANSPORTS)
def chat_with(request: pytest.FixtureRequest) -> Transport:
    """How the client talks to the desk."""
    return TRANSPORTS[request.param]


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_three_lines_in_a_row_are_one_question(tmp_path: Path, chat_with: Transport) -> None:
    async with (
        a_rasa() as rasa,
        a_desk(tmp_path, rasa, gather_seconds=0.5) as desk,
        chat_with(desk, await desk.visitor()) as chat,
    ):
        acks = []
        for number, line in enumerate(("hello", "my printer", "is jammed")):
            acks.append(await chat.send(f"c-{number}", line))
            await asyncio.sleep(0.1)
        await chat.until_message("echo:")

    assert [ack["turn"] for ack in acks] == [1, 1, 1]
    assert rasa.texts() == ["hello\nmy printer\nis jammed"]


async def test_an_unfinished_line_alone_is_answered_when_its_window_has_passed(tmp_path: Path) -> None:
    async with (
        a_rasa() as rasa,
        a_desk(tmp_path, rasa, gather_seconds=0.4) as desk,
        a_socket(desk, await desk.visitor()) as chat,
    ):
        started = now()
        await chat.send("c-1", "my printer")
        await chat.until_message("echo:")
        took = now() - started

    assert 0.4 <= took < 0.4 + SOON


async def test_a_finished_line_is_answered_at_once_and_ends_the_wait(tmp_path: Path) -> None:
    async with (
        a_rasa() as rasa,
        a_desk(tmp_path, rasa, gather_seconds=3) as desk,
        a_socket(desk, await desk.visitor()) as chat,
    ):
        started = now()
        await chat.send("c-1", "hello")
        await chat.send("c-2", "is the mail server down?")
        await chat.until_message("echo:")
        await chat.send("c-3", "thanks")
        await chat.until_message("echo: thanks")
        took = now() - started

    assert took < 2
    assert rasa.texts() == ["hello\nis the mail server down?", "thanks"]


async def test_typing_keeps_the_desk_waiting(tmp_path: Path, chat_with: Transport) -> None:
    async with (
        a_rasa() as rasa,
        a_desk(tmp_path, rasa, gather_seconds=0.5) as desk,
        chat_with(desk, await desk.visitor()) as chat,
    ):
        await chat.send("c-1", "my printer")
        await chat.tell({"type": "typing"})
        await asyncio.sleep(0.9)
        assert rasa.texts() == []
        await chat.send("c-2", "is jammed.")
        await chat.until_message("echo:")

    assert rasa.texts() == ["my printer\nis jammed."]


async def test_a_turn_that_waits_is_taken_at_its_moment_by_the_desk_that_is_there(tmp_path: Path) -> None:
    async with a_rasa() as rasa:
        async with a_desk(tmp_path, rasa) as first, a_socket(first, await first.visitor()) as chat:
            conversation = chat.conversation
            person_id = chat_person(first, conversation)
        async with a_desk(tmp_path, rasa) as second:
            # Recorded by a process that is gone: nobody rings for it.
            ready = await recorded_elsewhere(second, conversation, person_id, timedelta(seconds=2.6))
            await eventually(lambda: second.outcome(conversation))
            late = (utc_now() - ready).total_seconds()

    assert second.outcome(conversation) is TurnOutcome.ANSWERED
    assert 0 <= late < SOON


async def test_a_turn_that_waited_when_the_desk_stopped_is_answered_by_the_next(tmp_path: Path) -> None:
    async with a_rasa() as rasa:
        async with (
            a_desk(tmp_path, rasa, gather_seconds=1) as first,
            a_socket(first, await first.visitor()) as chat,
        ):
            ack = await chat.send("c-1", "my printer")
            acked = now()
            conversation = chat.conversation
        assert first.outcome(conversation) is None
        async with a_desk(tmp_path, rasa) as second:
            await eventually(lambda: second.outcome(conversation))
            took = now() - acked

    assert ack["turn"] == 1
    assert rasa.texts() == ["my printer"]
    assert took >= 0.9


def chat_person(desk: RunningDesk, conversation: str) -> int:
    found = desk.database.read(
        lambda session: session.scalar(
            select(Conversation.person_id).where(Conversation.public_id == conversation)
        )
    )
    assert found is not None
    return found


async def recorded_elsewhere(
    desk: RunningDesk, conversation: str, person_id: int, window: timedelta
) -> datetime:
    recorded = await desk.database.awrite(
        receive_message,
        conversation,
        Inbound("c-1", "my printer"),
        person_id=person_id,
        now=utc_now(),
        hearing=Hearing(window=window),
    )
    assert recorded.ready_at is not None
    return recorded.ready_at
