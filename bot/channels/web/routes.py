"""The web channel's routes, put together."""

from __future__ import annotations

import time
from collections.abc import Sequence

from aiohttp import web

from bot.channels.web.bodies import with_refusals
from bot.channels.web.edge import AddressBook
from bot.channels.web.limits import Rates, SocketCount, WebLimits
from bot.channels.web.pictures import PictureChannel
from bot.channels.web.poll import PollChannel
from bot.channels.web.port import Gateway, PictureDesk, TicketDesk
from bot.channels.web.socket import SocketChannel
from bot.channels.web.tickets import TicketChannel

PREFIX = "/chat/v1"

UPLOADS = WebLimits(sockets_per_visitor=1, sockets_per_address=4, sockets_total=16)
"""How many pictures may be on their way at once; each is held in memory until it is whole."""


def add_web_channel(
    application: web.Application,
    gateway: Gateway,
    tickets: TicketDesk,
    pictures: PictureDesk,
    *,
    limits: WebLimits,
    trusted_proxies: Sequence[str],
) -> None:
    """Serve the chat protocol from an application; its sockets are told to come back when it stops."""
    count = SocketCount(limits)
    addresses = AddressBook(trusted_proxies)
    rates = Rates.of(limits, clock=time.monotonic)
    sockets = SocketChannel(gateway, count=count, rates=rates, addresses=addresses, limits=limits)
    polls = PollChannel(gateway, count=count, rates=rates, addresses=addresses, limits=limits)
    own = TicketChannel(gateway, tickets, rates.messages, rates.reads)
    files = PictureChannel(gateway, pictures, rates, SocketCount(UPLOADS), addresses)
    application.router.add_get(f"{PREFIX}/socket", sockets.handle)
    application.router.add_get(f"{PREFIX}/file/{{picture}}", with_refusals(files.show))
    application.router.add_get(f"{PREFIX}/ticket/{{number}}/file/{{entry}}", with_refusals(own.file))
    for path, handler in (
        ("session", polls.session),
        ("hello", polls.hello),
        ("send", polls.send),
        ("poll", polls.poll),
        ("leave", polls.leave),
        ("tickets", own.tickets),
        ("ticket", own.ticket),
        ("ticket/reply", own.reply),
        ("ticket/reopen", own.reopen),
        ("file", files.upload),
    ):
        application.router.add_post(f"{PREFIX}/{path}", with_refusals(handler))

    async def close_sockets(_: web.Application) -> None:
        polls.close()
        await sockets.close()

    application.on_shutdown.append(close_sockets)
