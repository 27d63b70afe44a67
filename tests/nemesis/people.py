"""Scripted people with clients of the protocol: each has several, all of which look and may speak."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from desk.client import DeskClient, Message, Position, Refused
from tests.nemesis.talker import Line, Talker, Viewer
from tests.nemesis.words import PERSON_BUTTONS

PATIENCE_SECONDS = 120.0
TURN_SECONDS = 60.0
FORM_SAYS = ("utter_ask_", "utter_summary")
# What was offered last is what people look at.
FRESH = 0.85
LONGEST_FORM = 9


@dataclass
class Person(Talker):
    """Looked at by two sockets and one long poll."""

    clients: list[DeskClient] = field(default_factory=list)

    @property
    def viewers(self) -> Sequence[Viewer]:
        return self.clients

    @property
    def conversation(self) -> str:
        position = self.clients[0].position
        assert position is not None
        return position.conversation

    async def come_in(self, url: str) -> None:
        """The first client opens the conversation, the others join it."""
        first = DeskClient(url, "demo", language=self.language, transport="socket", patience=PATIENCE_SECONDS)
        await first.open(new=True)
        self.clients.append(first)
        position = first.position
        assert position is not None
        for way in ("socket", "poll"):
            other = DeskClient(
                url,
                "demo",
                language=self.language,
                token=first.token,
                transport="poll" if way == "poll" else "socket",
                patience=PATIENCE_SECONDS,
            )
            await other.open(position=Position(position.conversation, position.epoch, 0))
            self.clients.append(other)

    async def leave(self) -> None:
        """The conversation stays."""
        await asyncio.gather(*(client.close() for client in self.clients))

    async def say(self, kind: str) -> None:
        """One thing, in one of the ways in which lines arrive in life."""
        if (button := self._button(kind)) is not None:
            await self._press(button)
        elif kind == "whole form":
            await self._fill_in()
        else:
            way = self.rng.choices((self.once, self.double, self._burst, self._again), (60, 20, 10, 10))[0]
            await way(kind)
        if self.rng.random() < 0.1:
            self.rng.choice(self.clients).cut()
            self.counts["sockets and polls cut"] += 1
        if self.lines and self.rng.random() < 0.6:
            await self._hear(self.lines[-1])

    def _button(self, kind: str) -> str | None:
        """Any that is offered, or the one that asks for a person."""
        client = self.clients[0]
        if kind == "person":
            return next((each.id for title in PERSON_BUTTONS if (each := client.find_button(title))), None)
        if kind != "button" or not client.offers:
            return None
        fresh = [each for each in client.offers if each.seq == client.offers[-1].seq]
        return self.rng.choice(fresh if self.rng.random() < FRESH else client.offers).id

    async def once(self, kind: str) -> None:
        """By one client, which waits for the acknowledgement."""
        await self._send(self.rng.choice(self.clients), self._line(kind, client_id=uuid.uuid4().hex))

    async def double(self, kind: str) -> None:
        """The same line at once by every client, and twice more without waiting for an answer."""
        line = self._line(kind, client_id=uuid.uuid4().hex)
        client = self.rng.choice(self.clients)
        frame = {"type": "send", "client_id": line.client_id, "text": line.text}
        raw = (client.push(frame), client.push(frame))
        self.counts["duplicates sent"] += len(self.clients) + 1
        await asyncio.gather(*(self._send(each, line) for each in self.clients), *raw)

    async def _burst(self, kind: str) -> None:
        """Three lines at once over three connections: in which order they arrive is chance."""
        self.counts["lines sent out of order"] += 3
        lines = [self._line(kind, client_id=uuid.uuid4().hex) for _ in self.clients]
        self.rng.shuffle(lines)
        await asyncio.gather(
            *(self._send(client, line) for client, line in zip(self.clients, lines, strict=True))
        )

    async def _fill_in(self) -> None:
        """A form to its end: the first button of every question, words where there is none."""
        await self.once("form")
        for _ in range(LONGEST_FORM):
            for line in self.lines[-2:]:
                await self._hear(line)
            messages = self.clients[0].messages
            asked = messages[max(messages)] if messages else None
            # Whoever is needed for a fault leaves it there.
            if self.wishes or asked is None or not (asked.says or "").startswith(FORM_SAYS):
                return
            if asked.buttons:
                await self._press(asked.buttons[0].id)
            else:
                await self.once("question")

    async def _again(self, kind: str) -> None:
        """An old line once more, long after its acknowledgement."""
        old = [line for line in self.lines if line.acks]
        if not old:
            return await self.once(kind)
        self.counts["duplicates sent"] += 1
        await self._send(self.rng.choice(self.clients), self.rng.choice(old))

    async def _press(self, button: str) -> None:
        """Two clients press the same button, each as a line of its own: one of them is refused."""
        lines = [Line(uuid.uuid4().hex, None, button) for _ in range(2)]
        self.lines += lines
        self.counts["buttons pressed"] += 1
        await asyncio.gather(
            *(self._send(client, line) for client, line in zip(self.clients[:2], lines, strict=True))
        )

    async def _send(self, client: DeskClient, line: Line) -> None:
        try:
            ack = await client.send(line.text, button=line.button, client_id=line.client_id)
        except Refused as refused:
            if refused.code != "button_refused":
                raise
            line.is_refused = True
            self.counts["buttons refused"] += 1
            return
        self._note_ack(line, ack)

    async def _hear(self, line: Line) -> None:
        turns = [ack.turn for ack in line.acks if ack.turn is not None]
        if turns:
            try:
                await self.clients[0].turn_done(turns[0], TURN_SECONDS)
            except TimeoutError:
                # The checkers say whether that was too long; the desk may have been killed again and again.
                self.counts["turns not heard of within a minute"] += 1

    def _tickets(self) -> list[str]:
        return [message.ticket for message in self.clients[0].messages.values() if message.ticket]

    def views(self) -> list[dict[int, Message]]:
        """What each client shows."""
        return [dict(client.messages) for client in self.clients]
