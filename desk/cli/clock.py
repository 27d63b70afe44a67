"""What time it is for the commands: that of the machine, unless a story is told at another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime


def _machine() -> datetime:
    return datetime.now(UTC)


_clock: ContextVar[Callable[[], datetime]] = ContextVar("clock", default=_machine)


def now() -> datetime:
    """The present moment, in UTC."""
    return _clock.get()()


@contextmanager
def reading(source: Callable[[], datetime]) -> Iterator[None]:
    """Commands that run within read this clock."""
    before = _clock.set(source)
    try:
        yield
    finally:
        _clock.reset(before)
