"""A stage on which browsers reach the desk by a wire that can be cut."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.async_api import Browser

from tests.browser.stage import Stage, a_stage
from tests.browser.states.conversation import NO_NETWORK
from tests.browser.visit import Visit
from tests.browser.wire import Wire, a_wire
from tests.desk.desks import a_free_port


@contextlib.asynccontextmanager
async def a_wired_stage(browser: Browser, folder: Path, **settings: Any) -> AsyncIterator[tuple[Stage, Wire]]:
    """The desk is known to everybody by the wire's address."""
    port = a_free_port()
    async with (
        a_stage(browser, folder, public_url=f"http://127.0.0.1:{port}", **settings) as stage,
        a_wire(stage.desk.port, port=port) as wire,
    ):
        stage.intranet.desk = wire.url
        yield replace(stage, desk=replace(stage.desk, url=wire.url)), wire


@contextlib.asynccontextmanager
async def a_rough_visit(stage: Stage) -> AsyncIterator[Visit]:
    """A visit on whose way things break, which the browser says in its console."""
    async with stage.visit() as visit:
        visit.watch.forgive(NO_NETWORK)
        await visit.open()
        yield visit


def asked(visit: Visit, path: str) -> int:
    """How often the desk was asked for this by the browser."""
    return sum(f"/chat/v1/{path}" in address for address in visit.watch.addresses)
