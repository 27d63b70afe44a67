"""`guichet chat` as a person sees it, in a terminal of its own."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import signal
import termios
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from desk.cli.talk.texts import BY_LANGUAGE
from tests.desk.scripted_desk import ScriptedDesk
from tests.desk.test_chat_json import CHAT, SECONDS, chat

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\]8;[^\x1b]*\x1b\\")


@pytest.fixture
async def desk() -> AsyncIterator[ScriptedDesk]:
    async with ScriptedDesk().running() as desk:
        yield desk


class Terminal:
    """A pseudo-terminal with the command in it."""

    def __init__(self) -> None:
        self.ours, self.theirs = pty.openpty()
        termios.tcsetwinsize(self.ours, (40, 100))
        self.before = termios.tcgetattr(self.theirs)
        os.set_blocking(self.ours, False)
        self.seen = b""
        self.process: asyncio.subprocess.Process | None = None

    async def start(self, var: Path, *options: str) -> None:
        self.process = await asyncio.create_subprocess_exec(
            *CHAT, *options,
            stdin=self.theirs, stdout=self.theirs, stderr=self.theirs, start_new_session=True,
            # Tests in the background of a shell are started with Ctrl-C ignored; in a terminal it is not.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            env={"GUICHET_VAR": str(var), "PATH": "/usr/bin:/bin", "TERM": "xterm-256color"},
        )  # fmt: skip

    def type(self, text: str) -> None:
        os.write(self.ours, text.encode())

    async def shows(self, text: str) -> None:
        """Wait until the text has been shown after what was waited for before."""
        async with asyncio.timeout(SECONDS):
            while text not in (shown := self.text()):  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.02)
        self.seen = shown[shown.index(text) + len(text) :].encode()

    def text(self) -> str:
        try:
            while chunk := os.read(self.ours, 65536):
                self.seen += chunk
        except (BlockingIOError, OSError):
            pass
        return CONTROL.sub("", self.seen.decode("utf-8", "replace"))

    async def ends(self) -> int:
        assert self.process is not None
        return await asyncio.wait_for(self.process.wait(), SECONDS)

    def close(self) -> None:
        os.close(self.ours)
        os.close(self.theirs)


@pytest.fixture
async def terminal() -> AsyncIterator[Terminal]:
    terminal = Terminal()
    yield terminal
    if terminal.process is not None and terminal.process.returncode is None:
        terminal.process.kill()
        await terminal.process.wait()
    terminal.close()


async def test_a_conversation_reads_well(desk: ScriptedDesk, terminal: Terminal, tmp_path: Path) -> None:
    await terminal.start(tmp_path, "--url", desk.url)
    await terminal.shows("You are an unknown visitor")
    await terminal.shows("you › ")
    terminal.type("a button and a source\r")
    await terminal.shows("assistant you said a button and a source")
    await terminal.shows(f"source: VPN  {desk.url}/kb/en/vpn")
    await terminal.shows("[1] Yes")
    await terminal.shows("[2] No")
    terminal.type("2\r")
    await terminal.shows("you said no")
    terminal.type("Yes\r")
    await terminal.shows("you said yes")
    desk.talk.speaker = "agent"
    desk.talk.version += 1
    desk.talk.add("agent", "I am \x1b[2Ja person", agent="Ana")
    await terminal.shows("Ana I am [2Ja person")
    await terminal.shows("Ana has taken over")
    terminal.type("/help\r")
    await terminal.shows("the number or the title of a button")
    terminal.type("/quit\r")
    await terminal.shows("Goodbye.")

    assert await terminal.ends() == 0


async def test_what_was_typed_so_far_is_put_back_under_a_message(
    desk: ScriptedDesk, terminal: Terminal, tmp_path: Path
) -> None:
    await terminal.start(tmp_path, "--url", desk.url)
    await terminal.shows("you › ")
    terminal.type("half a li")
    await terminal.shows("half a li")
    desk.talk.add("desk", "a notice")
    await terminal.shows("a notice")
    await terminal.shows("you › half a li")
    terminal.type("ne\r")
    await terminal.shows("you said half a line")


async def test_ctrl_c_leaves_in_french_and_the_terminal_echoes_again(
    desk: ScriptedDesk, terminal: Terminal, tmp_path: Path
) -> None:
    await terminal.start(tmp_path, "--url", desk.url, "--lang", "fr")
    await terminal.shows("vous › ")
    assert terminal.process is not None
    terminal.process.send_signal(signal.SIGINT)
    await terminal.shows("Au revoir.")

    assert await terminal.ends() == 0
    assert termios.tcgetattr(terminal.theirs) == terminal.before


async def test_lost_contact_is_shown_where_one_types(terminal: Terminal, tmp_path: Path) -> None:
    desk = ScriptedDesk()
    async with desk.running():
        await terminal.start(tmp_path, "--url", desk.url, "--patience", "1")
        await terminal.shows("you › ")
    await terminal.shows("reconnecting… › ")
    await terminal.shows("no desk answered at")

    assert await terminal.ends() == 2


async def test_without_a_desk_it_says_so_in_a_sentence(tmp_path: Path) -> None:
    ran = await chat(tmp_path, "http://127.0.0.1:9", "", script=False)

    assert ran.code == 2
    assert ran.errors == "guichet: no desk answers at http://127.0.0.1:9: start it with `make run`.\n"


async def test_piped_lines_are_answered_before_it_leaves(desk: ScriptedDesk, tmp_path: Path) -> None:
    desk.answer_seconds = 0.3
    ran = await chat(tmp_path, desk.url, "hello\n", script=False)

    assert ran.code == 0
    assert "you said hello" in ran.texts[0]
    assert "\x1b" not in ran.texts[0]


def test_both_languages_say_the_same_things() -> None:
    english, french = BY_LANGUAGE["en"], BY_LANGUAGE["fr"]

    assert set(english) == set(french)
    for key, text in english.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", french[key])), key
