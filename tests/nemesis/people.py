"""Scripted people: each has a conversation, several clients looking at it, and numbered things to say."""

from __future__ import annotations

import asyncio
import itertools
import random
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from desk.client import Ack, DeskClient, Message, Position, Refused

PATIENCE_SECONDS = 120.0
TURN_SECONDS = 60.0
FORM_SAYS = ("utter_ask_", "utter_summary")
PERSON_BUTTONS = ("Talk to a person", "Parler à une personne")
# What was offered last is what people look at.
FRESH = 0.85
LONGEST_FORM = 9

WORDS = {
    "en": {
        "question": (
            "how do I connect to the VPN",
            "my printer does not print",
            "how do I reset my password",
            "my mailbox is full",
            "the wifi does not work",
        ),
        "talk": ("hello", "thank you", "are you a robot", "what can you do", "goodbye"),
        # Nothing is left to ask: what it is about is said, so no form follows.
        "ticket": (
            "I want to speak to a human being, my printer is broken",
            "I want to talk to a real person about my broken printer",
            "please let me talk to a human being about my broken scanner",
        ),
        "form": ("open a ticket please", "I want to open a ticket", "the whole floor has no internet"),
        "comment": ("please add to {ticket} that it got worse over night",),
        "lost": (
            "the blue thing in the cellar hums at night",
            "qwrtz plmpf",
            "/restart",
            '/open_ticket{"a":1}',
        ),
    },
    "fr": {
        "question": (
            "comment me connecter au VPN",
            "mon imprimante n'imprime pas",
            "comment changer mon mot de passe",
            "ma boîte aux lettres est pleine",
            "le wifi ne marche pas",
        ),
        "talk": ("bonjour", "merci beaucoup", "es-tu un robot", "que sais-tu faire", "au revoir"),
        "ticket": (
            "je voudrais parler à une vraie personne pour mon écran noir",
            "je veux parler à un humain pour mon imprimante cassée, toujours en panne",
            "je veux parler à un vrai humain au sujet de mon scanner cassé",
        ),
        "form": ("ouvrir un ticket", "je veux ouvrir un ticket", "tout l'étage n'a plus internet"),
        "comment": ("ajoutez au {ticket} que cela a empiré pendant la nuit",),
        "lost": ("la chose bleue de la cave bourdonne la nuit", "qwrtz plmpf", "/restart"),
    },
}
KINDS = {
    "question": 34,
    "talk": 20,
    "ticket": 9,
    "form": 4,
    "whole form": 4,
    "comment": 4,
    "lost": 8,
    "person": 5,
    "button": 16,
}
# What is said where there is no button to press, and no ticket to add to.
INSTEAD = {"button": "lost", "person": "question", "comment": "ticket"}


def chance(seed: int) -> random.Random:
    """Numbers that are the same for the same seed; nothing is hidden behind them."""
    return random.Random(seed)  # noqa: S311


@dataclass
class Line:
    """Something said, and every acknowledgement it got."""

    client_id: str
    text: str | None
    button: str | None = None
    acks: list[Ack] = field(default_factory=list)
    is_refused: bool = False


@dataclass
class Person:
    """One conversation, looked at by two sockets and one long poll, all of which may speak."""

    number: int
    language: str
    rng: random.Random
    counts: Counter[str]
    when_acked: Callable[[], None] = lambda: None
    clients: list[DeskClient] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    wishes: list[str] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

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
        await self._send(self.rng.choice(self.clients), self._line(kind))

    async def double(self, kind: str) -> None:
        """The same line at once by every client, and twice more without waiting for an answer."""
        line = self._line(kind)
        client = self.rng.choice(self.clients)
        frame = {"type": "send", "client_id": line.client_id, "text": line.text}
        raw = (client.push(frame), client.push(frame))
        self.counts["duplicates sent"] += len(self.clients) + 1
        await asyncio.gather(*(self._send(each, line) for each in self.clients), *raw)

    async def _burst(self, kind: str) -> None:
        """Three lines at once over three connections: in which order they arrive is chance."""
        self.counts["lines sent out of order"] += 3
        lines = [self._line(kind) for _ in self.clients]
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
        line.acks.append(ack)
        if len(line.acks) == 1:
            self.when_acked()

    async def _hear(self, line: Line) -> None:
        turns = [ack.turn for ack in line.acks if ack.turn is not None]
        if turns:
            try:
                await self.clients[0].turn_done(turns[0], TURN_SECONDS)
            except TimeoutError:
                # The checkers say whether that was too long; the desk may have been killed again and again.
                self.counts["turns not heard of within a minute"] += 1

    def _line(self, kind: str) -> Line:
        ticket = self._ticket()
        kind = INSTEAD.get(kind, kind) if kind != "comment" or ticket is None else kind
        words = self.rng.choice(WORDS[self.language][kind])
        # By the number a line is known again.
        text = f"{words.replace('{ticket}', ticket or '')} {self.number}.{next(self._numbers)}"
        line = Line(uuid.uuid4().hex, text)
        self.lines.append(line)
        return line

    def _ticket(self) -> str | None:
        """One that this person has been told of."""
        told = [message.ticket for message in self.clients[0].messages.values() if message.ticket]
        return self.rng.choice(told) if told else None

    def _choose(self) -> str:
        return self.rng.choices(list(KINDS), list(KINDS.values()))[0]

    def views(self) -> list[dict[int, Message]]:
        """What each client shows."""
        return [dict(client.messages) for client in self.clients]
