"""The frames of `docs/protocol.md`: what a client may send, and how the desk's own are written. No I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from ticketing.conversations.logic import MESSAGE_CHARACTERS
from ticketing.conversations.queries import ConversationStatus, Line

MAX_FRAME_BYTES = 64 * 1024

Frame = dict[str, Any]

RELOAD: Frame = {"type": "reload", "reason": "position_unknown"}
RECONNECT: Frame = {"type": "reconnect", "wait_ms": 1_000}

Body = TypeVar("Body", bound=BaseModel)
ClientId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
PublicId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
LanguageCode = Literal["en", "fr"]
Position = Annotated[int, Field(ge=0, le=2**31 - 1)]


class BadFrame(Exception):
    """Not a frame of the protocol; the text names the fields and quotes nothing."""


class _ClientFrame(BaseModel):
    # Strict: a number is not a text, an unknown field is an error of the client's author.
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class Hello(_ClientFrame):
    type: Literal["hello"] = "hello"
    token: Annotated[str, Field(max_length=2_000)] | None = None
    conversation: PublicId | None = None
    new: bool = False
    since: Position = 0
    epoch: Annotated[str, Field(max_length=64)] | None = None
    language: LanguageCode | None = None


class Send(_ClientFrame):
    type: Literal["send"] = "send"
    client_id: ClientId
    # The conversation has its own, configurable bound; this one only keeps frames sane.
    text: Annotated[str, Field(max_length=4 * MESSAGE_CHARACTERS)] | None = None
    button: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] | None = None
    file: PublicId | None = None

    @model_validator(mode="after")
    def _something_and_no_button_with_it(self) -> Send:
        is_written = self.text is not None or self.file is not None
        if is_written == (self.button is not None):
            raise ValueError("either text, file or both, or button")
        return self


class Since(_ClientFrame):
    type: Literal["since"] = "since"
    seq: Position


class Typing(_ClientFrame):
    type: Literal["typing"] = "typing"


class Language(_ClientFrame):
    type: Literal["language"] = "language"
    language: LanguageCode


class Ping(_ClientFrame):
    type: Literal["ping"] = "ping"


ClientFrame = Annotated[Hello | Send | Since | Typing | Language | Ping, Field(discriminator="type")]
_ANY: TypeAdapter[Hello | Send | Since | Typing | Language | Ping] = TypeAdapter(ClientFrame)


class SessionBody(_ClientFrame):
    """`POST /chat/v1/session`."""

    site: Annotated[str, Field(min_length=1, max_length=64)]
    language: LanguageCode | None = None
    identity: Annotated[str, Field(max_length=4_000)] | None = None


class AddressedBody(BaseModel):
    """`POST /chat/v1/send`: the conversation; the frame stands beside it."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True, hide_input_in_errors=True)

    conversation: PublicId


class PollBody(_ClientFrame):
    """`POST /chat/v1/poll`."""

    conversation: PublicId
    since: Position = 0
    version: Position = 0
    epoch: Annotated[str, Field(max_length=64)] | None = None
    # The place in the queue that the client shows; one that shows none is told of it when it changes.
    position: Position | None = None
    wait: Annotated[int, Field(ge=0, le=25)] = 25


TicketNumber = Annotated[str, Field(pattern=r"^(INC|REQ)-[0-9]{6,10}$")]


class TicketsBody(_ClientFrame):
    """`POST /chat/v1/tickets`."""

    language: LanguageCode | None = None


class TicketBody(_ClientFrame):
    """`POST /chat/v1/ticket`."""

    number: TicketNumber
    language: LanguageCode | None = None


class TicketWordsBody(_ClientFrame):
    """`POST /chat/v1/ticket/reply` and `/chat/v1/ticket/reopen`."""

    number: TicketNumber
    client_id: ClientId
    text: Annotated[str, Field(max_length=4 * MESSAGE_CHARACTERS)]
    language: LanguageCode | None = None


class UploadQuery(_ClientFrame):
    """`POST /chat/v1/file`: the body is the picture."""

    conversation: PublicId
    name: Annotated[str, Field(max_length=255)] = ""


def read_frame(raw: str | bytes) -> Hello | Send | Since | Typing | Language | Ping:
    """One frame from a client.

    Raises:
        BadFrame: not JSON, unknown type, a field missing, too long or too many.
    """
    try:
        return _ANY.validate_json(raw)
    except ValidationError as error:
        raise BadFrame(_what_is_wrong(error)) from None


def read_body(model: type[Body], raw: bytes) -> Body:
    """The same for a request body."""
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise BadFrame(_what_is_wrong(error)) from None


def read_query(model: type[Body], query: Mapping[str, str]) -> Body:
    """The same for what stands behind the question mark."""
    try:
        return model.model_validate(dict(query))
    except ValidationError as error:
        raise BadFrame(_what_is_wrong(error)) from None


def _what_is_wrong(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"{_where(p['loc'], p['type'])}: {p['type']}" for p in problems[:5])[:300]


def _where(location: tuple[int | str, ...], kind: str) -> str:
    # The name of a field that is not ours is the client's own text.
    ours = location[:-1] if kind == "extra_forbidden" else location
    return ".".join(map(str, ours)) or "frame"


def write_frame(frame: Frame) -> str:
    """The text of a frame; non-ASCII stays readable and short."""
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


def message_frame(line: Line) -> Frame:
    """A message as every viewer gets it."""
    frame: Frame = {
        "type": "message",
        "seq": line.seq,
        "author": line.author.value,
        "text": line.text,
        "at": line.at.isoformat(),
    }
    if line.client_id is not None:
        frame["client_id"] = line.client_id
    return frame | line.extras


def status_body(status: ConversationStatus) -> Frame:
    """The status without its type, as `welcome` carries it too."""
    return {
        "version": status.version,
        "last_seq": status.last_seq,
        "speaker": status.speaker.value,
        "agent": status.agent_name,
        "language": status.language,
        "thinking": status.is_thinking,
        "turns_done": status.turns_done,
    }


def status_frame(status: ConversationStatus) -> Frame:
    """What is true now beside the messages."""
    return {"type": "status"} | status_body(status)


def queue_frame(place: int) -> Frame:
    """Where the person stands while everybody of the team is busy; 1 is next."""
    return {"type": "queue", "position": place}


def error_frame(
    code: str, detail: str, *, client_id: str | None = None, retry: bool = False, reference: str | None = None
) -> Frame:
    """A refusal; `retry` says that the same may be sent again."""
    frame: Frame = {"type": "error", "code": code, "detail": detail}
    if client_id is not None:
        frame["client_id"] = client_id
    if retry:
        frame["retry"] = True
    if reference is not None:
        frame["reference"] = reference
    return frame


def slow_down_frame(client_id: str, wait_seconds: float) -> Frame:
    """Not recorded: the client keeps the line and sends it again after the wait."""
    return {"type": "slow_down", "client_id": client_id, "wait_ms": max(1, round(wait_seconds * 1000))}
