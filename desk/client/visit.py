"""The HTTP side of a visit: whom to call, with which origin, and the visitor token."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from desk.client.errors import ConnectionLost, NothingListens, Refused
from desk.client.frames import Frame, FrameError, decode, seconds_of

ANSWER_SECONDS = 10.0
_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """The origin of an address as a browser would send it.

    Raises:
        ValueError: not an http(s) address.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"{url!r} is not an address such as http://127.0.0.1:8080")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = f":{parts.port}" if parts.port and parts.port != _PORTS[parts.scheme] else ""
    return f"{parts.scheme}://{host}{port}"


@dataclass
class Visit:
    """Who visits which site of which desk."""

    url: str
    site: str
    identity: str | Callable[[], str] | None
    language: str | None
    token: str | None = None
    http: aiohttp.ClientSession | None = None
    person: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        self.url = self.url.rstrip("/")
        self.origin = origin_of(self.url)

    def address(self, path: str) -> str:
        return f"{self.url}/chat/v1/{path}"

    async def ensure_token(self) -> str:
        """The visitor token; a new session when there is none."""
        if self.token is None:
            await self._open_session()
        assert self.token is not None  # noqa: S101 - set by the line above, for mypy
        return self.token

    @property
    def session(self) -> aiohttp.ClientSession:
        if self.http is None:
            raise ConnectionLost("the visit has not begun")
        return self.http

    async def post(self, path: str, body: Frame, *, seconds: float = ANSWER_SECONDS) -> Any:
        """The desk's JSON answer, whatever its status.

        Raises:
            ConnectionLost: none came, or not from the desk itself.
        """
        headers = {"Origin": self.origin}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        timeout = aiohttp.ClientTimeout(total=seconds)
        try:
            async with self.session.post(
                self.address(path), json=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                return await self._read(answer)
        except aiohttp.ClientConnectorError as error:
            raise NothingListens(str(error)) from error
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise ConnectionLost(f"{type(error).__name__} at {path}") from error

    async def frames(self, path: str, body: Frame, *, seconds: float = ANSWER_SECONDS) -> list[Frame]:
        """The frames of an answer; a refusal is a frame too."""
        answer = await self.post(path, body, seconds=seconds)
        return _frames_of(answer)

    async def _read(self, answer: aiohttp.ClientResponse) -> Any:
        try:
            return await answer.json(content_type=None)
        except ValueError:
            # A proxy's page, or the desk before it is ready.
            raise ConnectionLost(f"status {answer.status} without an answer of the desk") from None

    async def _open_session(self) -> None:
        body: Frame = {"site": self.site}
        if self.language:
            body["language"] = self.language
        if self.identity is not None:
            body["identity"] = self.identity() if callable(self.identity) else self.identity
        answer = await self.post("session", body)
        if isinstance(answer, dict) and isinstance(answer.get("token"), str):
            self.token, self.person = answer["token"], answer.get("person")
            return
        for frame in _frames_of(answer):
            raise_refusal(frame)
        raise ConnectionLost("the session has no token")


def raise_refusal(frame: Frame) -> None:
    """Turn an error frame that answers no line into what it means for the connection.

    Raises:
        ConnectionLost: come back later.
        Refused: it will not help to come back.
    """
    kind, code = frame["type"], str(frame.get("code", ""))
    if kind in ("slow_down", "reconnect"):
        raise ConnectionLost(f"the desk says {kind}", wait=seconds_of(frame, "wait_ms"))
    if kind == "error":
        can_retry = bool(frame.get("retry")) or code == "too_many_sockets"
        raise Refused(code, str(frame.get("detail", "")), can_retry=can_retry)


def _frames_of(answer: Any) -> list[Frame]:
    """`{"frames": […]}`, or one frame alone."""
    if isinstance(answer, dict) and isinstance(answer.get("frames"), list):
        return [frame for frame in answer["frames"] if isinstance(frame, dict) and "type" in frame]
    if isinstance(answer, dict) and isinstance(answer.get("type"), str):
        return [answer]
    raise ConnectionLost("an answer without frames")


def decode_or_none(raw: str | bytes) -> Frame | None:
    """A frame, or None for what is none: a client survives a word it does not know."""
    try:
        return decode(raw)
    except FrameError:
        return None
