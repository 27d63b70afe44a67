"""`guichet chat` for people: a conversation in the terminal."""

from __future__ import annotations

import asyncio
import contextlib
import unicodedata
from collections.abc import Mapping
from urllib.parse import urljoin

from rich.console import Console, Group
from rich.style import Style
from rich.table import Table
from rich.text import Text

from desk.cli.talk.lines import Lines, first_of
from desk.cli.talk.prompt import Prompt
from desk.cli.talk.viewer import Viewer
from desk.client import Button, DeskClient, LedgerReplaced, Link, Message, Offer, Refused, Status

GUTTER = 13
LAST_TURN_SECONDS = 30.0
STYLES = {"assistant": "cyan", "agent": "bold magenta", "desk": "dim", "person": "green"}


class Screen(Viewer):
    """Shows what is said as it comes, above the line that is being typed."""

    def __init__(self, console: Console, texts: Mapping[str, str], url: str) -> None:
        self.console, self.texts = console, texts
        self.prompt = Prompt(console, GUTTER, texts["you"])
        self._base = url.rstrip("/") + "/"
        self._buttons: tuple[Button, ...] = ()
        self._speaker = "assistant"
        self._is_up = self._is_thinking = False
        self._sending = 0
        self._typing: asyncio.TimerHandle | None = None

    # What the desk says

    def on_message(self, message: Message) -> None:
        if message.author == "person" and self._is_own(message):
            return
        if message.author != "person":
            self._stop_typing()
        if message.buttons:
            self._buttons = message.buttons
        self._show(self._label(message), STYLES.get(message.author, ""), self._body(message))

    def on_status(self, status: Status) -> None:
        before, self._speaker, self._is_thinking = self._speaker, status.speaker, status.thinking
        if before != status.speaker:
            key = {"waiting": "waiting", "agent": "taken"}.get(status.speaker, "handed_back")
            self.notice(key, agent=_clean(status.agent or self.texts["agent"]))
        self._refresh()

    def on_typing(self, author: str, seconds: float) -> None:
        if author == "person":
            return
        self._stop_typing()
        self._typing = asyncio.get_running_loop().call_later(seconds, self._stop_typing)
        self._refresh()

    def on_link(self, link: Link) -> None:
        self._is_up = link is Link.UP
        self._refresh()

    def on_reload(self, reason: str) -> None:
        self._buttons = ()
        self.notice("reloaded")

    def on_problem(self, code: str, detail: str) -> None:
        self.notice("refused", why=_clean(detail or code))

    # What the person does

    async def run(self, lines: Lines) -> None:
        """Until the person leaves or the visit ends."""
        assert self.client is not None  # noqa: S101 - set before, for mypy
        end = asyncio.ensure_future(self.client.until(lambda: False))
        said: set[asyncio.Task[None]] = set()
        try:
            while (line := await self._next_line(lines, end)) is not None:
                word = line.strip()
                if word in ("/quit", "/q"):
                    break
                if word.startswith("/"):
                    self._command(word)
                elif word:
                    task = asyncio.create_task(self._say(self.client, word))
                    said.add(task)
                    task.add_done_callback(said.discard)
            await asyncio.gather(*said)
            if line is None:  # the end of the input is not the wish to leave before the answer
                await self._last_turn(self.client)
        finally:
            end.cancel()
            for task in said:
                task.cancel()

    def notice(self, key: str, **values: str) -> None:
        """A line of the terminal's own."""
        self._show("", "dim italic", Text(self.texts[key].format(**values)))

    async def _next_line(self, lines: Lines, end: asyncio.Future[None]) -> str | None:
        self.prompt.is_waiting = True
        line = asyncio.ensure_future(lines.next())
        try:
            await first_of(line, end)
            return line.result()
        finally:
            self.prompt.is_waiting = False
            line.cancel()

    async def _last_turn(self, client: DeskClient) -> None:
        if turns := [ack.turn for ack in client.acks.values() if ack.turn is not None]:
            with contextlib.suppress(TimeoutError, LedgerReplaced):
                await client.turn_done(max(turns), timeout=LAST_TURN_SECONDS)

    def _command(self, word: str) -> None:
        if word in ("/help", "/h", "/?"):
            self.notice("help")
        else:
            self.notice("unknown_command", command=_clean(word))

    async def _say(self, client: DeskClient, word: str) -> None:
        offer = self._pressed(client, word)
        self._sending += 1
        self._refresh()
        try:
            await (client.send(button=offer.id) if offer else client.send(word))
        except Refused as error:
            self.notice("refused", why=_clean(error.detail or error.code))
        finally:
            self._sending -= 1
            self._refresh()

    def _pressed(self, client: DeskClient, word: str) -> Offer | None:
        """The button that a number or a title stands for; numbers are those shown last."""
        if word.isdecimal() and 1 <= int(word) <= len(self._buttons):
            button = self._buttons[int(word) - 1]
            return next((offer for offer in client.offers if offer.id == button.id), None)
        return client.find_button(word)

    # How it looks

    def _is_own(self, message: Message) -> bool:
        """Own lines stand on the screen already; those of another window of the same person do not."""
        acks = self.client.acks.values() if self.client else ()
        return self._sending > 0 or any(ack.seq == message.seq for ack in acks)

    def _label(self, message: Message) -> str:
        if message.author == "agent":
            return _clean(message.agent or self.texts["agent"])
        return {"assistant": self.texts["assistant"], "person": self.texts["you"]}.get(message.author, "")

    def _body(self, message: Message) -> Group:
        parts = [Text(_clean(message.text), style="dim" if message.author == "desk" else "")]
        for source in message.sources:
            address = urljoin(self._base, source.url)
            link = Text(_clean(source.title), style=Style(link=_clean(address), underline=True))
            parts.append(
                Text(f"↗ {self.texts['source']}: ").append(link).append(f"  {_clean(address)}", "dim")
            )
        if message.ticket:
            parts.append(Text(f"# {self.texts['ticket']}: {_clean(message.ticket)}", style="bold"))
        for number, button in enumerate(message.buttons, start=1):
            parts.append(Text(f"[{number}] ", style="bold yellow").append(_clean(button.title), "yellow"))
        return Group(*parts)

    def _show(self, label: str, style: str, body: Text | Group) -> None:
        row = Table.grid(padding=(0, 1))
        row.add_column(width=GUTTER, justify="right", style=style, no_wrap=True)
        row.add_column(ratio=1)
        row.add_row(label, body)
        with self.prompt.aside():
            self.console.print(row)

    def _refresh(self) -> None:
        if not self._is_up:
            word = "offline"
        elif self._sending:
            word = "sending"
        elif self._is_thinking or self._typing is not None:
            word = "typing"
        else:
            word = "you"
        self.prompt.word(self.texts[word])

    def _stop_typing(self) -> None:
        if self._typing is not None:
            self._typing.cancel()
            self._typing = None
            self._refresh()


def _clean(text: str) -> str:
    """Without what a terminal would obey: control characters and changes of direction."""
    kept = (char for char in text if char == "\n" or unicodedata.category(char) not in ("Cc", "Cf", "Cs"))
    return "".join(kept)
