"""Who gets in at the web channel: origins, sites, identities, addresses (TRUST WW-1, 3, 6, 7, 10)."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest

from identity.people.models import Person
from identity.sites.models import SpentIdentity
from identity.visitors.logic import VisitorToken, sign_visitor_token
from identity.visitors.models import VisitorSession
from tests.desk.chats import a_poller, a_socket
from tests.desk.desks import HOST_KEY, ORIGIN, SECRETS, RunningDesk, a_desk, eventually, utc_now
from ticketing.conversations.models import Conversation

WRONG_ORIGINS = [
    "https://evil.example",
    "https://intranet.example.evil.io",
    "https://evil-intranet.example",
    "https://intranet.example:8443",
    "https://INTRANET.example",
    "http://intranet.example",
    "https://intranet.example/",
    "https://intranet.example, https://evil.example",
    "null",
    "",
    None,
]


async def test_a_wrong_origin_is_refused_before_a_word_is_exchanged(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        token = await desk.visitor()
        async with a_poller(desk, token) as chat:
            there = chat.conversation
        people, talks = desk.count(Person), desk.count(Conversation)
        bodies: dict[str, dict[str, Any]] = {
            "session": {"site": "demo"},
            "hello": {"new": True},
            "send": {"type": "send", "client_id": "c-1", "text": "hello", "conversation": there},
            "poll": {"conversation": there, "wait": 0},
        }
        for wrong in WRONG_ORIGINS:
            assert await _handshake(desk, "demo", wrong) == 403, wrong
            for path, body in bodies.items():
                status, answer = await desk.post(path, body, token=token, headers={"Origin": wrong})
                assert (status, answer["frames"][0]["code"]) == (403, "origin_refused"), (path, wrong)
        assert (desk.count(Person), desk.count(Conversation)) == (people, talks)
        assert desk.transcript(there) == []


async def _handshake(desk: RunningDesk, site: str, origin: str | None) -> int:
    """The status with which a handshake is refused."""
    headers = {"Origin": origin} if origin is not None else {}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await desk.http.ws_connect(f"{desk.url}/chat/v1/socket", params={"site": site}, headers=headers)
    return refused.value.status


async def test_a_site_that_is_not_there_is_refused(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        for site in ("", "nowhere", "demo ", "DEMO", "demo\x00", "x" * 500):
            assert await _handshake(desk, site, ORIGIN) == 403, site
            status, _ = await desk.post("session", {"site": site})
            assert status in (400, 403), site
        assert desk.count(VisitorSession) == 0


def an_identity(*, site: str = "demo", key: str = HOST_KEY, **changes: Any) -> str:
    now = int(utc_now().timestamp())
    claims: dict[str, Any] = {
        "iss": "intranet",
        "sub": "u-17",
        "aud": site,
        "iat": now,
        "exp": now + 120,
        "jti": f"j-{utc_now().timestamp()}",
        "name": "Ana Lopez",
        "email": "ana@example.org",
    }
    return jwt.encode(claims | changes, key, algorithm="HS256", headers={"kid": "host"})


async def test_whom_the_host_vouches_for_is_known_and_verified(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        status, body = await desk.post("session", {"site": "demo", "identity": an_identity()})
        _, again = await desk.post("session", {"site": "demo", "identity": an_identity()})
        async with a_socket(desk, body["token"]) as first:
            pass
        async with a_socket(desk, again["token"]) as second:
            pass

        assert status == 201
        assert body["person"] == {"name": "Ana Lopez", "email": "ana@example.org", "verified": True}
        # The same person at another screen goes on in the same conversation.
        assert first.conversation == second.conversation
        assert body["token"] != again["token"]
        assert desk.count(Person) == 1


async def test_an_identity_is_believed_once_and_only_by_its_site(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        spent = an_identity()
        await desk.visitor(identity=spent)
        people, sessions = desk.count(Person), desk.count(VisitorSession)
        refused = {
            "used before": spent,
            "another site's": an_identity(site="other"),
            "another key": an_identity(key="x" * 48),
            "expired": an_identity(iat=1_700_000_000, exp=1_700_000_100),
            "blank": "",
            "spaces": "   ",
            "no JWT": "ana@example.org",
        }
        for why, identity in refused.items():
            status, answer = await desk.post("session", {"site": "demo", "identity": identity})
            assert (status, answer["frames"][0]["code"]) == (401, "identity_refused"), why
        assert (desk.count(Person), desk.count(VisitorSession)) == (people, sessions)


async def test_one_identity_at_once_opens_one_session(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        identity = an_identity()
        answers = await asyncio.gather(
            *(desk.post("session", {"site": "demo", "identity": identity}) for _ in range(8))
        )
        assert sorted(status for status, _ in answers) == [201] + [401] * 7
        assert desk.count(VisitorSession) == desk.count(SpentIdentity) == 1


async def test_a_site_that_requires_identity_stores_nothing_without_one(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        for identity in ({}, {"identity": ""}, {"identity": "nonsense"}, {"identity": None}):
            status, answer = await desk.post("session", {"site": "strict"} | identity)
            assert (status, answer["frames"][0]["code"]) == (401, "identity_refused")
        assert desk.count(Person) == desk.count(VisitorSession) == desk.count(SpentIdentity) == 0
        # An anonymous session of another site is no way in.
        token = await desk.visitor(site="demo")
        async with a_socket(desk, token, site="strict") as chat:
            assert (await chat.until(lambda f: f["type"] == "error"))["code"] == "visitor_refused"
        assert desk.count(Conversation) == 0
        assert await desk.visitor(site="strict", identity=an_identity(site="strict"))


async def test_a_token_that_is_altered_expired_or_made_up_is_refused(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none") as desk:
        good = await desk.visitor()
        head, body, signature = good.split(".")
        claims = jwt.decode(good, options={"verify_signature": False})
        soon = utc_now() + timedelta(hours=1)
        bad = {
            "altered": f"{head}.{body}.{signature[::-1]}",
            "unsigned": jwt.encode(claims, "", algorithm="none"),
            "another key": jwt.encode(claims, "z" * 48, algorithm="HS256"),
            "another audience": jwt.encode(claims | {"aud": "x"}, SECRETS.visitor_key, algorithm="HS256"),
            "a session that is not": sign_visitor_token(
                VisitorToken("0" * 32, "demo"), key=SECRETS.visitor_key, expires_at=soon
            ),
            "expired": sign_visitor_token(
                VisitorToken(claims["sid"], "demo"), key=SECRETS.visitor_key, expires_at=utc_now()
            ),
            "moved to another site": sign_visitor_token(
                VisitorToken(claims["sid"], "other"), key=SECRETS.visitor_key, expires_at=soon
            ),
            "nothing": "",
            "nonsense": "a.b.c",
        }
        for why, token in bad.items():
            status, answer = await desk.post("hello", {}, token=token)
            assert (status, answer["frames"][0]["code"]) == (401, "visitor_refused"), why
            async with a_socket(desk, token) as chat:
                assert await chat.until_closed() == 1008, why
        assert (await desk.post("hello", {}))[0] == 401
        assert (await desk.post("hello", {}, headers={"Authorization": f"Basic {good}"}))[0] == 401
        assert desk.count(Conversation) == 0


async def _sockets(
    stack: contextlib.AsyncExitStack, desk: RunningDesk, tokens: list[str], **how: Any
) -> list[int | None]:
    """Opens a socket per token; gives each one's close code, or None while it is open."""
    chats = [await stack.enter_async_context(a_socket(desk, token, **how)) for token in tokens]
    return [(await chat.until_closed()) if not chat.welcome else None for chat in chats]


async def test_a_visitor_has_so_many_sockets_and_a_closed_one_makes_room(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none", sockets_per_visitor=2) as desk:
        token = await desk.visitor()
        async with contextlib.AsyncExitStack() as stack:
            assert await _sockets(stack, desk, [token] * 3) == [None, None, 1013]
            assert await _sockets(stack, desk, [await desk.visitor()]) == [None]
        await _until_there_is_room(desk, token)


async def _until_there_is_room(desk: RunningDesk, token: str) -> None:
    async with asyncio.timeout(10):
        while True:
            async with a_socket(desk, token) as chat:
                if chat.welcome:
                    return


async def test_who_has_too_many_sockets_is_told(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none", sockets_per_visitor=1) as desk:
        token = await desk.visitor()
        async with a_socket(desk, token), a_socket(desk, token) as second:
            assert (await second.until(lambda f: f["type"] == "error"))["code"] == "too_many_sockets"


@pytest.mark.parametrize("limit", ["sockets_per_address", "sockets_total"])
async def test_an_address_and_a_desk_have_so_many_sockets(tmp_path: Path, limit: str) -> None:
    changes: dict[str, Any] = {limit: 2}
    async with a_desk(tmp_path, assistant="none", **changes) as desk:
        tokens = [await desk.visitor() for _ in range(3)]
        async with contextlib.AsyncExitStack() as stack:
            assert await _sockets(stack, desk, tokens[:2]) == [None, None]
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await _sockets(stack, desk, tokens[2:])
            assert refused.value.status == 429
        await _until_there_is_room_at_the_door(desk, tokens[2])


async def _until_there_is_room_at_the_door(desk: RunningDesk, token: str) -> None:
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(aiohttp.WSServerHandshakeError):
                await _until_there_is_room(desk, token)
                return


async def test_a_forwarded_address_counts_only_from_a_trusted_proxy(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none", sockets_per_address=1) as desk:
        token = await desk.visitor()
        async with a_socket(desk, token):
            for spoofed in ("10.1.1.1", "10.1.1.2, 10.1.1.3"):
                with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                    async with a_socket(desk, token, headers={"X-Forwarded-For": spoofed}):
                        pass
                assert refused.value.status == 429


async def test_behind_a_trusted_proxy_each_client_has_its_own_room(tmp_path: Path) -> None:
    changes: dict[str, Any] = {"sockets_per_address": 1, "trusted_proxies": "127.0.0.1"}
    async with a_desk(tmp_path, assistant="none", **changes) as desk:
        token = await desk.visitor()
        async with a_socket(desk, token, headers={"X-Forwarded-For": "203.0.113.7"}) as one:
            async with a_socket(desk, token, headers={"X-Forwarded-For": "203.0.113.8"}) as two:
                assert one.welcome
                assert two.welcome
            # What the client itself has put before the proxy's hop does not count.
            with pytest.raises(aiohttp.WSServerHandshakeError):
                async with a_socket(desk, token, headers={"X-Forwarded-For": "9.9.9.9, 203.0.113.7"}):
                    pass


async def test_new_sessions_of_one_address_are_put_off(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none", sessions_per_minute=3) as desk:
        answers = [await desk.post("session", {"site": "demo"}) for _ in range(5)]
        assert [status for status, _ in answers] == [201, 201, 201, 429, 429]
        assert answers[-1][1]["frames"][0]["type"] == "slow_down"
        assert answers[-1][1]["frames"][0]["wait_ms"] > 0
        assert desk.count(VisitorSession) == 3


async def test_new_conversations_of_one_visitor_are_put_off_like_messages(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none", message_burst=3, messages_per_minute=1) as desk:
        token = await desk.visitor()
        answers = [await desk.post("hello", {"new": True}, token=token) for _ in range(5)]
        assert [status for status, _ in answers] == [200, 200, 200, 429, 429]
        assert answers[-1][1]["frames"][0]["code"] == "too_many_sockets"
        assert desk.count(Conversation) == 3


async def test_polls_that_were_given_up_make_room_at_once(tmp_path: Path) -> None:
    """A proxy that cuts long polls must not lock its visitor out (TRUST WW-16)."""
    async with a_desk(tmp_path, assistant="none", sockets_per_visitor=2) as desk:
        token = await desk.visitor()
        for _ in range(2):
            async with a_poller(desk, token, new=True) as chat:
                await eventually(lambda: chat.conversation in desk.desk.switchboard._doorbells.listened())
        body = {"conversation": chat.conversation, "version": 1, "wait": 0}
        async with asyncio.timeout(5):
            while (status := (await desk.post("poll", body, token=token))[0]) != 200:
                assert status == 429


async def test_sessions_are_not_kept_by_any_cache(tmp_path: Path) -> None:
    async with (
        a_desk(tmp_path, assistant="none") as desk,
        desk.http.post(
            f"{desk.url}/chat/v1/session", json={"site": "demo"}, headers={"Origin": ORIGIN}
        ) as response,
    ):
        assert response.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in response.headers
        await eventually(lambda: desk.count(VisitorSession) == 1)
