"""Why a rule of escalation cannot be found or cannot be so."""

from __future__ import annotations

from ticketing.tickets.errors import TicketingError


class EscalationRuleUnknown(TicketingError):
    """No rule of escalation has this key."""

    code = "escalation_rule_unknown"

    def __init__(self, key: str) -> None:
        super().__init__(f"there is no escalation rule {key!r}; `guichet escalation list` shows them")
        self.key = key


class EscalationRuleRefused(TicketingError):
    """A rule cannot be so; the text says what is wrong, for whoever administers the desk."""

    code = "escalation_rule_refused"
