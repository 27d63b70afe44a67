"""How the commands speak: plain lines, errors as one sentence."""

import sys
from contextlib import suppress

from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
err = Console(highlight=False, soft_wrap=True, stderr=True)


class CommandFailed(Exception):
    """A command could not do what it was asked; the text says why, in a sentence."""


def say(line: str) -> None:
    """One line for a person, also when nobody looks any more."""
    with suppress(OSError):
        out.print(line, markup=False)


def complain(line: str) -> None:
    with suppress(OSError):
        err.print(line, markup=False)


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 site`, `2 sites`; `many` where it is not the one with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def is_interactive() -> bool:
    return sys.stdout.isatty()
