"""Somebody who asks in the chat, through the protocol that the widget speaks."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable

from desk.client import DeskClient, Message
from desk.demo.people import DemoPerson, vouch_for
from desk.demo.site import SITE_KEY
from desk.demo.story.stage import PATIENCE_SECONDS, Stage, StoryStuck

OWN = "person"
ASSISTANT = "Guichet"


class Caller:
    """A person in the chat; what is said there is shown as it comes."""

    def __init__(self, person: DemoPerson, client: DeskClient, say: Callable[[str], None]) -> None:
        self.person, self._client, self._say = person, client, say
        self._shown = 0

    async def says(self, line: str) -> None:
        """Say something, and wait for the whole answer."""
        ack = await self._client.send(line)
        await self._answered(ack.turn, line)

    async def presses(self, title: str) -> None:
        """Press a button that was offered, and wait for the answer."""
        offer = self._client.find_button(title)
        if offer is None:
            raise StoryStuck(f"{self.person.name} was not offered the button “{title}”")
        ack = await self._client.send(button=offer.id)
        await self._answered(ack.turn, title)

    async def hears(self, part: str) -> None:
        """Wait for a message with this in it that was not shown yet, and show all there is."""
        try:
            await self._client.until(
                lambda: any(part in message.text for message in self._unshown()), PATIENCE_SECONDS
            )
        except TimeoutError:
            raise StoryStuck(f"{self.person.name} was not told “{part}”") from None
        self.shows()

    def shows(self) -> None:
        """Print what was said since; not what everybody is told who comes for the first time."""
        for message in self._unshown():
            if not self._shown and message.author != OWN:
                continue
            self._print(message)
            self._shown = message.seq

    def _unshown(self) -> list[Message]:
        return [each for seq, each in sorted(self._client.messages.items()) if seq > self._shown]

    async def _answered(self, turn: int | None, line: str) -> None:
        if turn is None:
            raise StoryStuck(f"nobody answers {self.person.name}'s “{line}”")
        try:
            await self._client.turn_done(turn, PATIENCE_SECONDS)
        except TimeoutError:
            raise StoryStuck(f"{self.person.name}'s “{line}” was not answered") from None
        self.shows()

    def _print(self, message: Message) -> None:
        name = self.person.name if message.author == OWN else message.agent or ASSISTANT
        first, *rest = [line for line in message.text.splitlines() if line.strip()] or [""]
        self._say(f"  {name}: {first}")
        for line in rest:
            self._say(f"      {line}")
        for source in message.sources:
            self._say(f"      ({source.title})")
        if message.buttons:
            self._say("      " + "  ".join(f"[{button.title}]" for button in message.buttons))


@contextlib.asynccontextmanager
async def a_caller(stage: Stage, person: DemoPerson, say: Callable[[str], None]) -> AsyncIterator[Caller]:
    """The person opens the counter on the intranet, whose host vouches for them."""
    client = DeskClient(
        stage.settings.local_url,
        SITE_KEY,
        identity=lambda: vouch_for(person, stage.host_key, stage.clock()),
        language=person.language,
    )
    async with client:
        await client.open(new=True)
        yield Caller(person, client, say)
