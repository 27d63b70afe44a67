"""What every public answer passes: security headers, and errors without inner detail."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web, web_response

from storage.faults import places_of

log = logging.getLogger(__name__)

SERVER = "guichet"
# What aiohttp answers by itself to a request that is no HTTP names no version either.
web_response.SERVER_SOFTWARE = SERVER  # type: ignore[attr-defined]

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
}


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """The strictest headers, where a page has not set its own; no name or version of the server."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = SERVER


async def insist_on_encryption(request: web.Request, response: web.StreamResponse) -> None:
    """Where people reach the desk over https, their browsers come back over https only (TRUST WW-4)."""
    response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")


@web.middleware
async def hide_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """An unforeseen error gives a reference and nothing else (TRUST AC-13)."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return web.json_response({"error": error.reason}, status=error.status)
    except ConnectionError:
        raise
    except Exception as error:  # noqa: BLE001 - the last door before the outside
        reference = secrets.token_hex(4)
        where = {"error": type(error).__name__, "at": places_of(error)}
        log.error("request_failed", extra={"reference": reference, **where})
        return web.json_response({"error": "internal", "reference": reference}, status=500)
