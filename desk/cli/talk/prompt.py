"""The line where the person types, which what others say must not garble."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from types import ModuleType

from rich.console import Console

from desk.cli.talk.lines import ReadLine, from_descriptor

try:
    import readline as _readline
except ImportError:  # not everywhere; then the half-typed line is not shown again, but not lost either
    _readline_module: ModuleType | None = None
else:
    _readline_module = _readline

ERASE = "\r\x1b[2K"


class Prompt:
    """A prompt whose word may change while somebody types: its width stays, so the cursor does too."""

    def __init__(self, console: Console, width: int, word: str) -> None:
        self._console, self._width, self._word = console, width, word
        self._is_terminal = console.is_terminal and sys.stdin.isatty()
        self.is_waiting = False

    @property
    def text(self) -> str:
        return f"{self._word[: self._width]:>{self._width}} › "

    def reader(self) -> ReadLine:
        """How lines are read: typed with a prompt, or from a pipe."""
        return self._typed if self._is_terminal else from_descriptor(sys.stdin.fileno())

    def _typed(self) -> str | None:
        try:
            return input(self.text)
        except (EOFError, OSError):
            return None

    def word(self, word: str) -> None:
        """Show what is going on in place of who writes."""
        if word != self._word:
            self._word = word
            with self.aside():
                pass

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Take the prompt away, print, and put it back with what was typed so far."""
        is_shown = self.is_waiting and self._is_terminal
        if is_shown:
            self._write(ERASE)
        yield
        if is_shown:
            typed = _readline_module.get_line_buffer() if _readline_module else ""
            self._write(self.text + typed)

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self._console.file.write(text)
            self._console.file.flush()
