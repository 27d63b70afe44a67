"""`guichet run`: everything prepared, both processes started and kept running, in the foreground."""

import asyncio
import time

from desk import secrets, supervisor
from desk.cli.console import say
from desk.preparation.steps import TO_RUN, Context, prepare
from desk.settings.reading import inherited, load
from desk.settings.values import Settings
from desk.supervision.lock import only_one


def run() -> None:
    """Prepare what is missing, start the desk and Rasa, restart what dies; Ctrl-C stops both."""
    started = time.monotonic()
    settings = load()
    environ = inherited()
    with only_one(settings.var):
        supervisor.refuse_busy_ports(settings)
        prepare(TO_RUN, Context(settings, environ, say))
        asyncio.run(
            supervisor.supervise(
                settings,
                secrets.read(settings.secrets_folder),
                environ,
                say,
                when_ready=lambda: _say_where_to_go(settings, time.monotonic() - started),
            )
        )
    say("stopped")


def _say_where_to_go(settings: Settings, took: float) -> None:
    say("")
    say(f"Guichet is ready ({took:.0f} s). Ctrl-C stops it.")
    if settings.demo:
        say(f"  try it            {settings.demo_url}")
    say("  talk to it        guichet chat        (.venv/bin/guichet, in another terminal)")
    say(f"  read articles     {settings.public_url}/kb/")
    say(f"  see what happens  {settings.var}/logs/")
