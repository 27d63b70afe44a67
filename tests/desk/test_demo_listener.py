"""The demo is for this machine, under its own name; a real desk believes whom it vouches for."""

from __future__ import annotations

import contextlib
import re
import socket
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from desk import demo
from desk import secrets as installation_secrets
from desk.demo import listener
from desk.demo.routes import Intranet
from desk.serve import _show_demo
from desk.supervision.ports import Listener, PortBusy
from desk.supervisor import children, refuse_busy_ports
from identity.sites.operations import put_site
from notices.mail.maildir import MaildirMail
from storage import schema
from storage.database import Database
from tests.desk.chats import a_socket
from tests.desk.demos import a_demo
from tests.desk.desks import SECRETS, a_desk, a_free_port, settings_in, utc_now
from tests.desk.widget_builds import a_build


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "localhost", "localhost:80", "localhost.evil.example:{port}", ""],
)
@pytest.mark.parametrize("path", ["/", "/identity", "/demo/mail", "/static/demo.css", "/nowhere"])
async def test_another_name_that_leads_here_gets_nothing(tmp_path: Path, host: str, path: str) -> None:
    """DNS rebinding: the answers would belong to the page of that name."""
    async with a_demo(tmp_path) as running:
        await running.sign_in("alex")
        named = host.format(port=running.settings.demo_port)
        page = await running.get(path, Host=named)

    assert page.status == 421
    assert "Guichet demo" not in page.text
    assert "Content-Security-Policy" in page.headers


async def test_the_other_names_of_this_machine_lead_to_the_listed_one(tmp_path: Path) -> None:
    async with a_demo(tmp_path) as running:
        port = running.settings.demo_port
        page = await running.get("/news?lang=fr", Host=f"127.0.0.1:{port}")

    assert (page.status, page.headers["Location"]) == (302, f"http://localhost:{port}/news?lang=fr")


def listening_on(port: int) -> set[str]:
    """On which of this machine's addresses somebody answers."""
    found = set()
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with contextlib.suppress(OSError), socket.socket(family) as probe:
            probe.settimeout(2)
            probe.connect((host, port))
            found.add(host)
    return found


def intranet(folder: Path) -> Intranet:
    settings = settings_in(folder, demo_port=a_free_port())
    return Intranet(settings, SECRETS.demo_host_key, MaildirMail(folder / "mail"), utc_now)


async def test_it_listens_on_loopback_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bound: list[tuple[str, int]] = []

    def site(runner: web.AppRunner, host: str, port: int) -> web.BaseSite:
        bound.append((host, port))
        return real(runner, host, port)

    real = web.TCPSite
    monkeypatch.setattr(web, "TCPSite", site)
    shown = intranet(tmp_path)
    port = shown.settings.demo_port
    async with contextlib.AsyncExitStack() as stack:
        await listener.listen(stack, shown, shutdown_seconds=0.1)
        assert "127.0.0.1" in listening_on(port)

    assert bound == [("127.0.0.1", port), ("::1", port)]
    assert listening_on(port) == set()


async def test_a_taken_port_costs_the_demo_and_not_the_desk(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shown = intranet(tmp_path)
    with socket.create_server(("127.0.0.1", shown.settings.demo_port)):
        async with contextlib.AsyncExitStack() as stack:
            await listener.listen(stack, shown, shutdown_seconds=0.1)

    assert [record.message for record in caplog.records] == ["demo_is_not_served"]


def test_a_taken_port_is_named_before_anything_starts(tmp_path: Path) -> None:
    free = {name: a_free_port() for name in ("port", "actions_port")}
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(PortBusy, match=f"Port {port} .* GUICHET_DEMO_PORT"):
            refuse_busy_ports(settings_in(tmp_path, demo_port=port, assistant="none", **free))
        refuse_busy_ports(settings_in(tmp_path, demo_port=port, assistant="none", demo=False, **free))


def test_the_supervisor_sees_that_the_demo_is_for_this_machine_only(tmp_path: Path) -> None:
    everywhere = frozenset({Listener("0.0.0.0", 8081)})
    for is_demo in (True, False):
        settings = settings_in(tmp_path, demo=is_demo, assistant="none")
        complaint = children(settings, SECRETS, {})[0].exposed(everywhere)
        assert (complaint is not None) is is_demo


async def test_the_desk_believes_whom_the_demo_vouches_for_and_shows_itself_there(tmp_path: Path) -> None:
    port = a_free_port()
    settings = settings_in(tmp_path, demo_port=port)
    async with (
        a_demo(tmp_path, now=utc_now(), demo_port=port) as running,
        a_desk(tmp_path, assistant="none", demo_port=port, build=a_build(tmp_path / "web")) as desk,
    ):
        key = {"kid": demo.KEY_ID, "alg": "HS256", "key": SECRETS.demo_host_key}
        desk.database.write(
            put_site,
            demo.SITE_KEY,
            name="Guichet demo",
            origins=demo.origins(settings),
            host_keys=[key],
            is_identity_required=False,
            now=utc_now(),
        )
        await running.sign_in("camille")
        identity = (await running.get("/identity")).text
        own = {"Origin": settings.public_url}
        status, body = await desk.post("session", {"site": "demo", "identity": identity}, headers=own)
        again, _ = await desk.post("session", {"site": "demo", "identity": identity}, headers=own)
        async with desk.http.get(
            f"{desk.url}/widget/v1/frame", params={"site": "demo", "origin": settings.demo_url}
        ) as frame:
            policy = frame.headers["Content-Security-Policy"]
        async with a_socket(desk, body["token"], headers=own) as chat:
            assert chat.welcome

    assert (status, again) == (201, 401)
    assert body["person"]["name"] == "Camille Exemple"
    assert f"frame-ancestors http://localhost:{port};" in policy
    assert re.search(rf"ws://localhost:{settings.port}\b", policy)


def test_seeding_the_demo_lists_its_own_page_and_no_other_name_of_this_machine(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    installation_secrets.prepare(settings.secrets_folder)
    schema.upgrade(settings.database_url)
    database = Database(settings.database_url, threads=1)
    try:
        demo.seed(database, settings)
    finally:
        database.close()

    assert "http://localhost:8081" in demo.origins(settings)
    assert "http://127.0.0.1:8081" not in demo.origins(settings)


async def test_a_desk_process_serves_its_demo(tmp_path: Path) -> None:
    """See tests/desk/test_serve.py for the process itself; here: what `serve` puts together."""
    settings = settings_in(tmp_path, demo_port=a_free_port())
    async with contextlib.AsyncExitStack() as stack:
        await _show_demo(stack, settings, SECRETS, utc_now)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        async with http.get(settings.demo_url) as answer:
            assert answer.status == 200
            assert "Welcome" in await answer.text()
