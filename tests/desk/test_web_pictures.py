"""Pictures over HTTP: what is asked before a byte is read, what is kept, who gets to see it (WW-15)."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import os
import stat
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError, web
from multidict import CIMultiDictProxy

from bot.channels.web import pictures as channel
from desk.pictures import redrawing
from desk.pictures.sweeper import Sweeper
from tests.desk.chats import TRANSPORTS, Transport, a_poller, a_socket
from tests.desk.desks import ORIGIN, RunningDesk, a_desk, a_rasa, eventually, utc_now
from tests.pictures import EICAR, HTML, SVG, a_claimed_png, a_photo, a_picture, opened
from ticketing.conversations.logic import Author
from ticketing.conversations.operations import take_over
from ticketing.pictures.models import Picture

PNG = a_picture("PNG")
MARKER = "marker-words-of-a-person"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    headers: CIMultiDictProxy[str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str | None:
        [frame] = self.json["frames"]
        return str(frame.get("code") or frame["type"])


@dataclass
class Visit:
    """Somebody with a conversation."""

    desk: RunningDesk
    token: str
    conversation: str

    async def upload(
        self,
        content: Any = PNG,
        name: str | None = "error.png",
        *,
        headers: dict[str, str] | None = None,
        **query: str,
    ) -> Answer:
        """Send a picture; `content` may be an iterator of parts, which has no length."""
        asked = {"conversation": self.conversation} | ({"name": name} if name is not None else {}) | query
        sent = {"Origin": ORIGIN, "Authorization": f"Bearer {self.token}"} | (headers or {})
        url = f"{self.desk.url}/chat/v1/file"
        data = io.BytesIO(content) if isinstance(content, bytes) else content
        async with self.desk.http.post(url, params=asked, data=data, headers=sent) as response:
            return Answer(response.status, await response.read(), response.headers)

    async def picture(self, content: Any = PNG, name: str = "error.png") -> dict[str, Any]:
        """A picture that was taken."""
        answer = await self.upload(content, name)
        assert answer.status == 201, answer.body
        return dict(answer.json["file"])

    async def get(self, picture_id: str, *, origin: str | None = None) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}"} | ({"Origin": origin} if origin else {})
        async with self.desk.http.get(
            f"{self.desk.url}/chat/v1/file/{picture_id}", headers=headers
        ) as response:
            return Answer(response.status, await response.read(), response.headers)


async def a_visit(desk: RunningDesk) -> Visit:
    token = await desk.visitor()
    async with a_poller(desk, token) as chat:
        return Visit(desk, token, chat.conversation)


def files_in(desk: RunningDesk) -> list[Path]:
    """Everything below the folder of pictures."""
    return [path for path in (desk.desk.settings.var / "pictures").rglob("*") if path.is_file()]


def nothing_is_left(desk: RunningDesk) -> bool:
    return files_in(desk) == [] and desk.count(Picture) == 0


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[RunningDesk]:
    async with a_desk(tmp_path, assistant="none", pictures=True, picture_megabytes=1) as running:
        yield running


@pytest.fixture
async def visit(desk: RunningDesk) -> Visit:
    return await a_visit(desk)


@pytest.fixture(params=TRANSPORTS)
def chat_with(request: pytest.FixtureRequest) -> Transport:
    return TRANSPORTS[request.param]


# Coming in


async def test_a_picture_is_taken_drawn_anew_and_kept_out_of_reach(desk: RunningDesk, visit: Visit) -> None:
    answer = await visit.upload(PNG + HTML, "error.png")

    file = answer.json["file"]
    assert answer.status == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(file) == {"id", "name", "width", "height", "bytes"}
    assert (file["name"], file["width"], file["height"]) == ("error.png", 64, 48)
    [path] = files_in(desk)
    assert path.name == file["id"]
    assert path.parent.name == "kept"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, path.parent.parent)} == {0o700}
    assert path.stat().st_size == file["bytes"]
    assert b"script" not in path.read_bytes()
    assert opened(path.read_bytes()).size == (64, 48)


@pytest.mark.parametrize("name", ["a.php.jpg", "../../x", "x\r\ny", "", "x" * 255, "..%2f..%2fx", "😀"])
async def test_the_name_is_only_a_name(desk: RunningDesk, visit: Visit, name: str) -> None:
    file = await visit.picture(name=name)

    assert file["name"].endswith(".png")
    assert file["name"].count(".") == 1
    assert not set(file["name"]) & set('/\\\r\n"')
    assert [path.name for path in files_in(desk)] == [file["id"]]


async def test_a_name_is_not_needed(visit: Visit) -> None:
    answer = await visit.upload(name=None)

    assert answer.json["file"]["name"] == "picture.png"


async def test_where_a_photo_was_taken_is_not_kept(visit: Visit) -> None:
    file = await visit.picture(a_photo(), "photo.jpg")

    kept = (await visit.get(file["id"])).body
    assert b"marker" not in kept
    assert len(opened(kept).getexif()) == 0


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (SVG, "drawing.svg"),
        (SVG, "drawing.png"),
        (HTML, "page.png"),
        (EICAR, "eicar.png"),
        (b"PK\x03\x04" + bytes(1_000), "archive.png"),
        (PNG[:100], "cut.png"),
        (b"", "nothing.png"),
        (b"\x89PNG", "short.png"),
        (b"GIF89a" + HTML, "page.gif"),
        (b"--x\r\nContent-Disposition: form-data; name=f\r\n\r\n" + PNG + b"\r\n--x--", "form.png"),
    ],
)
async def test_what_is_no_picture_is_refused_whatever_it_is_called(
    desk: RunningDesk, visit: Visit, content: bytes, name: str
) -> None:
    answer = await visit.upload(content, name)

    assert (answer.status, answer.code) == (415, "not_a_picture")
    assert nothing_is_left(desk)


async def test_a_picture_of_too_many_pixels_is_refused(desk: RunningDesk, visit: Visit) -> None:
    answer = await visit.upload(a_claimed_png(50_000, 50_000))

    assert (answer.status, answer.code) == (413, "picture_too_large")
    assert nothing_is_left(desk)


async def parts(content: bytes, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


TOO_LARGE = PNG + bytes(1024 * 1024)


async def test_a_picture_without_a_length_is_taken(visit: Visit) -> None:
    assert (await visit.upload(parts(PNG, 10))).status == 201


@pytest.mark.parametrize("has_length", [True, False])
async def test_more_bytes_than_are_taken_are_refused(
    desk: RunningDesk, visit: Visit, has_length: bool
) -> None:
    answer = await visit.upload(TOO_LARGE if has_length else parts(TOO_LARGE))

    assert (answer.status, answer.code) == (413, "picture_too_large")
    assert "1 MB" in answer.json["frames"][0]["detail"]
    assert nothing_is_left(desk)


async def test_exactly_the_largest_size_is_taken(visit: Visit) -> None:
    assert (await visit.upload(PNG + bytes(1024 * 1024 - len(PNG)))).status == 201


async def raw_upload(desk: RunningDesk, head: str, *body: bytes, pause: float = 0.0) -> bytes:
    """What the desk answers to a request written by hand; the body comes in pieces."""
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
    try:
        writer.write(head.replace("\n", "\r\n").encode() + b"\r\n")
        for piece in body:
            writer.write(piece)
            await asyncio.sleep(pause)
        async with asyncio.timeout(8):
            return await reader.readline()
    finally:
        writer.close()


def head_of(
    visit: Visit, *lines: str, query: str = "", origin: str = ORIGIN, token: str | None = None
) -> str:
    return "\n".join(
        [
            f"POST /chat/v1/file?conversation={visit.conversation}&name=x.png{query} HTTP/1.1",
            "Host: desk",
            f"Origin: {origin}",
            f"Authorization: Bearer {token or visit.token}",
            *lines,
            "",
        ]
    )


async def test_whoever_may_not_is_told_before_a_byte_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_desk(
        tmp_path, assistant="none", pictures=True, pictures_per_day=1, picture_megabytes=1
    ) as desk:
        visit, other = await a_visit(desk), await a_visit(desk)
        await other.picture()

        async def read(_: object) -> bytes:
            raise AssertionError("a body was read")

        monkeypatch.setattr(channel, "_chunk", read)
        length = "Content-Length: 1000"
        for status, head in (
            (401, head_of(visit, length, token="nonsense")),
            (403, head_of(visit, length, origin="https://evil.example")),
            (400, head_of(visit, length, query="&more=1")),
            (404, head_of(visit, length, token=other.token)),
            (413, head_of(visit, "Content-Length: 1048577")),
            (429, head_of(other, length)),
            (400, head_of(visit, length, "Content-Encoding: gzip")),
        ):
            # Nothing of the body is ever sent.
            assert f" {status} ".encode() in await raw_upload(desk, head), head


async def test_a_body_that_does_not_come_is_not_waited_for(
    desk: RunningDesk, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "SILENT_SECONDS", 0.2)

    answer = await raw_upload(desk, head_of(visit, "Content-Length: 1000"), PNG[:50])

    assert b" 400 " in answer
    assert nothing_is_left(desk)


async def test_a_body_that_drips_is_not_waited_for_either(
    desk: RunningDesk, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "UPLOAD_SECONDS", 0.4)
    drops = [PNG[at : at + 1] for at in range(30)]

    answer = await raw_upload(desk, head_of(visit, "Content-Length: 1000"), *drops, pause=0.05)

    assert b" 400 " in answer
    assert nothing_is_left(desk)


@pytest.mark.parametrize("body", [b"zz\r\n", b"5\r\nabcdeXX"])
async def test_a_body_that_is_no_http_is_refused(desk: RunningDesk, visit: Visit, body: bytes) -> None:
    answer = await raw_upload(desk, head_of(visit, "Transfer-Encoding: chunked"), body)

    assert b" 400 " in answer or b" 415 " in answer
    assert nothing_is_left(desk)


async def test_a_client_that_hangs_up_leaves_nothing(desk: RunningDesk, visit: Visit) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", desk.port)
    writer.write(head_of(visit, "Content-Length: 5000").replace("\n", "\r\n").encode() + b"\r\n" + PNG[:60])
    await writer.drain()
    writer.transport.abort()

    # Its place is free again.
    await eventually_uploads(visit)
    assert len(files_in(desk)) == 1


async def eventually_uploads(visit: Visit) -> None:
    async with asyncio.timeout(10):
        while (await visit.upload()).status != 201:  # noqa: ASYNC110 - what is looked at has no event
            await asyncio.sleep(0.05)


async def on_its_way(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> tuple[asyncio.Task[Answer], asyncio.Event]:
    """An upload that the desk reads and that waits for the event with its second half."""
    begun, gate = asyncio.Event(), asyncio.Event()
    read = channel._chunk

    async def noticed(request: web.Request) -> bytes:
        begun.set()
        return await read(request)

    async def slowly() -> AsyncIterator[bytes]:
        yield PNG[:20]
        await gate.wait()
        yield PNG[20:]

    monkeypatch.setattr(channel, "_chunk", noticed)
    sending = asyncio.create_task(visit.upload(slowly()))
    await asyncio.wait_for(begun.wait(), 10)
    return sending, gate


async def test_one_visitor_sends_one_at_a_time(
    desk: RunningDesk, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    sending, gate = await on_its_way(visit, monkeypatch)

    busy = await visit.upload()

    assert (busy.status, busy.code) == (429, "slow_down")
    assert busy.json["frames"][0]["wait_ms"] > 0
    assert (await (await a_visit(desk)).upload()).status == 201
    gate.set()
    assert (await sending).status == 201
    assert (await visit.upload()).status == 201


async def test_uploads_count_like_messages(tmp_path: Path) -> None:
    async with a_desk(
        tmp_path, assistant="none", pictures=True, message_burst=3, messages_per_minute=1
    ) as desk:
        visit = await a_visit(desk)

        seen = [(await visit.upload()).status for _ in range(4)]

        assert seen == [201, 201, 201, 429]


async def test_uploads_of_one_address_are_put_off_whoever_sends_them(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none", pictures=True, uploads_per_minute=2) as desk:
        answers = [await (await a_visit(desk)).upload() for _ in range(3)]

        assert [answer.status for answer in answers] == [201, 201, 429]
        assert answers[-1].code == "slow_down"
        assert answers[-1].json["frames"][0]["wait_ms"] > 0
        assert desk.count(Picture) == 2


async def test_who_is_anonymous_is_refused_before_a_byte_of_a_picture_is_read(tmp_path: Path) -> None:
    changes: dict[str, Any] = {"pictures": True, "picture_megabytes_anonymous": 0}
    async with a_desk(tmp_path, assistant="none", **changes) as desk:
        answer = await (await a_visit(desk)).upload()

        assert (answer.status, answer.code) == (429, "picture_quota")
        assert nothing_is_left(desk)


async def test_of_so_many_a_day_one_more_is_refused(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none", pictures=True, pictures_per_day=2) as desk:
        visit, other = await a_visit(desk), await a_visit(desk)
        await visit.picture()
        await visit.picture()

        answer = await visit.upload()

        assert (answer.status, answer.code) == (429, "picture_quota")
        assert len(files_in(desk)) == 2
        await other.picture()


@pytest.mark.parametrize("is_on", [True, False])
async def test_pictures_are_taken_and_shown_only_where_somebody_turned_that_on(
    tmp_path: Path, is_on: bool
) -> None:
    async with a_desk(tmp_path, assistant="none", pictures=True) as desk:
        file = await (await a_visit(desk)).picture()
    async with a_desk(tmp_path, assistant="none", pictures=is_on) as desk:
        visit = await a_visit(desk)

        answers = [await visit.upload(), await visit.get(file["id"])]

        if is_on:
            assert [answer.status for answer in answers] == [201, 404]
        else:
            assert [(answer.status, answer.code) for answer in answers] == [(403, "pictures_off")] * 2


async def test_a_desk_that_takes_no_pictures_makes_no_folder(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        await (await a_visit(desk)).upload()

        assert not (desk.desk.settings.var / "pictures").exists()


def a_scanner(folder: Path, script: str) -> str:
    program = folder / "scanner.py"
    program.write_text(f"import sys, os\ncontent = open(sys.argv[1], 'rb').read()\n{script}\n")
    return f"{sys.executable} {program} {{file}}"


@pytest.mark.parametrize(
    ("script", "content", "status", "code"),
    [
        ("sys.exit(1 if b'EICAR' in content else 0)", PNG + EICAR, 422, "picture_infected"),
        ("sys.exit(2)", PNG, 503, "picture_not_scanned"),
    ],
)
async def test_what_the_scanner_refuses_is_not_kept(
    tmp_path: Path, script: str, content: bytes, status: int, code: str
) -> None:
    scan = a_scanner(tmp_path, script)
    async with a_desk(tmp_path, assistant="none", pictures=True, picture_scan=scan) as desk:
        visit = await a_visit(desk)

        answer = await visit.upload(content)

        assert (answer.status, answer.code) == (status, code)
        assert answer.json["frames"][0].get("retry", False) is (status == 503)
        assert nothing_is_left(desk)
        if status == 422:
            assert (await visit.upload(PNG)).status == 201


async def test_a_session_that_ends_meanwhile_leaves_nothing(
    desk: RunningDesk, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    sending, gate = await on_its_way(visit, monkeypatch)
    headers = {"Origin": ORIGIN, "Authorization": f"Bearer {visit.token}"}
    async with desk.http.post(f"{desk.url}/chat/v1/leave", headers=headers) as response:
        assert response.status == 204
    gate.set()

    answer = await sending
    assert (answer.status, answer.code) == (401, "visitor_refused")
    assert nothing_is_left(desk)


# In a line


async def test_a_line_shows_a_picture_to_every_viewer(tmp_path: Path, chat_with: Transport) -> None:
    async with a_rasa() as rasa, a_desk(tmp_path, rasa, pictures=True) as desk:
        visit = await a_visit(desk)
        file = await visit.picture()
        async with chat_with(desk, visit.token) as chat, a_socket(desk, visit.token) as other:
            ack = await chat.send("c-1", "what is this?", file=file["id"])

            assert (ack["type"], ack["turn"]) == ("ack", 1)
            for viewer in (chat, other):
                assert (await viewer.until_message("what is this?", author="person"))["file"] == file
                await viewer.until_message("echo: what is this?")
            again = await chat.send("c-1", "what is this?", file=file["id"])
            assert (again["seq"], again["turn"], again["duplicate"]) == (ack["seq"], 1, True)
        assert rasa.texts() == ["what is this?"]


async def test_a_picture_alone_gets_the_desks_notice_and_no_turn(
    tmp_path: Path, chat_with: Transport
) -> None:
    async with a_rasa() as rasa, a_desk(tmp_path, rasa, pictures=True) as desk:
        visit = await a_visit(desk)
        file = await visit.picture()
        async with chat_with(desk, visit.token) as chat:
            ack = await chat.send("c-1", file=file["id"])

            assert (ack["type"], ack["turn"]) == ("ack", None)
            assert (await chat.until_message("Screenshot"))["file"] == file
            assert (await chat.until_message("kept your picture"))["author"] == "desk"
            assert not any(status["thinking"] for status in chat.statuses())
        assert rasa.turns == []


async def test_while_an_agent_speaks_a_picture_is_shown_and_nothing_is_said(
    desk: RunningDesk, visit: Visit, chat_with: Transport
) -> None:
    file = await visit.picture()
    desk.database.write(take_over, visit.conversation, agent_name="Bea", now=utc_now())
    async with chat_with(desk, visit.token) as chat:
        await chat.send("c-1", file=file["id"])
        await chat.until_message("Screenshot")

    assert [row.author for row in desk.transcript(visit.conversation)] == [Author.PERSON]


async def test_a_picture_is_shown_once_by_its_sender_in_its_conversation(
    desk: RunningDesk, visit: Visit, chat_with: Transport
) -> None:
    file, other = await visit.picture(), await a_visit(desk)
    theirs = await other.picture()
    async with chat_with(desk, visit.token, new=True) as chat:
        for picture_id in (file["id"], theirs["id"], "0" * 32):
            refused = await chat.send(f"c-{picture_id}", "look", file=picture_id)
            assert (refused["type"], refused["code"]) == ("error", "picture_not_found")
        assert desk.transcript(chat.conversation) == []
    async with chat_with(desk, visit.token, conversation=visit.conversation) as chat:
        assert (await chat.send("c-1", "look", file=file["id"]))["type"] == "ack"
        assert (await chat.send("c-2", "look", file=file["id"]))["code"] == "picture_not_found"


@pytest.mark.parametrize(
    "fields",
    [
        {"file": "0" * 32, "button": "0" * 16},
        {"file": "0" * 32, "button": "0" * 16, "text": "x"},
        {"file": "0" * 31},
        {"file": "../" + "0" * 29},
        {"file": "0" * 31 + "\n"},
        {"file": 7},
        {"file": ["0" * 32]},
        {},
    ],
)
async def test_a_send_with_a_bad_file_is_a_bad_frame(visit: Visit, fields: dict[str, Any]) -> None:
    body = {"conversation": visit.conversation, "type": "send", "client_id": "c-1"} | fields

    status, answer = await visit.desk.post("send", body, token=visit.token)

    assert (status, answer["frames"][0]["code"]) == (400, "bad_frame")


# Going out


async def test_a_picture_is_handed_out_so_that_it_can_do_nothing(visit: Visit) -> None:
    file = await visit.picture(a_photo(), "Capture d’écran.jpg")

    answer = await visit.get(file["id"])

    assert answer.status == 200
    assert len(answer.body) == file["bytes"]
    assert answer.headers["Content-Type"] == "image/jpeg"
    disposition = (
        "attachment; filename=\"Capture d__cran.jpg\"; filename*=UTF-8''Capture%20d%E2%80%99%C3%A9cran.jpg"
    )
    assert answer.headers["Content-Disposition"] == disposition
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Server"] == "guichet"


async def test_somebody_elses_picture_answers_byte_for_byte_like_a_missing_one(
    desk: RunningDesk, visit: Visit
) -> None:
    theirs = await (await a_visit(desk)).picture()

    seen = []
    for picture_id in (theirs["id"], "0" * 32, "nonsense", "..%2f..%2fx"):
        answer = await visit.get(picture_id)
        kept = [(name, value) for name, value in answer.headers.items() if name != "Date"]
        seen.append((answer.status, answer.body, kept))

    assert seen[0][0] == 404
    assert json.loads(seen[0][1])["frames"][0]["code"] == "picture_not_found"
    assert all(each == seen[0] for each in seen)


async def test_a_picture_is_shown_with_a_token_and_to_the_sites_pages_only(visit: Visit) -> None:
    file = await visit.picture()

    for origin, status in ((None, 200), (ORIGIN, 200), ("https://evil.example", 403), ("null", 403)):
        assert (await visit.get(file["id"], origin=origin)).status == status
    async with visit.desk.http.get(f"{visit.desk.url}/chat/v1/file/{file['id']}") as response:
        assert response.status == 401


async def test_a_picture_whose_file_is_gone_is_gone(desk: RunningDesk, visit: Visit) -> None:
    file = await visit.picture()
    for path in files_in(desk):
        path.unlink()

    answer = await visit.get(file["id"])

    assert (answer.status, answer.code) == (404, "picture_not_found")


async def test_looking_is_bounded(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none", pictures=True, read_burst=2, reads_per_minute=1) as desk:
        visit = await a_visit(desk)
        file = await visit.picture()

        assert [(await visit.get(file["id"])).status for _ in range(3)] == [200, 200, 429]


# Cleaning up


async def test_what_no_line_shows_is_swept_with_its_file(desk: RunningDesk, visit: Visit) -> None:
    used, unused = await visit.picture(), await visit.picture()
    async with a_socket(desk, visit.token) as chat:
        await chat.send("c-1", file=used["id"])
    quarantine = desk.desk.settings.var / "pictures" / "quarantine"
    old, new = quarantine / "old.received", quarantine / "new.received"
    for path in (old, new):
        path.write_bytes(PNG)
    os.utime(old, (1, 1))
    room = desk.desk.pictures
    with ThreadPoolExecutor(1) as threads:
        await Sweeper(desk.database, room._vault, threads, lambda: utc_now() + timedelta(hours=25)).sweep()

    assert {path.name for path in files_in(desk)} == {used["id"], "new.received"}
    assert desk.count(Picture) == 1
    assert (await visit.get(unused["id"])).status == 404
    assert (await visit.get(used["id"])).status == 200


async def test_a_sweep_that_was_killed_before_the_files_went_is_taken_up(
    desk: RunningDesk, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    await visit.picture()
    vault = desk.desk.pictures._vault

    def killed(_: list[str]) -> None:
        raise OSError

    with ThreadPoolExecutor(1) as threads:
        sweeper = Sweeper(desk.database, vault, threads, lambda: utc_now() + timedelta(hours=25))
        with monkeypatch.context() as patched, contextlib.suppress(OSError):
            patched.setattr(vault, "remove", killed)
            await sweeper.sweep()
        assert len(files_in(desk)) == 1
        await sweeper.sweep()

    assert nothing_is_left(desk)


async def test_a_picture_that_could_not_be_put_in_its_place_is_not_acknowledged(
    desk: RunningDesk, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: str) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(desk.desk.pictures._vault, "take_in", full)

    answer = await visit.upload()

    assert (answer.status, answer.code) == (500, "internal")
    assert files_in(desk) == []


async def test_no_name_and_no_content_gets_into_the_log(
    desk: RunningDesk, visit: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for content in (PNG, PNG[:100], HTML, TOO_LARGE):
        with contextlib.suppress(ClientError):
            await visit.upload(content, f"{MARKER}.png")

    assert MARKER not in caplog.text
    assert visit.token not in caplog.text


async def test_pictures_in_flight_hold_up_nobody_else(
    desk: RunningDesk, visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end, program = tmp_path / "begun", tmp_path / "may-end", tmp_path / "held.py"
    program.write_text(
        f"import pathlib, runpy, time\npathlib.Path({str(begun)!r}).touch()\n"
        f"while not pathlib.Path({str(may_end)!r}).exists():\n    time.sleep(0.01)\n"
        f"runpy.run_path({redrawing.__file__!r}, run_name='__main__')\n"
    )
    monkeypatch.setattr(redrawing, "__file__", str(program))
    other = await a_visit(desk)
    sending = asyncio.create_task(visit.upload(a_picture()))
    await eventually(begun.exists)

    async with a_socket(desk, other.token) as chat:
        await chat.send("c-1", "hello")

    assert not sending.done()
    may_end.touch()
    assert (await sending).status == 201
