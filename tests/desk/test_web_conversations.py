"""The chat protocol on a real desk, over a socket and over long polling alike (TRUST WW-11, 12, 16)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.channels.web import viewer as viewing
from identity.visitors.logic import read_visitor_token
from identity.visitors.operations import revoke_session
from storage.ledger_epoch import LedgerEpoch
from tests.desk.chats import TRANSPORTS, Transport, a_socket
from tests.desk.desks import SECRETS, Answer, Frame, RunningDesk, a_desk, a_rasa, echo, utc_now
from ticketing.conversations.logic import Author
from ticketing.conversations.models import Conversation, Message
from ticketing.conversations.operations import (
    hand_back,
    request_handoff,
    take_over,
    write_as_agent,
)
from ticketing.turns.models import Turn


@pytest.fixture(params=TRANSPORTS)
def chat_with(request: pytest.FixtureRequest) -> Transport:
    """How the client talks to the desk."""
    return TRANSPORTS[request.param]


async def test_a_line_is_acknowledged_and_answered(tmp_path: Path, chat_with: Transport) -> None:
    async with (
        a_rasa() as rasa,
        a_desk(tmp_path, rasa) as desk,
        chat_with(desk, await desk.visitor()) as chat,
    ):
        ack = await chat.send("c-1", "my screen is black")
        await chat.until_message("echo: my screen is black", author="assistant")
        done = await chat.until(lambda frame: frame["type"] == "status" and frame["turns_done"] == 1)

    assert ack == {"type": "ack", "client_id": "c-1", "seq": 1, "turn": 1, "duplicate": False}
    assert [(m["seq"], m["author"]) for m in chat.messages()] == [(1, "person"), (2, "assistant")]
    assert done["last_seq"] == 2
    assert done["thinking"] is False


async def test_the_welcome_says_where_the_conversation_stands(tmp_path: Path, chat_with: Transport) -> None:
    async with (
        a_desk(tmp_path, message_characters=500, heartbeat_seconds=7) as desk,
        chat_with(desk, await desk.visitor(language="fr")) as chat,
    ):
        welcome = chat.welcome

    assert welcome["last_seq"] == 0
    assert welcome["limits"] == {"characters": 500, "heartbeat": 7}
    assert welcome["status"] == {
        "version": 1,
        "last_seq": 0,
        "speaker": "assistant",
        "agent": None,
        "language": "fr",
        "thinking": False,
        "turns_done": 0,
    }


async def test_an_acknowledged_line_is_committed_before_its_ack(tmp_path: Path, chat_with: Transport) -> None:
    async with (
        a_rasa() as rasa,
        a_desk(tmp_path, rasa) as desk,
        chat_with(desk, await desk.visitor()) as chat,
    ):
        for number in range(10):
            ack = await chat.send(f"c-{number}", f"line {number}")
            # Another connection of its own sees it at the moment of the ack.
            on_file = {row.seq: row.text for row in desk.transcript(chat.conversation)}
            assert on_file[ack["seq"]] == f"line {number}"


async def test_the_same_line_five_times_is_one_row_one_turn_and_equal_acks(
    tmp_path: Path, chat_with: Transport
) -> None:
    async with (
        a_rasa() as rasa,
        a_desk(tmp_path, rasa) as desk,
        chat_with(desk, await desk.visitor()) as chat,
    ):
        acks = [await chat.send("c-1", "my screen is black") for _ in range(5)]
        await chat.until_message("echo:")

        assert {(ack["seq"], ack["turn"]) for ack in acks} == {(1, 1)}
        assert [ack["duplicate"] for ack in acks] == [False, True, True, True, True]
        assert desk.said(chat.conversation, Author.PERSON) == ["my screen is black"]
        assert len(desk.turns(chat.conversation)) == 1
        assert len(rasa.turns) == 1


async def test_the_same_line_at_once_over_many_connections_is_recorded_once(tmp_path: Path) -> None:
    async with a_rasa() as rasa, a_desk(tmp_path, rasa) as desk:
        token = await desk.visitor()
        async with a_socket(desk, token) as chat:
            body = {"type": "send", "conversation": chat.conversation, "client_id": "c-1", "text": "help"}
            answers = await asyncio.gather(*(desk.post("send", body, token=token) for _ in range(16)))
            await chat.until_message("echo:")

            acks = [answer["frames"][0] for _, answer in answers]
            assert {(ack["type"], ack["seq"], ack["turn"]) for ack in acks} == {("ack", 1, 1)}
            assert sorted(ack["duplicate"] for ack in acks) == [False] + [True] * 15
            assert len(rasa.turns) == desk.count(Turn) == 1


async def test_a_client_that_was_away_gets_what_came_since(tmp_path: Path, chat_with: Transport) -> None:
    async with a_rasa() as rasa, a_desk(tmp_path, rasa) as desk:
        token = await desk.visitor()
        async with chat_with(desk, token) as chat:
            await chat.send("c-1", "one")
            await chat.until_seq(2)
            await chat.send("c-2", "two")
            await chat.until_seq(4)
            left = chat.welcome
        async with chat_with(
            desk, token, conversation=left["conversation"], since=3, epoch=left["epoch"]
        ) as chat:
            assert await chat.until_seq(4) == [4]
            assert chat.reloads == 0
            assert chat.welcome["last_seq"] == 4


async def test_a_line_whose_ack_was_lost_is_sent_again_and_recorded_once(
    tmp_path: Path, chat_with: Transport
) -> None:
    async with a_rasa() as rasa, a_desk(tmp_path, rasa) as desk:
        token = await desk.visitor()
        for number in range(10):
            async with chat_with(desk, token) as chat:
                sending = asyncio.create_task(chat.send(f"c-{number}", f"line {number}"))
                # Anywhere between the first byte and the ack.
                for _ in range(number):
                    await asyncio.sleep(0)
                await chat.cut()
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
            async with chat_with(desk, token) as chat:
                acks = [await chat.send(f"c-{number}", f"line {number}") for _ in range(3)]
                assert len({(ack["seq"], ack["turn"]) for ack in acks}) == 1
        texts = desk.said(chat.conversation, Author.PERSON)

    assert texts == [f"line {number}" for number in range(10)]


async def test_a_client_that_sees_a_gap_gets_everything_after_it_again(
    tmp_path: Path, chat_with: Transport
) -> None:
    async with (
        a_rasa() as rasa,
        a_desk(tmp_path, rasa) as desk,
        chat_with(desk, await desk.visitor()) as chat,
    ):
        await chat.send("c-1", "one")
        await chat.until_seq(2)
        first = chat.messages()
        chat.frames.clear()

        await chat.again_since(0)

        assert await chat.until_seq(2) == [1, 2]
        assert chat.messages() == first


async def test_two_clients_of_one_person_see_the_same_in_the_same_order(
    tmp_path: Path, chat_with: Transport
) -> None:
    async with a_rasa() as rasa, a_desk(tmp_path, rasa) as desk:
        token = await desk.visitor()
        async with chat_with(desk, token, new=True) as left:
            there = left.conversation
            async with chat_with(desk, token, conversation=there) as right:
                for number in range(6):
                    await asyncio.gather(
                        left.send(f"l-{number}", f"left {number}"),
                        right.send(f"r-{number}", f"right {number}"),
                    )
                await asyncio.gather(*(chat.until(_is_settled) for chat in (left, right)))
                on_file = [(row.seq, row.text) for row in desk.transcript(there)]
                await asyncio.gather(*(chat.until_seq(on_file[-1][0]) for chat in (left, right)))

    for chat in (left, right):
        assert [(m["seq"], m["text"]) for m in chat.messages()] == on_file
    assert [seq for seq, _ in on_file] == list(range(1, len(on_file) + 1))


def _is_settled(frame: Frame) -> bool:
    return frame["type"] == "status" and not frame["thinking"] and frame["last_seq"] >= 13


async def test_nothing_is_missed_by_who_connects_while_somebody_writes(
    tmp_path: Path, chat_with: Transport
) -> None:
    """Subscribe first, then read: no hole however the two interleave."""
    async with a_desk(tmp_path, assistant="none") as desk:
        token = await desk.visitor()
        async with a_socket(desk, token) as first:
            there = first.conversation
        desk.database.write(take_over, there, agent_name="Ana", now=utc_now())
        written = 0

        async def write_on() -> None:
            nonlocal written
            while True:
                # Straight into the ledger with a ring after it, as another part of the desk does.
                await desk.database.awrite(
                    write_as_agent, there, f"line {written + 1}", agent_name="Ana", now=utc_now()
                )
                written += 1
                desk.desk.switchboard._doorbells.ring(there)
                await asyncio.sleep(0)

        writer = asyncio.create_task(write_on())
        try:
            for _ in range(25):
                since = written
                async with chat_with(desk, token, conversation=there, since=since) as chat:
                    seen = await chat.until_seq(written + 3)
                    assert seen == list(range(since + 1, since + 1 + len(seen)))
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)


async def test_a_hundred_and_more_messages_are_replayed_whole(tmp_path: Path, chat_with: Transport) -> None:
    total = 2 * viewing.BATCH + 50
    async with a_desk(tmp_path, assistant="none") as desk:
        token = await desk.visitor()
        async with a_socket(desk, token) as first:
            there = first.conversation

        def fill(session: Session) -> None:
            take_over(session, there, agent_name="Ana", now=utc_now())
            for number in range(total):
                write_as_agent(session, there, f"line {number}", agent_name="Ana", now=utc_now())

        desk.database.write(fill)
        async with chat_with(desk, token, conversation=there) as chat:
            assert await chat.until_seq(total) == list(range(1, total + 1))


@pytest.mark.parametrize("position", [{"epoch": "another-ledger", "since": 1}, {"since": 99}])
async def test_a_position_of_another_ledger_means_one_reload_and_no_loop(
    tmp_path: Path, chat_with: Transport, position: Frame
) -> None:
    async with a_rasa() as rasa, a_desk(tmp_path, rasa) as desk:
        token = await desk.visitor()
        async with chat_with(desk, token) as chat:
            await chat.send("c-1", "one")
            await chat.until_seq(2)
            there, epoch = chat.conversation, chat.welcome["epoch"]

        async with chat_with(desk, token, conversation=there, **({"epoch": epoch} | position)) as chat:
            assert chat.reloads == 1
            assert await chat.until_seq(2) == [1, 2]
            resume = {"epoch": chat.welcome["epoch"], "since": 2}
        async with chat_with(desk, token, conversation=there, **resume) as chat:
            assert chat.reloads == 0
            await chat.send("c-2", "two")
            assert (await chat.until_seq(3))[0] == 3


async def test_a_restored_database_makes_a_resuming_client_reload(
    tmp_path: Path, chat_with: Transport
) -> None:
    async with a_rasa() as rasa:
        async with a_desk(tmp_path, rasa) as desk:
            token = await desk.visitor()
            async with chat_with(desk, token) as chat:
                await chat.send("c-1", "one")
                await chat.until_seq(2)
                resume = {"conversation": chat.conversation, "epoch": chat.welcome["epoch"], "since": 2}

            def restore(session: Session) -> None:
                session.get_one(LedgerEpoch, 1).epoch = "restored"

            desk.database.write(restore)
        async with a_desk(tmp_path, rasa) as desk, chat_with(desk, token, **resume) as chat:
            assert chat.reloads == 1
            assert chat.welcome["epoch"] == "restored"
            assert await chat.until_seq(2) == [1, 2]


async def test_status_says_who_speaks_and_nobody_answers_automatically_meanwhile(
    tmp_path: Path, chat_with: Transport
) -> None:
    async with (
        a_rasa() as rasa,
        a_desk(tmp_path, rasa) as desk,
        chat_with(desk, await desk.visitor()) as chat,
    ):
        there, ring = chat.conversation, desk.desk.switchboard._doorbells.ring

        desk.database.write(request_handoff, there, actor="person", now=utc_now())
        ring(there)
        await chat.until(lambda frame: frame.get("speaker") == "waiting")
        desk.database.write(take_over, there, agent_name="Ana", now=utc_now())
        ring(there)
        taken = await chat.until(lambda frame: frame.get("speaker") == "agent")
        ack = await chat.send("c-1", "are you there?")
        desk.database.write(hand_back, there, actor="Ana", now=utc_now())
        ring(there)
        handed_back = await chat.until(
            lambda frame: frame.get("speaker") == "assistant" and frame["version"] > taken["version"]
        )
        await chat.send("c-2", "and now?")
        await chat.until_message("echo: and now?")

    assert taken["agent"] == "Ana"
    assert handed_back["agent"] is None
    assert ack["turn"] is None
    assert rasa.texts() == ["and now?"]
    versions = [frame["version"] for frame in chat.statuses()]
    assert versions == sorted(set(versions))


async def test_an_agents_line_reaches_the_person(tmp_path: Path, chat_with: Transport) -> None:
    async with a_desk(tmp_path, assistant="none") as desk, chat_with(desk, await desk.visitor()) as chat:
        there = chat.conversation
        desk.database.write(take_over, there, agent_name="Ana", now=utc_now())
        desk.database.write(write_as_agent, there, "This is Ana.", agent_name="Ana", now=utc_now())
        desk.desk.switchboard._doorbells.ring(there)
        message = await chat.until_message("This is Ana.")

    assert (message["author"], message["agent"]) == ("agent", "Ana")


async def test_going_on_in_another_language_is_seen_and_used(tmp_path: Path, chat_with: Transport) -> None:
    async with (
        a_rasa() as rasa,
        a_desk(tmp_path, rasa) as desk,
        chat_with(desk, await desk.visitor(language="en")) as chat,
    ):
        assert await chat.tell({"type": "language", "language": "fr"}) is None
        await chat.until(lambda frame: frame["type"] == "status" and frame["language"] == "fr")
        await chat.send("c-1", "mon écran est noir")
        await chat.until_message("echo:")

    assert [turn["language"] for turn in rasa.turns] == ["fr"]


async def test_who_comes_back_in_another_language_changes_it_for_every_viewer(
    tmp_path: Path, chat_with: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.gateway.watcher.EVERY_SECONDS", 600.0)
    async with a_desk(tmp_path, assistant="none") as desk:
        token = await desk.visitor(language="en")
        async with (
            a_socket(desk, token) as other,
            chat_with(desk, token, conversation=other.conversation, language="fr"),
        ):
            await other.until(lambda frame: frame["type"] == "status" and frame["language"] == "fr")


async def test_a_button_works_once_and_its_meaning_stays_in_the_desk(
    tmp_path: Path, chat_with: Transport
) -> None:
    async def offer(turn: Frame) -> Answer:
        buttons = [{"title": "Leave a message", "payload": "/open_ticket"}]
        return [{"text": "What now?", "buttons": buttons}] if "/" not in turn["text"] else [{"text": "Done."}]

    async with (
        a_rasa(offer) as rasa,
        a_desk(tmp_path, rasa) as desk,
        chat_with(desk, await desk.visitor()) as chat,
    ):
        await chat.send("c-1", "help")
        [button] = (await chat.until_message("What now?"))["buttons"]
        pressed = await chat.send("c-2", button=button["id"])
        again = await chat.send("c-2", button=button["id"])
        refused = await chat.send("c-3", button=button["id"])
        await chat.until_message("Done.")

    assert set(button) == {"id", "title"}
    assert (pressed["type"], pressed["duplicate"]) == ("ack", False)
    assert (again["seq"], again["duplicate"]) == (pressed["seq"], True)
    assert refused["code"] == "button_refused"
    assert rasa.texts() == ["help", "/open_ticket"]
    assert [m["text"] for m in chat.messages() if m["author"] == "person"] == ["help", "Leave a message"]
    assert "open_ticket" not in json.dumps(chat.frames)


async def test_a_button_of_another_conversation_is_refused(tmp_path: Path, chat_with: Transport) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        async with chat_with(desk, await desk.visitor()) as theirs:
            await theirs.send("c-1", "zzz qqq xxx")
            buttons = (await theirs.until(lambda frame: "buttons" in frame))["buttons"]
        async with chat_with(desk, await desk.visitor()) as ours:
            for number, button in enumerate(buttons):
                refused = await ours.send(f"c-{number}", button=button["id"])
                assert refused["code"] == "button_refused"
            assert desk.transcript(ours.conversation) == []


async def test_somebody_elses_conversation_does_not_exist(tmp_path: Path, chat_with: Transport) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        mine, theirs = await desk.visitor(), await desk.visitor()
        async with a_socket(desk, theirs) as chat:
            there = chat.conversation
        async with chat_with(desk, mine, conversation=there) as intruder:
            assert not intruder.welcome
            assert (await intruder.until(lambda f: f["type"] == "error"))["code"] == "conversation_not_found"
        for path, body in (
            ("send", {"type": "send", "client_id": "c-1", "text": "hello"}),
            ("send", {"type": "language", "language": "fr"}),
            ("send", {"type": "typing"}),
            ("poll", {"wait": 0}),
        ):
            status, answer = await desk.post(path, body | {"conversation": there}, token=mine)
            assert (status, answer["frames"][0]["code"]) == (404, "conversation_not_found")
        assert desk.transcript(there) == []


async def test_a_token_of_another_site_is_refused(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        token = await desk.visitor(site="other")
        async with a_socket(desk, token, site="demo") as chat:
            assert (await chat.until(lambda f: f["type"] == "error"))["code"] == "visitor_refused"
            assert await chat.until_closed() == 1008


def _revoke(desk: RunningDesk, token: str) -> None:
    session_id = read_visitor_token(token, key=SECRETS.visitor_key, now=utc_now()).session_id
    desk.database.write(revoke_session, session_id, now=utc_now())


async def test_a_revoked_session_says_nothing_more_through_what_is_open(
    tmp_path: Path, chat_with: Transport
) -> None:
    async with a_rasa() as rasa, a_desk(tmp_path, rasa) as desk:
        token = await desk.visitor()
        async with chat_with(desk, token) as chat:
            there = chat.conversation
            _revoke(desk, token)

            refused = await chat.send("c-1", "still here")

            assert refused["code"] == "visitor_refused"
            assert desk.transcript(there) == []
        async with chat_with(desk, token) as chat:
            assert (await chat.until(lambda f: f["type"] == "error"))["code"] == "visitor_refused"
    assert rasa.turns == []


async def test_a_revoked_sessions_open_socket_is_closed(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        token = await desk.visitor()
        async with a_socket(desk, token) as chat:
            _revoke(desk, token)
            await chat.send("c-1", "still here")
            assert await chat.until_closed() == 1008


async def test_a_line_is_refused_when_it_is_empty_or_too_long(tmp_path: Path, chat_with: Transport) -> None:
    async with (
        a_desk(tmp_path, assistant="none", message_characters=100) as desk,
        chat_with(desk, await desk.visitor()) as chat,
    ):
        empty = await chat.send("c-1", "\u200b \u2060")
        long = await chat.send("c-2", "x" * 101)
        assert [empty["code"], long["code"]] == ["message_empty", "message_too_long"]
        assert desk.transcript(chat.conversation) == []
        # The refused id is not used up.
        assert (await chat.send("c-2", "x" * 100))["type"] == "ack"


async def test_too_many_lines_are_put_off_and_the_same_line_is_taken_later(
    tmp_path: Path, chat_with: Transport
) -> None:
    async with (
        a_rasa() as rasa,
        a_desk(tmp_path, rasa, messages_per_minute=120, message_burst=1) as desk,
        chat_with(desk, await desk.visitor()) as chat,
    ):
        answers = await asyncio.gather(*(chat.send(f"c-{n}", f"line {n}") for n in range(6)))
        slow = [answer for answer in answers if answer["type"] == "slow_down"]
        assert slow
        assert 0 < slow[0]["wait_ms"] <= 500
        put_off = slow[0]["client_id"]
        text = f"line {put_off.removeprefix('c-')}"
        assert text not in desk.said(chat.conversation, Author.PERSON)

        async with asyncio.timeout(10):
            answer = slow[0]
            while answer["type"] == "slow_down":
                await asyncio.sleep(answer["wait_ms"] / 1000)
                answer = await chat.send(put_off, text)

        assert (answer["type"], answer["duplicate"]) == ("ack", False)
        assert desk.said(chat.conversation, Author.PERSON).count(text) == 1


async def test_changing_the_language_without_end_is_put_off(tmp_path: Path, chat_with: Transport) -> None:
    async with (
        a_desk(tmp_path, assistant="none", messages_per_minute=60, message_burst=3) as desk,
        chat_with(desk, await desk.visitor()) as chat,
    ):
        for number in range(20):
            refused = await chat.tell({"type": "language", "language": ("fr", "en")[number % 2]})
            chat._take(refused or {"type": "nothing"})
        await chat.until(lambda frame: frame["type"] == "slow_down")


async def test_somebody_who_types_is_seen_by_the_others_only(tmp_path: Path, chat_with: Transport) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        token = await desk.visitor()
        async with (
            a_socket(desk, token) as other,
            chat_with(desk, token, conversation=other.conversation) as typist,
        ):
            assert await typist.tell({"type": "typing"}) is None
            seen = await other.until(lambda frame: frame["type"] == "typing")
            await typist.send("c-1", "here it is")
            await typist.until_seq(1)

    assert seen == {"type": "typing", "author": "person", "seconds": 6}
    assert not [frame for frame in typist.frames if frame["type"] == "typing"]


@pytest.mark.parametrize(
    "text", ["/restart", "  /open_ticket", "\u200b/open_ticket", "／open_ticket", '/inform{"a":"b"}']
)
async def test_a_typed_intent_reaches_the_assistant_as_plain_text(tmp_path: Path, text: str) -> None:
    async with a_rasa() as rasa, a_desk(tmp_path, rasa) as desk, a_socket(desk, await desk.visitor()) as chat:
        await chat.send("c-1", text)
        await chat.until_message("echo:")

    assert not rasa.texts()[0].lstrip().startswith("/")


async def test_a_masked_secret_reaches_neither_the_assistant_nor_a_viewer(tmp_path: Path) -> None:
    async with a_rasa() as rasa, a_desk(tmp_path, rasa) as desk, a_socket(desk, await desk.visitor()) as chat:
        await chat.send("c-1", "my password is hunter2-XYZZY")
        await chat.until_message("echo:")
        await chat.until_message("looked like a password", author="desk")

    assert "XYZZY" not in json.dumps([rasa.turns, chat.frames])


async def test_a_conversation_goes_on_where_it_was_and_a_new_one_on_request(
    tmp_path: Path, chat_with: Transport
) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        token = await desk.visitor()
        async with chat_with(desk, token) as first:
            pass
        async with chat_with(desk, token) as same:
            pass
        async with chat_with(desk, token, new=True) as other:
            pass

    assert same.conversation == first.conversation != other.conversation


async def test_nothing_is_acknowledged_while_the_database_does_not_take_it(
    tmp_path: Path, chat_with: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    monkeypatch.setattr("storage.database.BUSY_TIMEOUT_MS", 50)
    async with (
        a_rasa() as rasa,
        a_desk(tmp_path, rasa) as desk,
        chat_with(desk, await desk.visitor()) as chat,
    ):
        blocker = sqlite3.connect(tmp_path / "var" / "guichet.db", isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        try:
            refused = await chat.send("c-1", "is anybody there?")
        finally:
            blocker.execute("ROLLBACK")
            blocker.close()

        assert (refused["type"], refused["code"], refused["retry"]) == ("error", "not_saved", True)
        assert desk.transcript(chat.conversation) == []
        again = await chat.send("c-1", "is anybody there?")
        assert (again["type"], again["duplicate"]) == ("ack", False)
        await chat.until_message("echo:")


async def test_a_request_on_a_locked_database_is_told_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    monkeypatch.setattr("storage.database.BUSY_TIMEOUT_MS", 50)
    async with a_desk(tmp_path, assistant="none") as desk:
        token = await desk.visitor()
        before = desk.count(Conversation)
        blocker = sqlite3.connect(tmp_path / "var" / "guichet.db", isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        try:
            answers: list[tuple[int, Any]] = [
                await desk.post("session", {"site": "demo"}),
                await desk.post("hello", {}, token=token),
            ]
            async with a_socket(desk, token) as chat:
                refused = await chat.until(lambda frame: frame["type"] == "error")
                await chat.until_closed()
        finally:
            blocker.execute("ROLLBACK")
            blocker.close()
        for status, body in answers:
            frame = body["frames"][0]
            assert (status, frame["code"], frame["retry"]) == (503, "not_saved", True)
        assert (refused["code"], refused["retry"]) == ("not_saved", True)
        assert desk.count(Conversation) == before
        assert desk.count(Message) == 0


async def test_an_unforeseen_error_gives_a_reference_and_asks_to_try_again(
    tmp_path: Path, chat_with: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        a_rasa(echo) as rasa,
        a_desk(tmp_path, rasa) as desk,
        chat_with(desk, await desk.visitor()) as chat,
    ):

        async def fail(*_: object) -> None:
            raise RuntimeError("marker-of-an-inner-detail")

        with monkeypatch.context() as broken:
            broken.setattr(desk.desk.switchboard, "receive", fail)
            refused = await chat.send("c-1", "hello")
        again = await chat.send("c-1", "hello")

    assert (refused["code"], refused["retry"]) == ("internal", True)
    assert refused["reference"]
    assert "marker" not in json.dumps(refused)
    assert again["type"] == "ack"


async def test_a_line_says_which_id_its_sender_gave_it(tmp_path: Path, chat_with: Transport) -> None:
    async with a_rasa() as rasa, a_desk(tmp_path, rasa) as desk:
        token = await desk.visitor()
        async with chat_with(desk, token) as chat, a_socket(desk, token) as other:
            await chat.send("c-1_A", "hello")
            for viewer in (chat, other):
                await viewer.until_message("echo: hello")
                person, assistant = viewer.messages()
                assert person["client_id"] == "c-1_A"
                assert "client_id" not in assistant
        async with chat_with(desk, token) as again:
            assert (await again.until_message("hello", author="person"))["client_id"] == "c-1_A"
