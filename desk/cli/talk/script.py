"""`guichet chat --json`: lines in, JSON objects out, turn by turn, for scripts."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TextIO
from urllib.parse import urljoin

from desk.cli.talk.lines import Lines, first_of
from desk.cli.talk.viewer import Viewer
from desk.client import Ack, DeskClient, LedgerReplaced, Message, Offer, Refused

Out = Callable[[dict[str, Any]], None]
BUTTON = "button:"
# How long what the desk says by itself at the beginning may take to arrive.
GREETING_SECONDS = 5.0


def to_stream(stream: TextIO) -> Out:
    """Each object is a line of its own, and out at once."""

    def out(row: dict[str, Any]) -> None:
        stream.write(json.dumps(row, ensure_ascii=False) + "\n")
        stream.flush()

    return out


class ScriptListener(Viewer):
    """Prints what the others say."""

    def __init__(self, url: str, out: Out) -> None:
        self._base, self._out = url.rstrip("/") + "/", out

    def on_message(self, message: Message) -> None:
        if message.author == "person":
            return
        status = self.client.status if self.client else None
        self._out(
            {
                "seq": message.seq,
                "author": message.author,
                "text": message.text,
                "buttons": [button.title for button in message.buttons],
                "sources": [
                    {"title": source.title, "url": urljoin(self._base, source.url), "slug": source.slug}
                    for source in message.sources
                ],
                "ticket": message.ticket,
                "speaker": status.speaker if status else None,
                "says": message.says,
                "notice": message.notice,
            }
        )

    def on_reload(self, reason: str) -> None:
        self._out({"error": "reload", "detail": reason})


@dataclass(frozen=True)
class Said:
    """What one line of input asks for: a button to press, or lines that a person types in one go."""

    lines: tuple[str, ...] = ()
    button: str | None = None


def read_input(line: str) -> Said:
    """A line of input: a text, `button:TITLE`, or as JSON {"lines": […]}, {"text": …}, {"button": …}.

    Anything else that looks like JSON is a text: people paste such things.
    """
    if line.startswith(BUTTON):
        return Said(button=line.removeprefix(BUTTON).strip())
    with contextlib.suppress(ValueError):
        match json.loads(line) if line.lstrip().startswith("{") else None:
            case {"lines": [str(), *_] as lines, **rest} if not rest and all(map(_is_text, lines)):
                return Said(tuple(text for text in lines if text.strip()))
            case {"text": str(text), **rest} if not rest and text.strip():
                return Said((text,))
            case {"button": str(title), **rest} if not rest:
                return Said(button=title)
    return Said((line,))


def _is_text(value: object) -> bool:
    return isinstance(value, str)


async def run_script(client: DeskClient, lines: Lines, out: Out, after_turn: Callable[[], None]) -> None:
    """Until the end of the input; a turn ends before the next line is read."""
    with contextlib.suppress(TimeoutError):
        # What the desk says first comes first.
        await client.until(lambda: _has_everything(client), GREETING_SECONDS)
    turn = 0
    while (line := await _next_line(client, lines)) is not None:
        if not line.strip():
            continue
        turn += 1
        out({"turn": turn, "ms": await _say(client, read_input(line), out)})
        after_turn()


def find_offer(client: DeskClient, wanted: str) -> Offer | None:
    """A button that was not pressed: by its title, or its number in the latest message that has any."""
    if (offer := client.find_button(wanted)) is not None or not wanted.isdecimal():
        return offer
    rows = [message.buttons for _, message in sorted(client.messages.items()) if message.buttons]
    latest = rows[-1] if rows else ()
    if not 1 <= int(wanted) <= len(latest):
        return None
    return next((offer for offer in client.offers if offer.id == latest[int(wanted) - 1].id), None)


def _has_everything(client: DeskClient) -> bool:
    return client.status is not None and client.last_seq >= client.status.last_seq


async def _next_line(client: DeskClient, lines: Lines) -> str | None:
    """The next line, unless the visit ends while waiting for it."""
    line = asyncio.ensure_future(lines.next())
    end = asyncio.ensure_future(client.until(lambda: False))
    try:
        await first_of(line, end)
        return line.result()
    finally:
        line.cancel()
        end.cancel()


async def _say(client: DeskClient, said: Said, out: Out) -> float:
    """Send it and wait for its turn; how long that took, in milliseconds from the first accepted send."""
    if said.button is not None and find_offer(client, said.button) is None:
        out({"error": "no_such_button", "detail": said.button})
        return 0.0
    sent_at = _now()
    try:
        acks = await _send(client, said)
        sent_at = min((ack.sent_at for ack in acks), default=sent_at)
        if turns := [ack.turn for ack in acks if ack.turn is not None]:
            await client.turn_done(max(turns))
    except (Refused, LedgerReplaced) as error:
        if client.why_ended is not None:
            raise
        code = error.code if isinstance(error, Refused) else "ledger_replaced"
        out({"error": code, "detail": str(error)})
    return round((_now() - sent_at) * 1000, 1)


async def _send(client: DeskClient, said: Said) -> list[Ack]:
    if said.button is None:
        return [await client.send(text) for text in said.lines]
    offer = find_offer(client, said.button)
    return [await client.send(button=offer.id)] if offer is not None else []


def _now() -> float:
    return asyncio.get_running_loop().time()
