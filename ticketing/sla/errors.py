"""Why a service level cannot be found or cannot be so."""

from __future__ import annotations

from ticketing.tickets.errors import TicketingError


class LevelUnknown(TicketingError):
    """No service level has this key."""

    code = "level_unknown"

    def __init__(self, key: str) -> None:
        super().__init__(f"there is no service level {key!r}; `guichet sla list` shows them")
        self.key = key


class LevelRefused(TicketingError):
    """A service level cannot be so; the text says what is wrong, for whoever administers the desk."""

    code = "level_refused"
