"""When the outbox tries again, and when it gives up. No I/O."""

from __future__ import annotations

from datetime import timedelta

MAX_ATTEMPTS = 24
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(hours=1)

KEPT = timedelta(days=30)
"""How long after it was written something that does not wait can be looked at; then its words and its
recipient are forgotten (TRUST GD-6)."""

CLAIM = timedelta(seconds=60)
"""How long a taken parcel is left to its taker before it is due again."""


def next_delay(attempts: int) -> timedelta:
    """Doubling from five seconds to an hour: 24 attempts span about 14 hours, a server's bad night."""
    doublings = min(max(0, attempts - 1), 20)
    return min(FIRST_DELAY * (1 << doublings), LONGEST_DELAY)


def is_dead(attempts: int) -> bool:
    """Whether the last attempt has been made."""
    return attempts >= MAX_ATTEMPTS
