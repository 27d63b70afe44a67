"""The counter's own frame speaks with the desk's origin, on every site; nothing else is let in by that."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk.chats import a_socket
from tests.desk.desks import a_desk

PUBLIC = "https://help.example"


@pytest.mark.parametrize("site", ["demo", "other"])
async def test_the_desk_s_own_frame_may_speak_for_every_site(tmp_path: Path, site: str) -> None:
    own = {"Origin": PUBLIC}
    async with a_desk(tmp_path, assistant="none", public_url=PUBLIC) as desk:
        status, body = await desk.post("session", {"site": site}, headers=own)
        async with a_socket(desk, body["token"], site=site, headers=own) as chat:
            assert (await chat.send("c-1", "hello"))["type"] == "ack"
        poll = {"conversation": chat.conversation, "wait": 0}
        polled, _ = await desk.post("poll", poll, token=body["token"], headers=own)

    assert (status, polled) == (201, 200)


@pytest.mark.parametrize(
    "origin", ["http://help.example", "https://help.example:8443", "https://help.example.", "null", ""]
)
async def test_what_is_only_like_the_desk_s_own_origin_is_refused(tmp_path: Path, origin: str) -> None:
    async with a_desk(tmp_path, assistant="none", public_url=PUBLIC) as desk:
        status, body = await desk.post("session", {"site": "demo"}, headers={"Origin": origin})

    assert (status, body["frames"][0]["code"]) == (403, "origin_refused")


@pytest.mark.parametrize("demo", [True, False])
async def test_how_this_machine_reaches_the_desk_counts_with_the_demo_only(
    tmp_path: Path, demo: bool
) -> None:
    async with a_desk(tmp_path, assistant="none", public_url=PUBLIC, demo=demo) as desk:
        for own in ("http://127.0.0.1:8080", "http://localhost:8080"):
            status, _ = await desk.post("session", {"site": "demo"}, headers={"Origin": own})
            assert (status == 201) is demo, own


async def test_identity_stays_required_in_the_desk_s_own_frame(tmp_path: Path) -> None:
    async with a_desk(tmp_path, assistant="none", public_url=PUBLIC) as desk:
        status, body = await desk.post("session", {"site": "strict"}, headers={"Origin": PUBLIC})

    assert (status, body["frames"][0]["code"]) == (401, "identity_refused")
