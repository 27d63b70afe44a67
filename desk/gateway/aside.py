"""What could not be done is left alone for a while, so that the rest of a sweep does not wait for it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from storage.database import DatabaseUnavailable

log = logging.getLogger(__name__)

SET_ASIDE = timedelta(minutes=10)


class Aside:
    """The tickets, or problems, that a sweep leaves alone.

    Args:
        event: what the log says of one that could not be done, and under which name its id stands there.
    """

    def __init__(self, event: str, id_name: str) -> None:
        self._event, self._id_name = event, id_name
        self._since: dict[int, datetime] = {}

    def at(self, now: datetime) -> tuple[int, ...]:
        """Their ids."""
        # Also when the clock was put back: nothing stays aside for longer than that.
        self._since = {each: since for each, since in self._since.items() if abs(now - since) < SET_ASIDE}
        return tuple(self._since)

    async def attempt(self, id_: int, now: datetime, deed: Callable[[], Awaitable[int]]) -> int:
        """Do something about one, which returns how much that was; what fails is set aside, and is 0."""
        try:
            return await deed()
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - the others must have their turn
            log.error(self._event, extra={self._id_name: id_, "error": type(error).__name__})
            self._since[id_] = now
            return 0
