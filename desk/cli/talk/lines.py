"""Lines from standard input, one at a time and only when asked for, without holding up the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import threading
from collections.abc import Callable
from typing import Any

ReadLine = Callable[[], str | None]
_CHUNK = 65536


class Lines:
    """Reads in a thread that does not keep the program from ending while it waits."""

    def __init__(self, read: ReadLine) -> None:
        self._read = read
        self._wishes: queue.SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Future[str | None]]]
        self._wishes = queue.SimpleQueue()
        threading.Thread(target=self._serve, name="input", daemon=True).start()

    async def next(self) -> str | None:
        """The next line without its end; None when there are no more."""
        loop = asyncio.get_running_loop()
        line: asyncio.Future[str | None] = loop.create_future()
        self._wishes.put((loop, line))
        return await line

    def _serve(self) -> None:
        while True:
            loop, line = self._wishes.get()
            text = self._read()
            # The loop may be gone: nobody waits for the line any more.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_give, line, text)


async def first_of(line: asyncio.Future[str | None], end: asyncio.Future[None]) -> None:
    """Wait for the line; when the visit ends first, raise what ended it."""
    waiting: set[asyncio.Future[Any]] = {line, end}
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    if not line.done():
        end.result()


def from_descriptor(descriptor: int) -> ReadLine:
    """Lines of a pipe or file, as UTF-8.

    Not through `sys.stdin`: its lock, held by a thread that waits, would break the interpreter's exit.
    """
    rest, is_at_end = b"", False

    def read() -> str | None:
        nonlocal rest, is_at_end
        while b"\n" not in rest and not is_at_end:
            chunk = _chunk(descriptor)
            rest, is_at_end = rest + chunk, not chunk
        if is_at_end and not rest:
            return None
        line, _, rest = rest.partition(b"\n")
        return line.removesuffix(b"\r").decode("utf-8", "replace")

    return read


def _chunk(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _CHUNK)
    except OSError:
        return b""


def _give(line: asyncio.Future[str | None], text: str | None) -> None:
    if not line.done():
        line.set_result(text)
