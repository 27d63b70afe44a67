"""The web channel's routes, put together."""

from __future__ import annotations

import time
from collections.abc import Sequence

from aiohttp import web

from bot.channels.web.edge import AddressBook
from bot.channels.web.limits import SocketCount, TokenBuckets, WebLimits
from bot.channels.web.poll import PollChannel, with_refusals
from bot.channels.web.port import Gateway
from bot.channels.web.socket import SocketChannel

PREFIX = "/chat/v1"


def add_web_channel(
    application: web.Application, gateway: Gateway, *, limits: WebLimits, trusted_proxies: Sequence[str]
) -> None:
    """Serve the chat protocol from an application; its sockets are told to come back when it stops."""
    count = SocketCount(limits)
    addresses = AddressBook(trusted_proxies)
    messages = TokenBuckets(
        per_minute=limits.messages_per_minute, burst=limits.message_burst, clock=time.monotonic
    )
    sessions = TokenBuckets(
        per_minute=limits.sessions_per_minute, burst=limits.sessions_per_minute, clock=time.monotonic
    )
    sockets = SocketChannel(gateway, count=count, messages=messages, addresses=addresses, limits=limits)
    polls = PollChannel(
        gateway, count=count, messages=messages, sessions=sessions, addresses=addresses, limits=limits
    )
    application.router.add_get(f"{PREFIX}/socket", sockets.handle)
    for name in ("session", "hello", "send", "poll"):
        application.router.add_post(f"{PREFIX}/{name}", with_refusals(getattr(polls, name)))

    async def close_sockets(_: web.Application) -> None:
        polls.close()
        await sockets.close()

    application.on_shutdown.append(close_sockets)
