"""The public listener as a stranger sees it, and the process around it (TRUST AC-13)."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest
from aiohttp import web

from desk import demo
from desk import secrets as installation_secrets
from desk import serve as serving
from desk.gateway import middleware
from desk.log_lines import start_logging
from identity.sites.operations import access_site
from storage import schema
from storage.database import Database
from tests.desk.chats import a_socket
from tests.desk.desks import ORIGIN, RunningDesk, a_desk, a_free_port, settings_in

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Server": "guichet",
}
PATHS = {
    ("GET", "/healthz"): 200,
    ("GET", "/"): 302,
    ("GET", "/nowhere"): 404,
    ("GET", "/../etc/passwd"): 404,
    ("GET", "/chat/v1/nowhere"): 404,
    ("DELETE", "/healthz"): 405,
    ("GET", "/chat/v1/session"): 405,
    ("POST", "/chat/v1/session"): 400,
    ("GET", "/chat/v1/socket"): 403,
}


@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_every_answer_has_the_security_headers_and_no_banner(
    tmp_path: Path, method: str, path: str
) -> None:
    async with (
        a_desk(tmp_path, assistant="none") as desk,
        desk.http.request(method, desk.url + path, allow_redirects=False) as response,
    ):
        assert response.status == PATHS[method, path]
        assert {name: response.headers.get(name) for name in HEADERS} == HEADERS
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert "Access-Control-Allow-Origin" not in response.headers
        assert "Set-Cookie" not in response.headers
        assert "aiohttp" not in str(response.headers) + await response.text()


async def test_the_health_says_ok_and_nothing_else(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk, desk.http.get(f"{desk.url}/healthz") as response:
        assert await response.json() == {"ok": True}


async def test_a_handshake_has_the_headers_too(tmp_path: Path) -> None:
    async with (
        a_desk(tmp_path, assistant="none") as desk,
        desk.http.ws_connect(
            f"{desk.url}/chat/v1/socket", params={"site": "demo"}, headers={"Origin": ORIGIN}
        ) as socket,
    ):
        assert socket._response.headers["Server"] == "guichet"


@pytest.mark.parametrize(
    "raw",
    [b"NONSENSE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nmarker words\r\n\r\n"],
)
async def test_what_is_no_http_learns_nothing_and_is_not_logged(
    tmp_path: Path, raw: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    start_logging("INFO")
    async with a_desk(tmp_path, assistant="none") as desk:
        reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
        writer.write(raw)
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
    assert b"400" in answer.split(b"\r\n")[0]
    for revealing in (b"aiohttp", b"Python", b"Traceback"):
        assert revealing not in answer
    assert not caplog.records


async def test_an_unforeseen_error_gives_a_reference_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(_: web.Request) -> web.Response:
        raise RuntimeError("an inner detail")

    monkeypatch.setattr("desk.serve._healthy", fails)
    async with a_desk(tmp_path, assistant="none") as desk, desk.http.get(f"{desk.url}/healthz") as response:
        body = await response.json()

        assert response.status == 500
        assert set(body) == {"error", "reference"}
        assert response.headers["Server"] == "guichet"
    [record] = [record for record in caplog.records if record.name == middleware.__name__]
    assert record.__dict__["reference"] == body["reference"]
    assert "an inner detail" not in caplog.text


async def _healthy(desk: RunningDesk) -> bool:
    async with desk.http.get(f"{desk.url}/healthz") as response:
        return response.status == 200


async def test_a_thousand_idle_connections_do_not_keep_others_out(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        idle = [await asyncio.open_connection("127.0.0.1", desk.port) for _ in range(200)]
        assert await _healthy(desk)
        async with a_socket(desk, await desk.visitor()) as chat:
            assert (await chat.send("c-1", "hello"))["type"] == "ack"
        for _, writer in idle:
            writer.close()


def test_the_demo_site_is_the_demo_and_the_desk_s_own_addresses_and_stays_what_it_is(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, port=8601, demo_port=8602, public_url="https://help.example")
    installation_secrets.prepare(settings.secrets_folder)
    database = Database(f"sqlite:///{tmp_path}/demo.db", threads=1)
    try:
        schema.upgrade(f"sqlite:///{tmp_path}/demo.db")
        for _ in range(2):
            demo.seed(database, settings)
        site = database.read(access_site, demo.SITE_KEY, "https://help.example")
    finally:
        database.close()
    own = {"https://help.example", "http://127.0.0.1:8601", "http://localhost:8601"}
    assert set(site.origins) == {"http://localhost:8602", *own}


def _environment(folder: Path, **changes: object) -> dict[str, str]:
    settings = settings_in(folder, **changes)
    return {"PATH": os.environ["PATH"], **settings.environment()}


async def _serve(environment: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "desk.serve", env=environment, stderr=asyncio.subprocess.PIPE
    )


def test_a_desk_refuses_to_start_without_its_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in _environment(tmp_path, assistant="none").items():
        monkeypatch.setenv(name, value)
    installation_secrets.prepare(settings_in(tmp_path).secrets_folder)
    with pytest.raises(SystemExit, match="guichet db upgrade"):
        serving.main()


async def test_a_desk_process_stops_in_order_and_at_once(tmp_path: Path) -> None:
    ports = {name: a_free_port() for name in ("port", "actions_port", "demo_port")}
    changes: dict[str, object] = {"assistant": "none", **ports}
    settings = settings_in(tmp_path, **changes)
    installation_secrets.prepare(settings.secrets_folder)
    schema.upgrade(settings.database_url)
    process = await _serve(_environment(tmp_path, **changes))
    try:
        await _until_it_answers(settings.port, process)
        process.send_signal(signal.SIGTERM)
        _, said = await asyncio.wait_for(process.communicate(), 10)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, said
    assert b"desk_stopping" in said
    assert b"Traceback" not in said


async def _until_it_answers(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(40):
        while process.returncode is None:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.write(b"GET /healthz HTTP/1.0\r\n\r\n")
            answer = await reader.read()
            writer.close()
            assert json.loads(answer.split(b"\r\n\r\n")[1]) == {"ok": True}
            return
