"""`guichet demo`: shows what the product does, apart from the installation's own data."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli import clock
from desk.cli.console import say
from desk.settings.reading import inherited, load, replaced_by
from desk.settings.values import Settings

if TYPE_CHECKING:
    from desk.demo.story import Stage

app = typer.Typer(help="Demonstrations, apart from the installation's own data.", no_args_is_help=True)

Stays = Annotated[bool, typer.Option("--stay", help="Leave its desk to look at, until Ctrl-C.")]


@app.callback()
def _group() -> None:
    """With one command only, typer would take the command for the group."""


@app.command()
def story(stays: Stays = False) -> None:
    """Tell one request from its first word to its rating: two weeks in a minute, on a desk of its own."""
    from desk.preparation.steps import TO_BUILD, TO_TRAIN, Context, prepare

    base = load()
    prepare([*TO_BUILD, *TO_TRAIN], Context(base, inherited(), say))
    with tempfile.TemporaryDirectory(prefix="guichet-story-") as folder:
        tell(base, Path(folder) / "var", _stay if stays else _say_how_to_stay)


def tell(base: Settings, var: Path, when_told: Callable[[Stage], Awaitable[None]], **changes: str) -> None:
    """Tell the story on a desk of its own, and hand the desk over as it is then.

    Args:
        base: the installation whose encoders and trained model serve it.
        var: where the story's desk keeps everything.
        changes: settings of that desk.
    """
    from desk.demo.story import BEGINS, StoryClock, environment_of, tell_story

    environ, story_clock = environment_of(base, var, **changes), StoryClock(BEGINS)
    ours = inherited()
    with replaced_by(environ), clock.reading(story_clock):
        asyncio.run(tell_story(base, ours, environ, story_clock, say=say, run=_run, when_told=when_told))


def _run(arguments: list[str]) -> None:
    from desk.cli.main import app as guichet

    guichet(args=arguments, standalone_mode=False)


async def _say_how_to_stay(_: Stage) -> None:
    say("")
    say("That was all; nothing of it is kept. With --stay its desk can be looked at.")


async def _stay(stage: Stage) -> None:
    say("")
    say("The desk of the story runs until Ctrl-C, at the story's time:")
    say(f"  its intranet, to sign in as Alex or Camille   {stage.settings.demo_url}")
    say(f"  what was mailed                               {stage.settings.demo_url}/demo/mail")
    say(f"  commands                                      GUICHET_VAR={stage.settings.var} guichet …")
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
