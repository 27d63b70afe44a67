"""A desk of the benchmark's own: the plain assistant, so that what is measured is the desk and the widget."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.ours import own_settings
from benchmarks.systems import Processes
from desk import secrets, supervisor
from desk.preparation.steps import TO_RUN, Context, prepare
from desk.settings.reading import load
from desk.settings.values import Settings

NEEDED = ("secrets", "web", "database", "articles", "demo")
PLAIN = {
    "GUICHET_ASSISTANT": "none",
    # Words only: the encoders' hundreds of megabytes are none of an idle socket's business.
    "GUICHET_ENCODER": "none",
    "GUICHET_LOG_LEVEL": "WARNING",
}


def plain_settings(work: Path, first_port: int, installed: Settings) -> Settings:
    """As installed, but a folder and ports of its own, without Rasa and without limits for one person."""
    ours = own_settings(work / "widget", first_port, installed)
    return load({**ours.environment(), **PLAIN})


def prepare_plain(settings: Settings, environ: Mapping[str, str]) -> None:
    """A fresh database, the articles, the site and the browser side.

    Raises:
        PortBusy, PreparationFailed
    """
    supervisor.refuse_busy_ports(settings)
    for old in settings.var.glob("guichet.db*"):
        old.unlink()
    steps = [step for step in TO_RUN if step[0] in NEEDED]
    prepare(steps, Context(settings, environ, lambda line: None))


def desk_process(settings: Settings, environ: Mapping[str, str]) -> Processes:
    """The one process there is."""
    spec = supervisor.children(settings, secrets.read(settings.secrets_folder), environ)[0]
    command = (sys.executable, "-m", "benchmarks.widget.served")
    return Processes([dataclasses.replace(spec, command=command)], settings.var / "logs")
