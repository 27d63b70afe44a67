"""Serves the demo's intranet to this machine, by both of its loopback addresses."""

from __future__ import annotations

import contextlib
import errno
import logging

from aiohttp import web

from desk.demo.routes import Intranet, demo_application

log = logging.getLogger(__name__)

LOOPBACK = ("127.0.0.1", "::1")
"""Browsers may mean either by `localhost`."""


async def listen(stack: contextlib.AsyncExitStack, intranet: Intranet, *, shutdown_seconds: float) -> None:
    """Until the stack is closed. Without a free port the desk does without its demo, and says so."""
    # No access log: addresses and ids of people do not belong in it.
    runner = web.AppRunner(demo_application(intranet), access_log=None, shutdown_timeout=shutdown_seconds)
    stack.push_async_callback(runner.cleanup)
    await runner.setup()
    port = intranet.settings.demo_port
    for host in LOOPBACK:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            # A machine without IPv6 has one loopback address less; that is nothing to report.
            if host == LOOPBACK[0] or error.errno == errno.EADDRINUSE:
                extra = {"host": host, "port": port, "error": error.strerror}
                log.warning("demo_is_not_served", extra=extra)
            if host == LOOPBACK[0]:
                return
