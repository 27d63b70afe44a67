"""Follows one conversation: turns the frames of a connection into messages in order, a status and answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from desk.client.errors import ConnectionLost
from desk.client.frames import Frame, FrameError, Message, Status, Welcome, seconds_of
from desk.client.listener import Link, Listener
from desk.client.record import Record

# How long the desk may take to send what its status already speaks of, before the client asks.
ASK_AGAIN_SECONDS = 1.0


@dataclass
class Counters:
    """What happened on the wire, for tests and reports."""

    connections: int = 0
    losses: int = 0
    cuts: int = 0
    frames: int = 0
    bad_frames: int = 0
    repeated_messages: int = 0
    repeated_acks: int = 0
    gaps: int = 0
    asked_again: int = 0
    sent: int = 0
    sent_again: int = 0
    slow_downs: int = 0
    reloads: int = 0


class Follower:
    """Keeps the client's side of the protocol's rules; the connection calls it (`connection.Party`)."""

    def __init__(self, *, language: str | None, listener: Listener, ring: Callable[[], None]) -> None:
        self.record = Record()
        self.counters = Counters()
        self.language = language
        self.is_new = False
        # Grows when the desk goes on with a ledger that does not hold what this client saw.
        self.ledger = 0
        self.reload_reason = ""
        self._listener, self._ring = listener, ring
        self._missing: tuple[int, bool] | None = None
        self._ask_at: float | None = None
        self._awaited: tuple[str, asyncio.Future[Frame | None]] | None = None

    def expect(self, client_id: str) -> asyncio.Future[Frame | None]:
        """The desk's answer to a line: ack, slow_down or error; None when the connection breaks first."""
        answer: asyncio.Future[Frame | None] = asyncio.get_running_loop().create_future()
        self._awaited = (client_id, answer)
        return answer

    def expect_nothing(self) -> None:
        """No answer can come any more."""
        self._answer(None)

    # What the connection says and asks

    def hello(self, token: str) -> Frame:
        frame: Frame = {"type": "hello", "token": token}
        if self.language:
            frame["language"] = self.language
        if position := self.record.position:
            place = {"conversation": position.conversation, "epoch": position.epoch, "since": position.seq}
            return frame | place
        if self.record.conversation is not None:
            return frame | {"conversation": self.record.conversation}
        return frame | {"new": True} if self.is_new else frame

    def poll_body(self) -> Frame:
        record = self.record
        return {
            "conversation": record.conversation,
            "since": record.last_seq,
            "epoch": record.epoch,
            "version": record.status.version if record.status is not None else 0,
        }

    def welcome(self, frame: Frame) -> None:
        try:
            welcome = Welcome.read(frame)
        except FrameError as error:
            raise ConnectionLost(f"not a welcome: {error}") from error
        if why := self.record.why_not(welcome):
            self._reload(why)
        if self.record.has_lost(welcome):
            self.ledger += 1
        self.record.enter(welcome)
        self._status(welcome.status)

    def handle(self, frame: Frame) -> None:
        self.counters.frames += 1
        try:
            self._dispatch(frame)
        except FrameError:
            self.counters.bad_frames += 1
        self._look_for_gaps()
        self._ring()

    def asks_again_at(self) -> float | None:
        return self._ask_at

    def ask_again(self) -> Frame:
        self.counters.asked_again += 1
        self._ask_at = _now() + ASK_AGAIN_SECONDS
        return {"type": "since", "seq": self.record.last_seq}

    def came_up(self) -> None:
        self.counters.connections += 1
        self._missing = self._ask_at = None
        self._look_for_gaps()
        self._listener.on_link(Link.UP)
        self._ring()

    def went_down(self) -> None:
        self.counters.losses += 1
        self._answer(None)
        self._listener.on_link(Link.DOWN)
        self._ring()

    # The frames

    def _dispatch(self, frame: Frame) -> None:
        match frame["type"]:
            case "message":
                self._message(Message.read(frame))
            case "status":
                self._status(Status.read(frame))
            case "ack" | "slow_down":
                self._reply(frame)
            case "error" if frame.get("client_id") is not None:
                self._reply(frame)
            case "error":
                self._listener.on_problem(str(frame.get("code", "")), str(frame.get("detail", "")))
            case "typing":
                self._listener.on_typing(str(frame.get("author", "")), seconds_of(frame, "seconds"))
            case "reload":
                self._reload(str(frame.get("reason", "")))

    def _message(self, message: Message) -> None:
        ready = self.record.take(message)
        if ready is None:
            self.counters.repeated_messages += 1
            return
        if not ready:
            self.counters.gaps += 1
        for following in ready:
            self._listener.on_message(following)

    def _status(self, status: Status) -> None:
        if self.record.update(status):
            self._listener.on_status(status)

    def _reload(self, reason: str) -> None:
        self.counters.reloads += 1
        self.reload_reason = reason
        self.record.forget()
        self._listener.on_reload(reason)

    def _reply(self, frame: Frame) -> None:
        if self._awaited is not None and self._awaited[0] == frame.get("client_id"):
            self._answer(frame)
        elif frame["type"] == "ack":
            self.counters.repeated_acks += 1

    def _answer(self, frame: Frame | None) -> None:
        awaited, self._awaited = self._awaited, None
        if awaited is not None and not awaited[1].done():
            awaited[1].set_result(frame)

    def _look_for_gaps(self) -> None:
        """A hole is asked for at once; what the status speaks of gets a moment to arrive by itself."""
        record = self.record
        if not (record.has_hole or record.is_behind):
            self._missing = self._ask_at = None
        elif self._missing != (record.last_seq, record.has_hole):
            self._missing = (record.last_seq, record.has_hole)
            self._ask_at = _now() + (0 if record.has_hole else ASK_AGAIN_SECONDS)


def _now() -> float:
    return asyncio.get_running_loop().time()
