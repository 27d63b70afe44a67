"""Tells the story, scene after scene."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from desk.demo.people import PEOPLE
from desk.demo.story.caller import a_caller
from desk.demo.story.clock import StoryClock
from desk.demo.story.scenes import SCENES
from desk.demo.story.stage import Stage, a_stage
from desk.demo.story.teller import ZONE, RunCommand, Say, Teller
from desk.settings.values import Settings

BEGINS = datetime(2026, 4, 29, 8, 40, tzinfo=ZONE)
"""A Wednesday; that Friday is a holiday in France."""
CALLERS = ("alex", "camille")


async def tell_story(
    base: Settings,
    ours: Mapping[str, str],
    environ: Mapping[str, str],
    clock: StoryClock,
    *,
    say: Say,
    run: RunCommand,
    when_told: Callable[[Stage], Awaitable[None]],
) -> None:
    """Build a stage, tell the story on it, and hand the stage over as it is then.

    Args:
        base: the installation whose encoders and model serve the story.
        ours: the environment of this process.
        environ: the settings of the story's desk.
        run: runs a command of `guichet` with these arguments, at the story's time and settings.

    Raises:
        StoryStuck: something did not happen that should have.
    """
    async with contextlib.AsyncExitStack() as stack:
        stage = await stack.enter_async_context(a_stage(base, ours, environ, clock))
        callers = {
            person.id: await stack.enter_async_context(a_caller(stage, person, say))
            for person in PEOPLE
            if person.id in CALLERS
        }
        teller = Teller(stage, callers, say, run)
        for scene in SCENES:
            await scene(teller)
        await when_told(stage)
