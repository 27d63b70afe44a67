"""Reading the bodies of requests, within bounds, and answering with frames."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.channels.web.edge import refusal, status_for
from bot.channels.web.frames import MAX_FRAME_BYTES, BadFrame, Frame

BODY_SECONDS = 10.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def body_of(request: web.Request) -> bytes:
    """The whole body, of the size of a frame.

    Raises:
        BadFrame: larger, or not there in time.
    """
    if (request.content_length or 0) > MAX_FRAME_BYTES:
        raise BadFrame("body: larger than 64 KiB")
    body = b""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while len(body) <= MAX_FRAME_BYTES and not request.content.at_eof():
                body += await request.content.read(MAX_FRAME_BYTES + 1)
    except TimeoutError:
        raise BadFrame("body: too slow") from None
    if len(body) > MAX_FRAME_BYTES:
        raise BadFrame("body: larger than 64 KiB")
    return body


def frames_answer(frames: list[Frame], status: int = 200) -> web.Response:
    """Frames as the answer to a request."""
    return web.json_response({"frames": frames}, status=status, headers={"Cache-Control": "no-store"})


def with_refusals(handler: Handler) -> Handler:
    """A refusal becomes its frame and the status that fits."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except (web.HTTPException, ConnectionError, asyncio.CancelledError):
            raise
        except Exception as error:  # noqa: BLE001 - one table of refusals, an unforeseen error gets a reference
            frame = refusal(error)
            return frames_answer([frame], status_for(frame))

    return guarded
