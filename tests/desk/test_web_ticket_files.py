"""The files of a visitor's own tickets over HTTP: what is handed out, how, and to whom (WW-15)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from multidict import CIMultiDictProxy

from desk.gateway import requesters
from tests.desk.desks import ORIGIN, RunningDesk, a_desk, utc_now
from tests.desk.test_web_tickets import a_ticket
from ticketing.tickets.attaching import attach_file, take_file
from ticketing.tickets.erasing import erase_text
from ticketing.tickets.fetching import whole_file
from ticketing.tickets.files import Files
from ticketing.tickets.logic import Visibility

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 1_000
AGENT = "agent:1"
Seen = tuple[int, bytes, CIMultiDictProxy[str]]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[RunningDesk]:
    async with a_desk(tmp_path, assistant="none") as running:
        yield running


def files_of(desk: RunningDesk) -> Files:
    return Files(desk.desk.settings.attachments_folder)


def attach(
    desk: RunningDesk,
    number: str,
    name: str = "how.png",
    content: bytes = PNG,
    visibility: Visibility = Visibility.REPLY,
) -> int:
    """The number of the entry that brings a file."""
    file = take_file(files_of(desk), name, content)
    return desk.database.write(
        attach_file, int(number[4:]), file, visibility=visibility, text="Look.", actor=AGENT, now=utc_now()
    )


async def get(desk: RunningDesk, path: str, token: str | None, *, origin: str | None = None) -> Seen:
    headers = {"Origin": origin} if origin else {}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    async with desk.http.get(f"{desk.url}/chat/v1/{path}", headers=headers) as response:
        return response.status, await response.read(), response.headers


def code(seen: Seen) -> tuple[int, str]:
    [frame] = json.loads(seen[1])["frames"]
    return seen[0], frame.get("code") or frame["type"]


async def test_a_file_that_came_with_a_reply_is_where_the_history_says(
    desk: RunningDesk,
) -> None:
    token = await desk.visitor()
    number = await a_ticket(desk, token)
    note = attach(desk, number, "who.log", b"for the staff", Visibility.WORK_NOTE)
    entry = attach(desk, number)

    _, answer = await desk.post("ticket", {"number": number}, token=token)

    first, last = answer["ticket"]["entries"]
    path = f"ticket/{number}/file/{entry}"
    assert first["file"] is None
    assert last["file"] == {"entry": entry, "name": "how.png", "bytes": len(PNG), "path": path}
    assert "who.log" not in json.dumps(answer)
    status, content, headers = await get(desk, path, token)
    assert (status, content) == (200, PNG)
    assert headers["Content-Type"] == "image/png"
    assert headers["Content-Disposition"] == "attachment; filename=\"how.png\"; filename*=UTF-8''how.png"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "no-store" in headers["Cache-Control"]
    assert code(await get(desk, f"ticket/{number}/file/{note}", token)) == (404, "file_not_found")


async def test_a_note_somebody_elses_ticket_and_a_missing_file_answer_byte_for_byte_alike(
    desk: RunningDesk,
) -> None:
    token, other = await desk.visitor(), await desk.visitor()
    number, theirs = await a_ticket(desk, token), await a_ticket(desk, other)
    note = attach(desk, number, visibility=Visibility.WORK_NOTE)
    foreign = attach(desk, theirs)
    paths = [
        f"{number}/file/{note}",
        f"{theirs}/file/{foreign}",
        f"{number}/file/1",
        f"{number}/file/99",
        f"{number}/file/{'9' * 30}",
        f"{number}/file/-1",
        f"{number}/file/x",
        f"{number}/file/%00",
        "INC-999999/file/1",
        "x/file/1",
    ]

    answers = [await get(desk, f"ticket/{path}", token) for path in paths]

    seen = {(status, body, str(sorted(set(headers) - {"Date"}))) for status, body, headers in answers}
    assert len(seen) == 1
    assert code(answers[0]) == (404, "file_not_found")
    assert (await get(desk, f"ticket/{theirs}/file/{foreign}", other))[0] == 200


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ('a"; x="b.txt', "filename=\"a__ x__b.txt\"; filename*=UTF-8''a%22%3B%20x%3D%22b.txt"),
        (
            "Juin, août.csv",
            "filename=\"Juin_ ao_t.csv\"; filename*=UTF-8''Juin%2C%20ao%C3%BBt.csv",
        ),
        ("100%25.txt", "filename=\"100_25.txt\"; filename*=UTF-8''100%2525.txt"),
        (
            "a\r\nSet-Cookie: x.txt",
            "filename=\"aSet-Cookie_ x.txt\"; filename*=UTF-8''aSet-Cookie%3A%20x.txt",
        ),
        ("..\\..\\x.txt", "filename=\"x.txt\"; filename*=UTF-8''x.txt"),
    ],
)
async def test_the_name_of_a_file_is_only_a_name(desk: RunningDesk, name: str, disposition: str) -> None:
    token = await desk.visitor()
    number = await a_ticket(desk, token)
    entry = attach(desk, number, name, b"words")

    status, _, headers = await get(desk, f"ticket/{number}/file/{entry}", token)

    assert status == 200
    assert headers["Content-Disposition"] == f"attachment; {disposition}"


async def test_a_page_in_a_file_is_handed_out_as_mere_bytes(desk: RunningDesk) -> None:
    token = await desk.visitor()
    number = await a_ticket(desk, token)
    page = b"<html xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></html>"
    entry = attach(desk, number, "page.xml", page)

    _, content, headers = await get(desk, f"ticket/{number}/file/{entry}", token)

    assert content == page
    assert headers["Content-Type"] == "application/octet-stream"


async def test_a_file_that_was_erased_lost_or_changed_is_gone(desk: RunningDesk) -> None:
    token = await desk.visitor()
    number = await a_ticket(desk, token)
    erased, lost, changed = (attach(desk, number, "x.txt", each) for each in (b"one", b"two", b"three"))
    desk.database.write(erase_text, int(number[4:]), erased, actor=AGENT, now=utc_now())
    for content, left in ((b"two", None), (b"three", b"thre3")):
        path = files_of(desk).path(take_file(files_of(desk), "x.txt", content).digest)
        path.unlink() if left is None else path.write_bytes(left)

    for entry in (erased, lost, changed):
        assert code(await get(desk, f"ticket/{number}/file/{entry}", token)) == (410, "file_gone")


async def test_a_file_is_for_who_has_the_token_and_for_no_other_page(desk: RunningDesk) -> None:
    token = await desk.visitor()
    number = await a_ticket(desk, token)
    path = f"ticket/{number}/file/{attach(desk, number)}"

    assert (await get(desk, path, token, origin=ORIGIN))[0] == 200
    for origin in ("https://evil.example", "null"):
        assert code(await get(desk, path, token, origin=origin)) == (403, "origin_refused")
    for nobody in (None, "nonsense"):
        assert code(await get(desk, path, nobody)) == (401, "visitor_refused")
        assert (await get(desk, f"{path}?token={token}", nobody))[0] == 401
    left = {"Origin": ORIGIN, "Authorization": f"Bearer {token}"}
    async with desk.http.post(f"{desk.url}/chat/v1/leave", json={}, headers=left) as response:
        assert response.status == 204
    assert code(await get(desk, path, token)) == (401, "visitor_refused")


async def test_fetching_counts_like_reading(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none", read_burst=2, reads_per_minute=1) as desk:
        token = await desk.visitor()
        number = await a_ticket(desk, token)
        path = f"ticket/{number}/file/{attach(desk, number)}"

        seen = [await get(desk, path, token) for _ in range(3)]

        assert [status for status, _, _ in seen] == [200, 200, 429]
        assert code(seen[-1]) == (429, "slow_down")


async def test_a_file_is_looked_at_beside_the_event_loop(
    desk: RunningDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await desk.visitor()
    number = await a_ticket(desk, token)
    path = f"ticket/{number}/file/{attach(desk, number)}"
    loops: list[bool] = []

    def look(files: Files, digest: str) -> Path:
        try:
            asyncio.get_running_loop()
            loops.append(True)
        except RuntimeError:
            loops.append(False)
        return whole_file(files, digest)

    monkeypatch.setattr(requesters, "whole_file", look)
    assert (await get(desk, path, token))[0] == 200
    assert loops == [False]
