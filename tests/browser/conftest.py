"""One Chromium for all tests of a worker, and a desk for each module."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.chromium import a_chromium
from tests.browser.stage import PATIENCE_MS, Stage, a_stage
from tests.lag import lag as lag

HERE = Path(__file__).parent
# How often a test may be tried again: never, unless somebody says so. The summary names who needed it.
TRIES_MORE = int(os.environ.get("TEST_TRIES_MORE", "0"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser that shares two processors with everything else is late now and then."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=TRIES_MORE))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    async with a_chromium() as chromium:
        yield chromium


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_stage(
    browser: Browser, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    """A module's desk, with the settings in its `DESK`."""
    settings = getattr(request.module, "DESK", {})
    async with a_stage(browser, tmp_path_factory.mktemp("desk"), **settings) as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="session")
async def stage(shared_stage: Stage) -> AsyncIterator[Stage]:
    """The module's desk, with nothing left of the test before."""
    yield shared_stage
    await shared_stage.clear()
