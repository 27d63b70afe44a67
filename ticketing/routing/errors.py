"""Why a category or a rule cannot be so."""

from __future__ import annotations

from collections.abc import Sequence

from ticketing.tickets.errors import TicketingError


class CategoryUnknown(TicketingError):
    """No category has this key."""

    code = "category_unknown"

    def __init__(self, key: str) -> None:
        super().__init__(f"there is no category {key!r}; `guichet route category list` shows them")
        self.key = key


class CategoryNotChosen(TicketingError):
    """Somebody chose a category that no ticket can get; the text names those that one can."""

    code = "category_unknown"

    def __init__(self, key: str, *, is_off: bool, choice: Sequence[str]) -> None:
        why = f"the category {key!r} is switched off" if is_off else f"there is no category {key!r}"
        super().__init__(f"{why}; there are {', '.join(choice)}")
        self.key, self.choice = key, tuple(choice)


class RuleUnknown(TicketingError):
    """No rule has this key."""

    code = "rule_unknown"

    def __init__(self, key: str) -> None:
        super().__init__(f"there is no rule {key!r}; `guichet route list` shows them")
        self.key = key


class RoutingRefused(TicketingError):
    """A category or a rule cannot be so; the text says what is wrong, for whoever administers the desk."""

    code = "routing_refused"
