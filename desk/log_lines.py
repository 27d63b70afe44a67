"""The desk's log: one line an event, with what it is about, in UTC; nothing that people said."""

from __future__ import annotations

import json
import logging
import re
import sys
import time

from storage.faults import places_of

OURS = frozenset(
    {"actions", "bot", "desk", "identity", "knowledge", "notices", "storage", "ticketing", "__main__"}
)
"""Whose values are written: of other packages it is not known whether they hold somebody's words."""

_USUAL = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_PLAIN = re.compile(r"[\w.:/+-]+", re.ASCII)


class LogLine(logging.Formatter):
    """`2026-03-02T09:00:00Z ERROR desk.gateway.middleware request_failed reference=5f0c33de`"""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"
    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        # Behind the first line asyncio quotes what a task has failed with.
        first, *_ = record.getMessage().splitlines() or [""]
        values: dict[str, object] = {}
        if record.name.partition(".")[0] in OURS:
            values = {name: value for name, value in record.__dict__.items() if name not in _USUAL}
        if record.exc_info and (error := record.exc_info[1]) is not None:
            values |= {"error": type(error).__name__, "at": places_of(error)}
        said = "".join(f" {name}={_value(value)}" for name, value in values.items())
        return f"{self.formatTime(record)} {record.levelname} {record.name} {_printable(first)}{said}"


def start_logging(level: str) -> None:
    """Everything of ours at this level; of the database nothing: at DEBUG it would log what people said."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogLine())
    logging.basicConfig(level=level, handlers=[handler])
    logging.getLogger("sqlalchemy").setLevel(logging.WARNING)
    # Of a request that is no HTTP aiohttp would log the sender's address and bytes.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)


def _value(value: object) -> str:
    text = " < ".join(map(str, reversed(value))) if isinstance(value, list) else str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def _printable(text: str) -> str:
    """What somebody else put into a message must not look like another event, nor move the cursor."""
    return text if text.isprintable() else json.dumps(text)[1:-1]
