"""What every request of the web channel passes first: origin, address, token; and how refusals look."""

from __future__ import annotations

import ipaddress
import logging
import secrets
import traceback
from collections.abc import Sequence

from aiohttp import web

from bot.channels.web.frames import BadFrame, Frame, error_frame, slow_down_frame
from bot.channels.web.limits import SlowDown, TooManySockets
from identity.sites.errors import IdentityError
from storage.database import DatabaseUnavailable
from ticketing.conversations.errors import ConversationError
from ticketing.pictures.errors import PictureError
from ticketing.tickets.errors import TicketingError

log = logging.getLogger(__name__)

_STATUS = {
    "bad_frame": 400,
    "message_empty": 400,
    "visitor_refused": 401,
    "identity_refused": 401,
    "site_unknown": 403,
    "origin_refused": 403,
    "pictures_off": 403,
    "conversation_not_found": 404,
    "ticket_not_found": 404,
    "picture_not_found": 404,
    "file_not_found": 404,
    "button_refused": 409,
    "reply_not_allowed": 409,
    "move_not_allowed": 409,
    "file_gone": 410,
    "message_too_long": 413,
    "picture_too_large": 413,
    "not_a_picture": 415,
    "picture_infected": 422,
    "picture_quota": 429,
    "too_many_sockets": 429,
    "not_saved": 503,
    "picture_not_scanned": 503,
}


class AddressBook:
    """Finds the client's address: the connection's own, unless a proxy we know says otherwise (WW-10)."""

    def __init__(self, trusted_proxies: Sequence[str]) -> None:
        self._proxies = [ipaddress.ip_network(proxy, strict=False) for proxy in trusted_proxies]

    def address_of(self, request: web.Request) -> str:
        """Walk the forwarded hops from the nearest; the first one that is no proxy of ours is the client."""
        address = request.remote or "unknown"
        # Some proxies add a line of their own below the one the client sent: all lines count, in order.
        lines = ",".join(request.headers.getall("X-Forwarded-For", []))
        hops = [hop.strip() for hop in lines.split(",") if hop.strip()]
        while hops and self._is_trusted(address):
            address = hops.pop()
        return address

    def _is_trusted(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in proxy for proxy in self._proxies)


def bearer_token(request: web.Request) -> str | None:
    """The visitor token of a long-polling request."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def refusal(error: Exception, *, client_id: str | None = None) -> Frame:
    """The one table from what went wrong to what a client is told; an unforeseen error gets a reference."""
    if isinstance(error, ConversationError | IdentityError | TicketingError):
        return error_frame(error.code, str(error), client_id=client_id)
    if isinstance(error, PictureError):
        return error_frame(error.code, str(error), client_id=client_id, retry=error.may_retry)
    if isinstance(error, BadFrame):
        return error_frame("bad_frame", str(error), client_id=client_id)
    if isinstance(error, SlowDown):
        return slow_down_frame(client_id or "", error.wait)
    if isinstance(error, TooManySockets):
        return error_frame("too_many_sockets", "too many connections are open; close one and try again")
    if isinstance(error, DatabaseUnavailable):
        detail = "nothing was saved; send it again"
        return error_frame("not_saved", detail, client_id=client_id, retry=True)
    reference = secrets.token_hex(4)
    log.error("web_channel_failed", extra={"reference": reference, "error": type(error).__name__})
    # Where, and not what: the text of an error may quote what was said.
    log.debug("web_channel_failed_at\n%s", "".join(traceback.format_tb(error.__traceback__)))
    detail = "something went wrong here; send it again"
    return error_frame("internal", detail, client_id=client_id, retry=True, reference=reference)


def status_for(frame: Frame) -> int:
    """The HTTP status that fits an error frame."""
    if frame["type"] == "slow_down":
        return 429
    return _STATUS.get(str(frame.get("code")), 500) if frame["type"] == "error" else 200
