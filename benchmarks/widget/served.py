"""The desk as it is, which also collects its garbage when asked: `python -m benchmarks.widget.served`.

What a measurement finds must be what is held, not what has not been let go of yet.
"""

from __future__ import annotations

import gc
import signal

from desk import serve

COLLECT = signal.SIGUSR1


def collect(*_: object) -> None:
    """Let go of what is in circles; twice, because what is let go of may hold others."""
    gc.collect()
    gc.collect()


def main() -> None:
    signal.signal(COLLECT, collect)
    serve.main()


if __name__ == "__main__":
    main()
