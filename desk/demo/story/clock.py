"""The clock of a story: it goes as fast as the machine's, and is put forward between two scenes."""

from __future__ import annotations

import time
from datetime import datetime, timedelta


class StoryClock:
    """Begins at a moment of the story; never goes back, as what is on file is in order of time."""

    def __init__(self, begins: datetime) -> None:
        self._at, self._since = begins, time.monotonic()

    def __call__(self) -> datetime:
        """The present moment of the story."""
        return self._at + timedelta(seconds=time.monotonic() - self._since)

    def put_forward(self, to: datetime) -> None:
        """Go on from a later moment.

        Raises:
            ValueError: that moment has passed.
        """
        if to < self():
            raise ValueError(f"the story is at {self()} already, not at {to}")
        self._at, self._since = to, time.monotonic()
