"""The checks of `guichet doctor`, in their order; none of them raises."""

from collections.abc import Callable, Iterator

from desk.cli.checks.data import database, mail, widget
from desk.cli.checks.environments import (
    desk_environment,
    free_ports,
    rasa_environment,
    rasa_health,
    secret_files,
)
from desk.cli.checks.findings import Finding, State
from desk.cli.checks.products import browser_side, encoder, model
from desk.cli.checks.time import calendars, clock
from desk.settings.values import Settings


def examine(settings: Settings) -> Iterator[Finding]:
    for name, check in CHECKS:
        try:
            yield from check(settings)
        except Exception as error:  # noqa: BLE001 - a doctor that dies of a patient's illness helps nobody
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            yield Finding(name, State.FAIL, f"could not be checked: {reason}")


CHECKS: tuple[tuple[str, Callable[[Settings], Iterator[Finding]]], ...] = (
    ("desk", desk_environment),
    ("rasa", rasa_environment),
    ("ports", free_ports),
    ("secrets", secret_files),
    ("encoder", encoder),
    ("model", model),
    ("web", browser_side),
    ("database", database),
    ("widget", widget),
    ("mail", mail),
    ("clock", clock),
    ("calendars", calendars),
    ("health", rasa_health),
)
