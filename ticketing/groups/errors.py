"""Why a group cannot be added, changed or found."""

from __future__ import annotations

from ticketing.tickets.errors import TicketingError


class GroupUnknown(TicketingError):
    """No group has this key."""

    code = "group_unknown"

    def __init__(self, key: str) -> None:
        super().__init__(f"there is no group {key!r}; `guichet group list` shows them")
        self.key = key


class GroupRefused(TicketingError):
    """A group cannot be so; the text says what is wrong, for whoever administers the desk."""

    code = "group_refused"
