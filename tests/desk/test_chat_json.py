"""`guichet chat --json` as a script sees it: a process, its stdin, its stdout and its exit code."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from desk import secrets as installation_secrets
from identity.sites.logic import read_host_identity
from tests.desk.scripted_desk import ScriptedDesk

CHAT = [sys.executable, "-c", "from desk.cli.main import main; main()", "chat"]
FIELDS = ["seq", "author", "text", "buttons", "sources", "ticket", "speaker", "says", "notice"]
SECONDS = 60.0


@dataclass(frozen=True)
class Ran:
    """What a run of the command left behind."""

    rows: list[dict[str, Any]]
    errors: str
    code: int | None

    @property
    def turns(self) -> list[int]:
        return [row["turn"] for row in self.rows if "turn" in row]

    @property
    def texts(self) -> list[str]:
        return [row["text"] for row in self.rows if "text" in row]


@pytest.fixture
async def desk() -> AsyncIterator[ScriptedDesk]:
    async with ScriptedDesk().running() as desk:
        yield desk


async def chat(var: Path, url: str, typed: str, *options: str, script: bool = True) -> Ran:
    command = [*CHAT, "--url", url, *(["--json"] if script else []), *options]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"GUICHET_VAR": str(var), "PATH": "/usr/bin:/bin", "LANG": "C"},
    )
    out, err = await asyncio.wait_for(process.communicate(typed.encode()), SECONDS)
    rows = [json.loads(line) for line in out.decode().splitlines()] if script else [{"text": out.decode()}]
    return Ran(rows, err.decode(), process.returncode)


async def test_each_line_is_a_turn_of_messages_and_a_turn_row(desk: ScriptedDesk, tmp_path: Path) -> None:
    ran = await chat(tmp_path, desk.url, "héllo\n\n   \nshow a source\n")

    assert (ran.code, ran.errors) == (0, "")
    assert [list(row) for row in ran.rows] == [FIELDS, ["turn", "ms"]] * 2
    assert ran.texts == ["you said héllo", "you said show a source"]
    assert ran.turns == [1, 2]
    assert (
        ran.rows[0] | {"seq": 2, "author": "assistant", "ticket": None, "speaker": "assistant"} == ran.rows[0]
    )
    assert ran.rows[2]["sources"] == [{"title": "VPN", "url": f"{desk.url}/kb/en/vpn", "slug": "vpn"}]
    assert ran.rows[1]["ms"] > 0


async def test_buttons_are_pressed_by_title_once(desk: ScriptedDesk, tmp_path: Path) -> None:
    ran = await chat(tmp_path, desk.url, "a button\nbutton: YES\nbutton:yes\nbutton:No\n")

    assert ran.rows[0]["buttons"] == ["Yes", "No"]
    assert {"error": "no_such_button", "detail": "yes"} in ran.rows
    assert ran.texts == ["you said a button", "you said yes", "you said no"]
    assert ran.turns == [1, 2, 3, 4]
    assert ran.code == 0


async def test_buttons_are_pressed_by_their_number_in_the_latest_message_that_has_any(
    desk: ScriptedDesk, tmp_path: Path
) -> None:
    ran = await chat(tmp_path, desk.url, 'a button\nbutton:2\nbutton:2\nbutton:3\n{"button": "1"}\n')

    assert ran.texts == ["you said a button", "you said no", "you said yes"]
    assert [row["detail"] for row in ran.rows if "error" in row] == ["2", "3"]
    assert ran.turns == [1, 2, 3, 4, 5]


async def test_lines_in_one_go_are_sent_without_waiting_for_an_answer(
    desk: ScriptedDesk, tmp_path: Path
) -> None:
    desk.answers_after = 3
    ran = await chat(tmp_path, desk.url, '{"lines": ["hello", " ", "my printer", "is jammed"]}\nbye\n')

    assert [row.get("text", row.get("turn")) for row in ran.rows] == [
        "you said hello",
        "you said my printer",
        "you said is jammed",
        1,
        "you said bye",
        2,
    ]


@pytest.mark.parametrize(
    "line", ["/quit", "/open_ticket", "{", '{"a": 1}', '{"lines": []}', '{"lines": ["a", 2]}', "[1]"]
)
async def test_whatever_else_a_line_looks_like_it_is_said(
    desk: ScriptedDesk, tmp_path: Path, line: str
) -> None:
    ran = await chat(tmp_path, desk.url, line + "\n")

    assert ran.texts == [f"you said {line}"]


async def test_a_text_may_have_several_lines(desk: ScriptedDesk, tmp_path: Path) -> None:
    ran = await chat(tmp_path, desk.url, json.dumps({"text": "one\ntwo"}) + "\n")

    assert ran.texts == ["you said one\ntwo"]


async def test_what_the_desk_says_first_comes_first_also_without_any_input(
    desk: ScriptedDesk, tmp_path: Path
) -> None:
    desk.greeting = ["a machine", "your privacy"]
    silent = await chat(tmp_path, desk.url, "")
    spoken = await chat(tmp_path, desk.url, "hello\n")

    assert [(row["author"], row["text"], row["notice"]) for row in silent.rows] == [
        ("desk", "a machine", "machine"),
        ("desk", "your privacy", "machine"),
    ]
    assert spoken.texts == ["a machine", "your privacy", "you said hello"]


async def test_a_refused_line_keeps_the_script_in_step(desk: ScriptedDesk, tmp_path: Path) -> None:
    desk.errors = [{"type": "error", "code": "message_too_long", "detail": "at most 4000"}]
    ran = await chat(tmp_path, desk.url, "x\nhello\n")

    assert ran.rows[0]["error"] == "message_too_long"
    assert ran.turns == [1, 2]
    assert ran.texts == ["you said hello"]


async def test_the_turn_ends_at_the_ack_while_people_speak(desk: ScriptedDesk, tmp_path: Path) -> None:
    running = asyncio.create_task(chat(tmp_path, desk.url, "hello\nbye\n"))
    desk.answer_seconds = 0.2
    while not desk.received:  # noqa: ASYNC110 - what another process does
        await asyncio.sleep(0.01)
    desk.talk.speaker = "agent"
    ran = await running

    assert ran.turns == [1, 2]
    assert ran.texts == ["you said hello"]


async def test_a_broken_connection_does_not_show(desk: ScriptedDesk, tmp_path: Path) -> None:
    desk.cuts_before_ack, desk.cuts_before_keeping, desk.slow_downs = 1, 1, 1
    ran = await chat(tmp_path, desk.url, "one\ntwo\n")

    assert (ran.code, ran.errors, ran.turns) == (0, "", [1, 2])
    assert ran.texts == ["you said one", "you said two"]


async def test_without_a_desk_the_exit_code_is_two_and_a_sentence_says_why(tmp_path: Path) -> None:
    ran = await chat(tmp_path, "http://127.0.0.1:9", "hello\n")

    assert (ran.code, ran.rows) == (2, [])
    assert ran.errors == "guichet: no desk answers at http://127.0.0.1:9: start it with `make run`.\n"


async def test_patience_ends_the_run_even_while_it_waits_for_input(tmp_path: Path) -> None:
    desk = ScriptedDesk()
    async with desk.running():
        process = await asyncio.create_subprocess_exec(
            *CHAT, "--json", "--url", desk.url, "--patience", "0.5",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={"GUICHET_VAR": str(tmp_path), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"hello\n")
        await asyncio.wait_for(process.stdout.readline(), SECONDS)
        await asyncio.wait_for(process.stdout.readline(), SECONDS)
    assert process.stderr is not None
    errors = await asyncio.wait_for(process.stderr.read(), SECONDS)

    assert await process.wait() == 2
    assert errors.decode() == f"guichet: no desk answered at {desk.url} for 0.5 s.\n"
    process.stdin.close()


async def test_a_refusal_of_the_desk_is_a_sentence_and_exit_code_one(
    desk: ScriptedDesk, tmp_path: Path
) -> None:
    desk.refusal = {"type": "error", "code": "site_unknown", "detail": "no site has this key"}
    ran = await chat(tmp_path, desk.url, "hello\n", "--site", "nowhere")

    assert (ran.code, ran.rows) == (1, [])
    assert ran.errors == "guichet: the desk refused: no site has this key.\n"


async def test_resume_goes_on_where_the_last_run_ended(desk: ScriptedDesk, tmp_path: Path) -> None:
    await chat(tmp_path, desk.url, "a button\n")
    desk.talk.add("desk", "meanwhile")
    ran = await chat(tmp_path, desk.url, "button:yes\n", "--resume")
    new = await chat(tmp_path, desk.url, "hello\n")

    assert ran.texts == ["meanwhile", "you said yes"]
    assert ran.turns == [1]
    assert new.texts == ["you said hello"]
    assert len(desk.talks) == 2
    kept = list((tmp_path / "chat").iterdir())
    assert [path.name for path in kept] == ["demo--visitor.json"]
    assert kept[0].stat().st_mode & 0o077 == 0


async def test_resume_without_an_earlier_conversation_starts_one(desk: ScriptedDesk, tmp_path: Path) -> None:
    await chat(tmp_path, desk.url, "hello\n")
    desk.talks.clear()
    ran = await chat(tmp_path, desk.url, "hello\n", "--resume")

    assert (ran.code, ran.texts) == (0, ["you said hello"])


async def test_a_person_is_vouched_for_as_the_demo_host_would(desk: ScriptedDesk, tmp_path: Path) -> None:
    key = installation_secrets.prepare(tmp_path / "secrets").demo_host_key
    ran = await chat(tmp_path, desk.url, "hello\n", "--person", "Ana.Martin@Example.org", "--lang", "fr")
    session = desk.sessions[0]
    host = read_host_identity(
        session["identity"],
        site_key="demo",
        host_keys=[{"kid": "demo", "alg": "HS256", "key": key}],
        now=datetime.now(UTC),
    )

    assert ran.code == 0
    assert (host.subject, host.email, host.name) == (
        "ana.martin@example.org",
        "ana.martin@example.org",
        "Ana Martin",
    )
    assert host.issuer == "site:demo:guichet-demo"
    assert session["language"] == desk.hellos[0]["language"] == "fr"


async def test_without_the_key_nobody_is_vouched_for(desk: ScriptedDesk, tmp_path: Path) -> None:
    ran = await chat(tmp_path, desk.url, "hello\n", "--person", "ana@example.org")

    assert ran.code == 1
    assert "nobody can vouch for ana@example.org" in ran.errors
    assert "demo_host_key is missing" in ran.errors
    assert desk.sessions == []
