"""The frames of docs/protocol.md as typed values. Reading is lenient: what a newer desk adds is ignored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Frame = dict[str, Any]

LONGEST_SECONDS = 60.0


class FrameError(ValueError):
    """Not a frame of the protocol."""


@dataclass(frozen=True, slots=True)
class Button:
    """An offer to press."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer comes from."""

    title: str
    url: str
    slug: str


@dataclass(frozen=True, slots=True)
class Message:
    """One line of the conversation."""

    seq: int
    author: str
    text: str
    at: str
    buttons: tuple[Button, ...] = ()
    sources: tuple[Source, ...] = ()
    ticket: str | None = None
    agent: str | None = None
    notice: str | None = None
    says: str | None = None

    @classmethod
    def read(cls, frame: Frame) -> Message:
        return cls(
            seq=_number(frame, "seq"),
            author=_text(frame, "author"),
            text=_text(frame, "text"),
            at=_optional(frame, "at") or "",
            buttons=tuple(Button(_text(row, "id"), _text(row, "title")) for row in _rows(frame, "buttons")),
            sources=tuple(
                Source(_text(row, "title"), _optional(row, "url") or "", _optional(row, "slug") or "")
                for row in _rows(frame, "sources")
            ),
            ticket=_optional(frame, "ticket"),
            agent=_optional(frame, "agent"),
            notice=_optional(frame, "notice"),
            says=_optional(frame, "says"),
        )


@dataclass(frozen=True, slots=True)
class Status:
    """What is true now beside the messages."""

    version: int
    last_seq: int
    speaker: str
    agent: str | None
    language: str
    thinking: bool
    turns_done: int

    @classmethod
    def read(cls, frame: Mapping[str, Any]) -> Status:
        return cls(
            version=_number(frame, "version"),
            last_seq=_number(frame, "last_seq"),
            speaker=_text(frame, "speaker"),
            agent=_optional(frame, "agent"),
            language=_optional(frame, "language") or "",
            thinking=bool(frame.get("thinking")),
            turns_done=_number(frame, "turns_done"),
        )


@dataclass(frozen=True, slots=True)
class Welcome:
    """Where the client stands after its hello."""

    conversation: str
    epoch: str
    last_seq: int
    status: Status

    @classmethod
    def read(cls, frame: Frame) -> Welcome:
        status = frame.get("status")
        if not isinstance(status, dict):
            raise FrameError("welcome: status expected")
        return cls(
            conversation=_text(frame, "conversation"),
            epoch=_text(frame, "epoch"),
            last_seq=_number(frame, "last_seq"),
            status=Status.read(status),
        )


@dataclass(frozen=True, slots=True)
class Ack:
    """A line is kept. Times are those of the event loop's clock.

    `sent_at` is when the transmission left that was recorded (the first one not answered by `slow_down`).
    """

    client_id: str
    seq: int
    turn: int | None
    duplicate: bool
    sent_at: float = 0.0
    received_at: float = 0.0

    @classmethod
    def read(cls, frame: Frame, *, sent_at: float, received_at: float) -> Ack:
        return cls(
            client_id=_text(frame, "client_id"),
            seq=_number(frame, "seq"),
            turn=None if frame.get("turn") is None else _number(frame, "turn"),
            duplicate=bool(frame.get("duplicate")),
            sent_at=sent_at,
            received_at=received_at,
        )


def decode(raw: str | bytes) -> Frame:
    """One frame from the wire.

    Raises:
        FrameError: not a JSON object with a type.
    """
    try:
        frame = json.loads(raw)
    except ValueError as error:
        raise FrameError("not JSON") from error
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        raise FrameError("not a frame")
    return frame


def encode(frame: Frame) -> str:
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


def seconds_of(frame: Frame, name: str) -> float:
    """A time the desk names, in seconds and within reason; `name` ends in `_ms` for milliseconds."""
    value = frame.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return min(max(value / (1000 if name.endswith("_ms") else 1), 0.0), LONGEST_SECONDS)


def _number(frame: Mapping[str, Any], name: str) -> int:
    value = frame.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise FrameError(f"{name}: number expected")
    return value


def _text(frame: Mapping[str, Any], name: str) -> str:
    value = frame.get(name)
    if not isinstance(value, str):
        raise FrameError(f"{name}: text expected")
    return value


def _optional(frame: Mapping[str, Any], name: str) -> str | None:
    value = frame.get(name)
    return value if isinstance(value, str) else None


def _rows(frame: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = frame.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
