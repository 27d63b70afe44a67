"""`guichet chat --json`: lines in, JSON objects out, turn by turn, for scripts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, TextIO
from urllib.parse import urljoin

from desk.cli.talk.lines import Lines, first_of
from desk.cli.talk.viewer import Viewer
from desk.client import DeskClient, LedgerReplaced, Message, Refused

Out = Callable[[dict[str, Any]], None]
BUTTON = "button:"


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
            }
        )

    def on_reload(self, reason: str) -> None:
        self._out({"error": "reload", "detail": reason})


async def run_script(client: DeskClient, lines: Lines, out: Out, after_turn: Callable[[], None]) -> None:
    """Until the end of the input; a turn ends before the next line is read."""
    turn = 0
    while (line := await _next_line(client, lines)) is not None:
        if not line.strip():
            continue
        turn += 1
        out({"turn": turn, "ms": await _say(client, line, out)})
        after_turn()


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


async def _say(client: DeskClient, line: str, out: Out) -> float:
    """Send a line and wait for its turn; how long that took, in milliseconds from the accepted send."""
    text: str | None = line
    button = None
    if line.startswith(BUTTON):
        title = line.removeprefix(BUTTON).strip()
        if (offer := client.find_button(title)) is None:
            out({"error": "no_such_button", "detail": title})
            return 0.0
        text, button = None, offer.id
    sent_at = _now()
    try:
        ack = await client.send(text, button=button)
        sent_at = ack.sent_at
        if ack.turn is not None:
            await client.turn_done(ack.turn)
    except (Refused, LedgerReplaced) as error:
        if client.why_ended is not None:
            raise
        code = error.code if isinstance(error, Refused) else "ledger_replaced"
        out({"error": code, "detail": str(error)})
    return round((_now() - sent_at) * 1000, 1)


def _now() -> float:
    return asyncio.get_running_loop().time()
