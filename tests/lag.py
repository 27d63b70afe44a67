"""A slow desk, on purpose: everything it says goes out late, by a moment that nobody knows before.

A test that looks before there is anything to see fails on such a desk, and not once in a hundred runs:

TEST_LAG=0.4 .venv/bin/python -m pytest tests/browser
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import random
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from unittest.mock import patch
from weakref import WeakKeyDictionary

import pytest
from aiohttp import web

SECONDS = "TEST_LAG"
Send = Callable[..., Awaitable[Any]]


@pytest.fixture(scope="session", autouse=True)
def lag() -> Iterator[None]:
    """Where somebody asks for it, every desk of this process is slow, and the scripted assistant too."""
    seconds = float(os.environ.get(SECONDS, "0"))
    with lagging(seconds) if seconds else contextlib.nullcontext():
        yield


@contextlib.contextmanager
def lagging(seconds: float) -> Iterator[None]:
    """Answers and frames of this process wait up to so many seconds."""
    with (
        patch.object(web.StreamResponse, "prepare", _late(web.StreamResponse.prepare, seconds)),
        patch.object(web.WebSocketResponse, "send_str", _late(web.WebSocketResponse.send_str, seconds)),
    ):
        yield


def _late(send: Send, seconds: float) -> Send:
    """The same, later; what one response sends stays in its order."""
    turns: WeakKeyDictionary[web.StreamResponse, asyncio.Lock] = WeakKeyDictionary()

    @functools.wraps(send)
    async def later(response: web.StreamResponse, *args: Any, **named: Any) -> Any:
        async with turns.setdefault(response, asyncio.Lock()):
            # Short as a rule, now and then long: a hundred frames in a row are no hundred long waits.
            await asyncio.sleep(seconds * random.random() ** 4)  # noqa: S311 - nobody's secret
            return await send(response, *args, **named)

    return later
