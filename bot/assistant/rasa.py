"""The client that talks to Rasa, and trusts nothing it answers (TRUST RA-9)."""

from __future__ import annotations

import re
from typing import Annotated, Any

import aiohttp
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.assistant.port import AssistantFailed, AssistantUnavailable, TurnRequest
from ticketing.conversations.logic import Button, Reply, Source, without_invisible

MAX_ANSWER_BYTES = 256 * 1024
MAX_REPLIES = 20
HEALTH_SECONDS = 2.0

_PAYLOAD = re.compile(r"/[a-z_]{1,64}(\{.{0,300}\})?", re.DOTALL)
_SLUG_URL = re.compile(r"/kb/[a-z0-9-]{1,120}(\?lang=[a-z]{2})?")
_TICKET = re.compile(r"(INC|REQ)-\d{6,}")


# No database keeps a NUL in a text, and one is refused here rather than when the answer is committed.
_Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]


class _Schema(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Button(_Schema):
    title: Annotated[_Text, Field(min_length=1, max_length=200)]
    payload: Annotated[_Text, Field(max_length=400)]


class _Source(_Schema):
    title: Annotated[_Text, Field(min_length=1, max_length=300)]
    url: Annotated[_Text, Field(max_length=400)]
    slug: Annotated[_Text, Field(max_length=120)]


class _Custom(_Schema):
    sources: Annotated[list[_Source], Field(max_length=5)] = []
    ticket: Annotated[str, Field(max_length=32)] | None = None
    says: Annotated[str, Field(max_length=64, pattern=r"^[a-z_]+$")] | None = None
    # Read strictly where they are put on record.
    question: dict[str, Any] | None = None
    feedback: dict[str, Any] | None = None


class _Reply(_Schema):
    recipient_id: str
    text: Annotated[_Text, Field(max_length=20_000)] | None = None
    buttons: Annotated[list[_Button], Field(max_length=10)] = []
    custom: _Custom | None = None
    response: Annotated[str, Field(max_length=64, pattern=r"^[a-z_]+$")] | None = None


class _Answer(_Schema):
    turn_id: str
    sender: str
    replies: Annotated[list[_Reply], Field(min_length=1, max_length=MAX_REPLIES)]


class RasaAssistant:
    """Calls the one channel that our Rasa process has."""

    def __init__(self, session: aiohttp.ClientSession, *, url: str, secret: str) -> None:
        self._session, self._url = session, url.rstrip("/")
        self._headers = {"X-Guichet-Secret": secret}

    async def reply(self, request: TurnRequest, *, seconds: float) -> tuple[Reply, ...]:
        """See `Assistant.reply`. An empty, late, oversized or foreign answer is a failure."""
        body = {
            "turn_id": request.turn_id,
            "sender": request.conversation,
            "text": request.payload or request.text,
            "language": request.language,
        }
        try:
            raw = await self._post(body, seconds)
        except TimeoutError as error:
            raise AssistantUnavailable("no answer in time") from error
        except aiohttp.ClientError as error:
            raise AssistantUnavailable(type(error).__name__) from error
        return read_answer(raw, request)

    async def is_healthy(self) -> bool:
        """Whether Rasa is up with a model loaded."""
        timeout = aiohttp.ClientTimeout(total=HEALTH_SECONDS)
        try:
            async with self._session.get(
                f"{self._url}/webhooks/desk/health", headers=self._headers, timeout=timeout
            ) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _post(self, body: dict[str, str], seconds: float) -> bytes:
        async with self._session.post(
            f"{self._url}/webhooks/desk/webhook",
            json=body,
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(total=seconds),
            allow_redirects=False,
        ) as response:
            if response.status != 200:
                raise AssistantFailed(f"status {response.status}")
            return await _read_bounded(response)


async def _read_bounded(response: aiohttp.ClientResponse) -> bytes:
    received = bytearray()
    async for chunk in response.content.iter_chunked(16 * 1024):
        received += chunk
        if len(received) > MAX_ANSWER_BYTES:
            raise AssistantFailed("the answer is too large")
    return bytes(received)


def read_answer(raw: bytes, request: TurnRequest) -> tuple[Reply, ...]:
    """Check an answer against its schema, its turn and its recipient, and keep what is allowed.

    Raises:
        AssistantFailed: anything is wrong; the reason never quotes the answer.
    """
    try:
        answer = _Answer.model_validate_json(raw)
    except ValidationError as error:
        raise AssistantFailed(f"{error.error_count()} schema errors") from None
    recipients = {answer.sender, *(reply.recipient_id for reply in answer.replies)}
    if answer.turn_id != request.turn_id or recipients != {request.conversation}:
        raise AssistantFailed("the answer is for another turn or recipient")
    replies = tuple(_reply(reply) for reply in answer.replies if without_invisible(reply.text or "").strip())
    if not replies:
        raise AssistantFailed("the answer is empty")
    return replies


def _reply(reply: _Reply) -> Reply:
    custom = reply.custom or _Custom()
    return Reply(
        text=without_invisible(reply.text or "").strip(),
        buttons=tuple(Button(b.title, b.payload) for b in reply.buttons if _PAYLOAD.fullmatch(b.payload)),
        sources=tuple(Source(s.title, s.url, s.slug) for s in custom.sources if _SLUG_URL.fullmatch(s.url)),
        ticket=custom.ticket if custom.ticket and _TICKET.fullmatch(custom.ticket) else None,
        says=custom.says or reply.response,
        question=custom.question,
        feedback=custom.feedback,
    )
