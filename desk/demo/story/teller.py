"""What a scene is told with: time, commands, what is said in the chat, and the mail."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from desk.demo.story.caller import Caller
from desk.demo.story.stage import Stage
from notices.mail.port import Letter
from notices.outbox.models import OutboxState
from notices.outbox.operations import outbox_counts

ZONE = ZoneInfo("Europe/Paris")
MOST_LETTERS = 1_000

Say = Callable[[str], None]
RunCommand = Callable[[list[str]], None]


@dataclass
class Teller:
    """What a scene is told with."""

    stage: Stage
    callers: Mapping[str, Caller]
    say: Say
    run: RunCommand
    _letters: int = 0

    def forward(self, *, day: int, hour: int, minute: int = 0, month: int = 4) -> None:
        """Let time pass until then."""
        self.stage.clock.put_forward(datetime(2026, month, day, hour, minute, tzinfo=ZONE))

    def scene(self, title: str) -> None:
        """Begin a scene: when it is, and what happens."""
        at = self.stage.clock().astimezone(ZONE)
        self.say("")
        self.say(f"── {at:%A} {at.day} {at:%B, %H:%M} ── {title}")
        self.say("")

    def remark(self, text: str) -> None:
        """Say something about what is seen."""
        self.say(f"  {text}")

    async def command(self, line: str) -> None:
        """Run what somebody of the team types, as it would run in a terminal."""
        self.say(f"  $ guichet {line}")
        await asyncio.to_thread(self.run, shlex.split(line))
        self.say("")

    def shows(self, letter: Letter) -> None:
        """A whole letter."""
        self.say("")
        for line in letter.text.splitlines():
            self.say(f"  │ {line}")
        self.say("")

    async def mail(self) -> list[Letter]:
        """Wait until everything is out; name the letters since the last time, oldest first."""
        await self.stage.until(_is_empty, "the outbox did not get empty")
        letters = self.stage.mail.newest(MOST_LETTERS)
        letters.reverse()
        new, self._letters = letters[self._letters :], len(letters)
        for letter in new:
            self.say(f"  ✉ {letter.to}  {letter.subject}")
        return new


def _is_empty(session: Session) -> bool:
    return outbox_counts(session)[OutboxState.WAITING] == 0
