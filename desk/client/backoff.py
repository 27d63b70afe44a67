"""How long to wait before trying again."""

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0


def pause_before(attempt: int, chance: float) -> float:
    """The pause before attempt 1, 2, …: from 0.2 s, doubling up to 5 s, spread a little."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempt - 1, 10))
    return max(FIRST_PAUSE, longest * (0.75 + 0.25 * chance))
