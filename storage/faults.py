"""Where an error arose, for a log that must not hold anybody's words."""

from __future__ import annotations

import traceback
from pathlib import Path

FRAMES = 5


def places_of(error: BaseException) -> list[str]:
    """The innermost frames as `file:line function`, without the error's words: they may quote people."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
