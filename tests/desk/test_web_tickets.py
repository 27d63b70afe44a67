"""A visitor's own tickets over HTTP: the wire shapes, and what is refused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.outbox.models import OutboxItem
from tests.desk.chats import a_socket
from tests.desk.desks import ORIGIN, RunningDesk, a_desk, utc_now
from ticketing.conversations.models import Conversation
from ticketing.tickets.handling import add_reply, add_work_note, move_ticket
from ticketing.tickets.intake import Intake
from ticketing.tickets.logic import HoldReason, ResolutionCode, Status
from ticketing.tickets.models import JournalEntry, Ticket
from ticketing.tickets.operations import Team, open_ticket_for_turn
from ticketing.turns.queue import claim_turns

TEAM = Team("it-desk@example.org", "en")
WORK = (Status.ASSIGNED, Status.IN_PROGRESS)
DONE = (*WORK, Status.RESOLVED)
READS = ("tickets", "ticket")
WRITES = ("ticket/reply", "ticket/reopen")
MARKER = "marker-words-of-a-person"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[RunningDesk]:
    # No free place: turns wait until a test answers them.
    async with a_desk(tmp_path, assistant="none") as running:
        yield running


async def a_ticket(
    desk: RunningDesk, token: str, *steps: Status, text: str = "the printer is on fire"
) -> str:
    """The number of a ticket of the visitor, taken to where it should stand."""
    async with a_socket(desk, token, new=True) as chat:
        desk.desk.switchboard._runner._is_stopping = True
        await chat.send("c-1", text)
        there = chat.conversation

    def build(session: Session) -> str:
        [turn] = [
            turn
            for turn in claim_turns(session, owner="test", limit=8, now=utc_now())
            if turn.conversation == there
        ]
        number = open_ticket_for_turn(
            session, turn.claim.turn_id, intake=Intake(details="since today"), team=TEAM, now=utc_now()
        ).number
        for step in steps:
            move_ticket(
                session,
                int(number[4:]),
                step,
                actor="agent:bea",
                now=utc_now(),
                reason="New toner.",
                assignee="agent:bea",
                hold_reason=HoldReason.REQUESTER if step is Status.ON_HOLD else None,
                code=ResolutionCode.FIXED if step is Status.RESOLVED else None,
            )
        return number

    number = desk.database.write(build)
    desk.desk.switchboard._runner._is_stopping = False
    return number


def words(number: str, text: str = "it burns again", client_id: str = "w-1") -> dict[str, str]:
    return {"number": number, "client_id": client_id, "text": text}


def a_body(path: str, number: str) -> dict[str, str]:
    """A body that the path takes."""
    if path == "tickets":
        return {}
    return words(number) if path in WRITES else {"number": number}


async def test_the_list_has_every_ticket_and_the_last_change_first(desk: RunningDesk) -> None:
    token = await desk.visitor()
    first = await a_ticket(desk, token, *DONE)
    second = await a_ticket(desk, token, *WORK, Status.ON_HOLD, text="le wifi ne marche plus du tout ici")
    await a_ticket(desk, await desk.visitor())

    status, answer = await desk.post("tickets", {"language": "fr"}, token=token)

    assert status == 200
    assert [ticket["number"] for ticket in answer["tickets"]] == [second, first]
    held, done = answer["tickets"]
    assert set(held) == {
        "number",
        "type",
        "summary",
        "status",
        "hold_reason",
        "priority",
        "group",
        "opened_at",
        "changed_at",
        "may_reply",
        "may_reopen",
    }
    assert (held["status"], held["hold_reason"], held["type"]) == ("on_hold", "requester", "incident")
    assert (held["may_reply"], held["may_reopen"]) == (True, False)
    assert (done["may_reply"], done["may_reopen"], done["hold_reason"]) == (False, True, None)
    assert done["group"] == "Postes de travail et impression"
    assert done["changed_at"].endswith("+00:00")


async def test_a_visitor_without_tickets_has_an_empty_list(desk: RunningDesk) -> None:
    assert await desk.post("tickets", {}, token=await desk.visitor()) == (200, {"tickets": []})


async def test_at_most_fifty_tickets_are_listed(desk: RunningDesk) -> None:
    token = await desk.visitor()
    number = await a_ticket(desk, token)

    def copy(session: Session) -> None:
        row = session.scalars(select(Ticket)).one()
        values = {c.key: getattr(row, c.key) for c in Ticket.__table__.columns if c.key != "id"}
        session.add_all(Ticket(**values) for _ in range(60))

    desk.database.write(copy)

    _, answer = await desk.post("tickets", {}, token=token)
    assert len(answer["tickets"]) == 50
    assert number not in [ticket["number"] for ticket in answer["tickets"]]


async def test_a_ticket_is_read_with_its_words_and_its_history(desk: RunningDesk) -> None:
    token = await desk.visitor()
    number = await a_ticket(desk, token, *WORK)
    for text, write in (("Which one?", add_reply), (MARKER, add_work_note)):
        desk.database.write(write, int(number[4:]), text, actor="agent:bea", now=utc_now())

    status, answer = await desk.post("ticket", {"number": number}, token=token)

    ticket = answer["ticket"]
    assert status == 200
    assert (ticket["description"], ticket["details"]) == ("the printer is on fire", "since today")
    assert [(e["kind"], e["author"], e["text"], e["status"]) for e in ticket["entries"]] == [
        ("opened", "assistant", None, None),
        ("moved", "team", None, "assigned"),
        ("moved", "team", None, "in_progress"),
        ("replied", "team", "Which one?", None),
    ]
    assert set(ticket["entries"][0]) == {"number", "kind", "at", "author", "text", "status", "file"}
    assert MARKER not in json.dumps(answer)
    assert "bea" not in json.dumps(answer)


async def test_a_reply_is_on_file_with_the_team_told_and_repeats_change_nothing(desk: RunningDesk) -> None:
    token = await desk.visitor()
    number = await a_ticket(desk, token)
    mails = desk.count(OutboxItem)

    answers = [await desk.post("ticket/reply", words(number), token=token) for _ in range(3)]

    assert [status for status, _ in answers] == [200] * 3
    assert [(body["entry"], body["duplicate"]) for _, body in answers] == [(2, False), (2, True), (2, True)]
    last = answers[-1][1]["ticket"]["entries"][-1]
    assert (last["kind"], last["author"], last["text"]) == ("replied", "me", "it burns again")
    assert desk.count(OutboxItem) == mails + 1
    assert desk.count(JournalEntry) == 2


async def test_a_finished_ticket_is_reopened_with_what_is_still_wrong(desk: RunningDesk) -> None:
    token = await desk.visitor()
    number = await a_ticket(desk, token, *DONE)

    status, answer = await desk.post("ticket/reopen", words(number), token=token)

    assert status == 200
    assert set(answer) == {"ticket", "entry", "duplicate"}
    assert (answer["ticket"]["status"], answer["ticket"]["may_reply"]) == ("assigned", True)
    assert [(e["kind"], e["text"]) for e in answer["ticket"]["entries"][-2:]] == [
        ("moved", "New toner."),
        ("reopened", "it burns again"),
    ]


@pytest.mark.parametrize(
    ("path", "steps", "code"),
    [
        ("ticket/reply", DONE, "reply_not_allowed"),
        ("ticket/reply", (Status.CANCELLED,), "reply_not_allowed"),
        ("ticket/reopen", WORK, "move_not_allowed"),
        ("ticket/reopen", (Status.CANCELLED,), "move_not_allowed"),
    ],
)
async def test_what_the_ticket_does_not_allow_is_refused(
    desk: RunningDesk, path: str, steps: tuple[Status, ...], code: str
) -> None:
    token = await desk.visitor()
    number = await a_ticket(desk, token, *steps)
    entries = desk.count(JournalEntry)

    status, answer = await desk.post(path, words(number), token=token)

    assert (status, answer["frames"][0]["code"]) == (409, code)
    assert desk.count(JournalEntry) == entries


@pytest.mark.parametrize("path", ["ticket", *WRITES])
async def test_somebody_elses_ticket_answers_byte_for_byte_like_a_missing_one(
    desk: RunningDesk, path: str
) -> None:
    theirs = await a_ticket(desk, await desk.visitor(), *DONE)
    mine = await desk.visitor()

    seen = [await _raw(desk, path, a_body(path, number), mine) for number in (theirs, "INC-000999")]

    assert seen[0] == seen[1]
    assert seen[0][0] == 404
    assert json.loads(seen[0][1])["frames"][0]["code"] == "ticket_not_found"


async def _raw(desk: RunningDesk, path: str, body: Any, token: str) -> tuple[int, bytes, list[Any]]:
    headers = {"Origin": ORIGIN, "Authorization": f"Bearer {token}"}
    url = f"{desk.url}/chat/v1/{path}"
    async with desk.http.post(url, data=json.dumps(body), headers=headers) as response:
        kept = [(name, value) for name, value in response.headers.items() if name != "Date"]
        return response.status, await response.read(), kept


@pytest.mark.parametrize("path", [*READS, *WRITES])
@pytest.mark.parametrize("origin", ["https://evil.example", f"{ORIGIN}.evil.example", "null", None])
async def test_another_page_gets_nothing(desk: RunningDesk, path: str, origin: str | None) -> None:
    token = await desk.visitor()
    number = await a_ticket(desk, token)

    status, answer = await desk.post(path, a_body(path, number), token=token, headers={"Origin": origin})

    assert (status, answer["frames"][0]["code"]) == (403, "origin_refused")


@pytest.mark.parametrize("path", [*READS, *WRITES])
async def test_nothing_is_told_without_a_token(desk: RunningDesk, path: str) -> None:
    for token in (None, "nonsense"):
        status, answer = await desk.post(path, a_body(path, "INC-000001"), token=token)
        assert (status, answer["frames"][0]["code"]) == (401, "visitor_refused")


@pytest.mark.parametrize("path", [*READS, *WRITES])
async def test_a_bad_body_is_refused_and_not_quoted(desk: RunningDesk, path: str) -> None:
    token = await desk.visitor()
    good = a_body(path, "INC-000001")
    bad: list[Any] = [
        b"",
        b"[]",
        b"\xff",
        b"[" * 20_000,
        {"language": "tlh"} | good,
        good | {MARKER: 1},
        good | {"padding": "x" * 65 * 1024},
    ]
    if path != "tickets":
        bad += [
            good | {"number": n} for n in ("", 7, "INC-1", "inc-000001", "INC-000001\n", MARKER, "１" * 6)
        ]
    if path in WRITES:
        bad += [good | {"client_id": "has spaces"}, good | {"client_id": ""}, good | {"text": 7}]
        bad += [good | {"text": "x" * 20_000}, {"number": "INC-000001", "text": "x"}]
    for body in bad:
        status, answer = await desk.post(path, body, token=token)
        assert (status, answer["frames"][0]["code"]) == (400, "bad_frame"), body
        assert MARKER not in json.dumps(answer)


@pytest.mark.parametrize("path", WRITES)
async def test_a_text_that_is_empty_or_too_long_is_refused(tmp_path: Path, path: str) -> None:
    async with a_desk(tmp_path, assistant="none", message_characters=100) as desk:
        token = await desk.visitor()
        number = await a_ticket(desk, token, *(DONE if path == "ticket/reopen" else ()))
        for text, status, code in (("\u200b ", 400, "message_empty"), ("x" * 101, 413, "message_too_long")):
            seen, answer = await desk.post(path, words(number, text), token=token)
            assert (seen, answer["frames"][0]["code"]) == (status, code)


@pytest.mark.parametrize("path", WRITES)
async def test_writes_count_like_messages(tmp_path: Path, path: str) -> None:
    async with a_desk(tmp_path, assistant="none", message_burst=3, messages_per_minute=1) as desk:
        token = await desk.visitor()
        async with a_socket(desk, token) as chat:
            await chat.send("c-1", "one")
        seen = [await desk.post(path, words("INC-000009"), token=token) for _ in range(3)]

        assert [status for status, _ in seen] == [404, 404, 429]
        [frame] = seen[-1][1]["frames"]
        assert (frame["type"], frame["client_id"]) == ("slow_down", "w-1")
        assert frame["wait_ms"] > 0


@pytest.mark.parametrize("path", READS)
async def test_reads_are_bounded_apart_from_messages(tmp_path: Path, path: str) -> None:
    async with a_desk(tmp_path, assistant="none", read_burst=2, reads_per_minute=1) as desk:
        token = await desk.visitor()
        number = await a_ticket(desk, token)
        seen = [await desk.post(path, a_body(path, number), token=token) for _ in range(3)]

        assert [status for status, _ in seen] == [200, 200, 429]
        assert seen[-1][1]["frames"][0]["type"] == "slow_down"
        async with a_socket(desk, token) as chat:
            assert (await chat.send("c-9", "hello"))["type"] == "ack"


async def test_answers_are_kept_by_nobody_on_the_way(desk: RunningDesk) -> None:
    token = await desk.visitor()
    number = await a_ticket(desk, token)
    for path in (*READS, *WRITES):
        _, _, headers = await _raw(desk, path, a_body(path, number), token)
        assert ("Cache-Control", "no-store") in headers


async def test_a_secret_in_a_reply_is_covered_everywhere(desk: RunningDesk) -> None:
    token = await desk.visitor()
    number = await a_ticket(desk, token)

    _, answer = await desk.post("ticket/reply", words(number, "my password is hunter2!x"), token=token)

    assert "hunter2" not in json.dumps(answer)
    assert answer["ticket"]["entries"][-1]["text"].startswith("my password is ••••••")


async def test_reading_tickets_opens_no_conversation(desk: RunningDesk) -> None:
    await desk.post("tickets", {}, token=await desk.visitor())

    assert desk.count(Conversation) == 0
