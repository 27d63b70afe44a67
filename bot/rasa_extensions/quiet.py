"""Keeps what people write out of Rasa's log.

Rasa logs the text of a message when a turn fails, puts it into warnings, and its structured log prints it at
every level. Of anything that is not ours only the place, the kind of error and the call stack are written;
messages of our own loggers are constant phrases and pass.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
import warnings
from types import TracebackType
from typing import Any

OWN = "guichet"

log = logging.getLogger(f"{OWN}.rasa")


class PlacesOnly(logging.Formatter):
    """Writes where something happened; a message only if it comes from our own code."""

    def format(self, record: logging.LogRecord) -> str:
        place = f"{record.name}:{record.funcName}:{record.lineno}"
        line = f"{self.formatTime(record)} {record.levelname} {place}"
        if record.name.split(".")[0] == OWN:
            line = f"{line} {record.getMessage()}"
        if record.exc_info and record.exc_info[0] is not None:
            line = f"{line} {stack_without_words(record.exc_info[0], record.exc_info[2])}"
        return line


def stack_without_words(kind: type[BaseException], trace: TracebackType | None) -> str:
    """The error's type and its call stack; its message may quote a person."""
    frames = traceback.extract_tb(trace)[-8:]
    calls = " > ".join(f"{os.path.basename(f.filename)}:{f.lineno}:{f.name}" for f in frames)
    return f"{kind.__name__} at {calls}"


class _StructuredLog:
    """Takes Rasa's structured log: its event names are constants, its values are not."""

    def __getattr__(self, level: str) -> Any:
        def write(event: str = "", **_: Any) -> None:
            if level in ("error", "exception", "critical"):
                log.warning(
                    "rasa event %s", event if event.replace(".", "").replace("_", "").isalpha() else "?"
                )

        return write


def keep_words_out(level: int = logging.WARNING) -> None:
    """Replaces every log handler of this process; call it before and after Rasa is imported."""
    import structlog

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PlacesOnly())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in list(logging.root.manager.loggerDict):
        other = logging.getLogger(name)
        other.handlers.clear()
        other.propagate = True
        other.setLevel(logging.NOTSET)
    configure: Any = structlog.configure
    configure(
        processors=[],
        wrapper_class=lambda logger, *_, **__: logger,
        logger_factory=lambda *_: _StructuredLog(),
        cache_logger_on_first_use=False,
    )


def drop_warnings() -> None:
    """Rasa's warnings quote the message they are about; filters are rewritten by half of what it imports."""
    warnings.showwarning = lambda *_, **__: None
