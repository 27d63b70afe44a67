"""The desk as it is, which also collects its garbage when asked: `python -m benchmarks.widget.served`.

What a measurement finds must be what is held, not what has not been let go of yet. With `TRACE` in the
command it also tells, into the file named there, which lines of code hold how much (`tracemalloc`); memory is
then larger, so nothing is measured in the same run.
"""

from __future__ import annotations

import gc
import signal
import sys
import tracemalloc
from pathlib import Path

from desk import serve

COLLECT, TELL = signal.SIGUSR1, signal.SIGUSR2
FRAMES = 1
LINES = 40


def collect(*_: object) -> None:
    """Let go of what is in circles; twice, because what is let go of may hold others."""
    gc.collect()
    gc.collect()


def tell(into: Path) -> None:
    """The lines that hold most since the last time, one text line each."""
    collect()
    now = tracemalloc.take_snapshot()
    before = getattr(tell, "before", None)
    if before is not None:
        found = now.compare_to(before, "lineno")[:LINES]
        into.write_text("\n".join(map(str, found)) + "\n", encoding="utf-8")
    tell.before = now  # type: ignore[attr-defined]


def main() -> None:
    signal.signal(COLLECT, collect)
    if sys.argv[1:]:
        tracemalloc.start(FRAMES)
        signal.signal(TELL, lambda *_: tell(Path(sys.argv[1])))
    serve.main()


if __name__ == "__main__":
    main()
