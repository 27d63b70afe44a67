"""Why a calendar cannot be found or cannot be so."""

from __future__ import annotations

from ticketing.tickets.errors import TicketingError


class CalendarUnknown(TicketingError):
    """No calendar has this key."""

    code = "calendar_unknown"

    def __init__(self, key: str) -> None:
        super().__init__(f"there is no calendar {key!r}; `guichet calendar list` shows them")
        self.key = key


class CalendarRefused(TicketingError):
    """A calendar cannot be so; the text says what is wrong, for whoever administers the desk."""

    code = "calendar_refused"
