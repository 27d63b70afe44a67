"""How much one visitor, one address and everybody may ask of the web channel (TRUST WW-10). No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

_PRUNE_ABOVE = 10_000


@dataclass(frozen=True)
class WebLimits:
    """Bounds, from the settings."""

    messages_per_minute: int = 30
    message_burst: int = 5
    reads_per_minute: int = 120
    read_burst: int = 30
    calls_per_minute: int = 120
    call_burst: int = 60
    sessions_per_minute: int = 120
    handshakes_per_minute: int = 240
    uploads_per_minute: int = 30
    ratings_per_minute: int = 60
    ticket_pages_per_minute: int = 120
    sockets_per_visitor: int = 3
    sockets_per_address: int = 20
    sockets_total: int = 4_000
    characters: int = 4_000
    heartbeat_seconds: float = 25.0


class TooManySockets(Exception):
    """One more socket would be one too many for this visitor, this address or this desk."""


class SlowDown(Exception):
    """Asked for more often than may be; the same may be asked again after `wait` seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__(f"again in {wait:.3f} s")
        self.wait = wait


class TokenBuckets:
    """A token bucket per key: `burst` at once, refilled at `per_minute`."""

    def __init__(self, *, per_minute: int, burst: int, clock: Callable[[], float]) -> None:
        self._rate, self._burst, self._clock = per_minute / 60, burst, clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, key: str) -> float:
        """0.0 when the key may go on now, else how many seconds it has to wait first."""
        now = self._clock()
        tokens, at = self._buckets.get(key, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - at) * self._rate)
        if tokens < 1:
            self._buckets[key] = (tokens, now)
            return (1 - tokens) / self._rate
        self._buckets[key] = (tokens - 1, now)
        if len(self._buckets) > _PRUNE_ABOVE:
            self._prune(now)
        return 0.0

    def spend(self, key: str) -> None:
        """Go on.

        Raises:
            SlowDown: the key has to wait first.
        """
        if wait := self.take(key):
            raise SlowDown(wait)

    def _prune(self, now: float) -> None:
        """Forget whoever has a full bucket again: a new one would be the same."""
        full_after = self._burst / self._rate
        self._buckets = {k: (n, at) for k, (n, at) in self._buckets.items() if now - at < full_after}


@dataclass(frozen=True)
class Rates:
    """Who may do what how often: per session what is written, read and called, per address the rest."""

    messages: TokenBuckets
    reads: TokenBuckets
    # Hellos, polls, `since` and `typing`, each by itself.
    calls: TokenBuckets
    sessions: TokenBuckets
    handshakes: TokenBuckets
    uploads: TokenBuckets

    @classmethod
    def of(cls, limits: WebLimits, *, clock: Callable[[], float]) -> Rates:
        """Full buckets, as large as the limits say."""

        def buckets(per_minute: int, burst: int | None = None) -> TokenBuckets:
            return TokenBuckets(per_minute=per_minute, burst=burst or per_minute, clock=clock)

        return cls(
            messages=buckets(limits.messages_per_minute, limits.message_burst),
            reads=buckets(limits.reads_per_minute, limits.read_burst),
            calls=buckets(limits.calls_per_minute, limits.call_burst),
            sessions=buckets(limits.sessions_per_minute),
            handshakes=buckets(limits.handshakes_per_minute),
            uploads=buckets(limits.uploads_per_minute),
        )


class SocketCount:
    """Open sockets per visitor, per address and altogether."""

    def __init__(self, limits: WebLimits) -> None:
        self._limits = limits
        self._visitors: Counter[str] = Counter()
        self._addresses: Counter[str] = Counter()

    def of_address(self, address: str) -> Counted:
        """Count a socket from its handshake on.

        Raises:
            TooManySockets
        """
        limits = self._limits
        if self._addresses.total() >= limits.sockets_total:
            raise TooManySockets
        return Counted(self._addresses, address, limits.sockets_per_address)

    def of_visitor(self, session_id: str) -> Counted:
        """Count it for its visitor as well, once that is known; entering it raises as above."""
        return Counted(self._visitors, session_id, self._limits.sockets_per_visitor)


class Counted:
    """One more while the block runs. No generator: an open socket holds two of these for hours."""

    __slots__ = ("_counter", "_key", "_limit")

    def __init__(self, counter: Counter[str], key: str, limit: int) -> None:
        self._counter, self._key, self._limit = counter, key, limit

    def __enter__(self) -> None:
        if self._counter[self._key] >= self._limit:
            raise TooManySockets
        self._counter[self._key] += 1

    def __exit__(self, *_: object) -> None:
        self._counter[self._key] -= 1
        if not self._counter[self._key]:
            del self._counter[self._key]
