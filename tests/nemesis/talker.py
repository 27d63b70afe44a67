"""What all scripted people have in common, whatever they talk through."""

from __future__ import annotations

import asyncio
import itertools
import random
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from desk.client import Ack, Message
from tests.nemesis.checks import Shown
from tests.nemesis.words import INSTEAD, KINDS, WORDS


def chance(seed: int) -> random.Random:
    """Numbers that are the same for the same seed; nothing is hidden behind them."""
    return random.Random(seed)  # noqa: S311


class Viewer(Protocol):
    """Something that shows a conversation."""

    @property
    def last_seq(self) -> int:
        """The last line it shows; nothing that it shows is still on its way."""


@dataclass
class Line:
    """Something said, and every acknowledgement it got."""

    client_id: str
    text: str | None
    button: str | None = None
    acks: list[Ack] = field(default_factory=list)
    is_refused: bool = False


@dataclass
class Talker(ABC):
    """Somebody with one conversation and numbered things to say."""

    number: int
    language: str
    rng: random.Random
    counts: Counter[str]
    when_acked: Callable[[], None] = lambda: None
    lines: list[Line] = field(default_factory=list)
    wishes: list[str] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    @abstractmethod
    def conversation(self) -> str: ...

    @property
    @abstractmethod
    def viewers(self) -> Sequence[Viewer]:
        """Everything that shows the conversation."""

    @abstractmethod
    async def come_in(self, url: str) -> None:
        """Open the conversation, everywhere."""

    @abstractmethod
    async def leave(self) -> None:
        """The conversation stays."""

    @abstractmethod
    async def say(self, kind: str) -> None:
        """One thing, in one of the ways in which lines arrive in life."""

    @abstractmethod
    async def once(self, kind: str) -> None:
        """One thing, and wait until it is acknowledged."""

    @abstractmethod
    async def double(self, kind: str) -> None:
        """One thing, in a way that has it sent several times."""

    @abstractmethod
    def _tickets(self) -> list[str]:
        """Those that this person has been told of."""

    def views(self) -> list[dict[int, Message]]:
        """What each client of the protocol shows."""
        return []

    def pages(self) -> list[list[Shown]]:
        """What each page shows, in the order in which it shows it."""
        return []

    def typed(self) -> list[str]:
        """What was typed into a page that took it."""
        return []

    async def calm(self) -> None:  # noqa: B027 - most have nothing to do for it
        """Nothing is done to the connection any more."""

    async def speak(self, is_enough: Callable[[], bool], pause: Callable[[], float]) -> None:
        """Say things until it is enough."""
        while not is_enough():
            kind = self.wishes.pop(0) if self.wishes else self._choose()
            await self.say(kind)
            self._woken.clear()
            if not self.wishes:
                try:
                    await asyncio.wait_for(self._woken.wait(), self.rng.uniform(0.2, 1.8) * pause())
                except TimeoutError:
                    continue

    def wish(self, kind: str) -> None:
        """Have this said next."""
        self.wishes.append(kind)
        self._woken.set()

    def _note_ack(self, line: Line, ack: Ack) -> None:
        line.acks.append(ack)
        if len(line.acks) == 1:
            self.when_acked()

    def _line(self, kind: str, **values: Any) -> Line:
        ticket = self.rng.choice(told) if (told := self._tickets()) else None
        kind = INSTEAD.get(kind, kind) if kind != "comment" or ticket is None else kind
        words = self.rng.choice(WORDS[self.language][kind])
        # By the number a line is known again.
        text = f"{words.replace('{ticket}', ticket or '')} {self.number}.{next(self._numbers)}"
        line = Line(values.get("client_id", ""), text)
        self.lines.append(line)
        return line

    def _choose(self) -> str:
        return self.rng.choices(list(KINDS), list(KINDS.values()))[0]
