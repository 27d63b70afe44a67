"""What `guichet run` keeps running: the desk, and Rasa unless it is switched off."""

import sys
from collections.abc import Callable, Mapping, Sequence

from desk.secrets import Secrets
from desk.settings.values import PROJECT, Settings
from desk.supervision import environment
from desk.supervision.child import ChildSpec
from desk.supervision.health import answers_ok
from desk.supervision.ports import Listener, refuse_busy
from desk.supervision.supervise import Supervisor

LOOPBACK = "127.0.0.1"

Exposure = Callable[[frozenset[Listener]], str | None]
"""Says what is wrong with the sockets on which a process listens, or None."""


def refuse_busy_ports(settings: Settings) -> None:
    """Before anything is started: raise `PortBusy` naming the port and who holds it."""
    wanted = {
        "GUICHET_PORT": (settings.host, settings.port),
        "GUICHET_ACTIONS_PORT": (LOOPBACK, settings.actions_port),
    }
    if settings.assistant == "rasa":
        wanted["GUICHET_RASA_PORT"] = (LOOPBACK, settings.rasa_port)
    if settings.demo:
        wanted["GUICHET_DEMO_PORT"] = (LOOPBACK, settings.demo_port)
    refuse_busy(wanted)


def children(settings: Settings, secrets: Secrets, environ: Mapping[str, str]) -> list[ChildSpec]:
    """In the order in which they are stopped: the desk first, whose turns may still need Rasa."""
    specs = [_desk(settings, environ)]
    if settings.assistant == "rasa":
        specs.append(rasa_child(settings, secrets, environ))
    return specs


async def supervise(
    settings: Settings,
    secrets: Secrets,
    environ: Mapping[str, str],
    say: Callable[[str], None],
    when_ready: Callable[[], None],
) -> None:
    """Until a signal asks to stop. Raises `SupervisionFailed` when it had to stop by itself."""
    supervisor = Supervisor(
        children(settings, secrets, environ),
        logs=settings.var / "logs",
        say=say,
        log_size=settings.log_megabytes * 1_000_000,
        log_files=settings.log_files,
    )
    await supervisor.run(when_ready)


def _desk(settings: Settings, environ: Mapping[str, str]) -> ChildSpec:
    loopback = [only_loopback("the action listener", settings.actions_port)]
    if settings.demo:
        loopback.append(only_loopback("the demo", settings.demo_port))
    return ChildSpec(
        name="desk",
        command=(sys.executable, "-m", "desk.serve"),
        environment=environment.of_the_desk(settings, environ),
        folder=PROJECT,
        is_healthy=answers_ok(f"{settings.local_url}/healthz"),
        exposed=first_of(loopback),
        stop_within=5.0,
        needed=True,
    )


def rasa_child(settings: Settings, secrets: Secrets, environ: Mapping[str, str]) -> ChildSpec:
    """How Rasa is started, seen to be well, and kept to this machine."""
    settings.tracker_file.parent.mkdir(parents=True, exist_ok=True)
    arguments = {
        "--model": settings.rasa_model,
        "--port": settings.rasa_port,
        "--interface": LOOPBACK,
        "--tracker-db": settings.tracker_file,
    }
    return ChildSpec(
        name="rasa",
        command=(
            str(settings.rasa_interpreter),
            *("-m", "bot.rasa_extensions.launcher"),
            *(str(part) for pair in arguments.items() for part in pair),
        ),
        environment=environment.of_rasa(settings, secrets, environ),
        folder=PROJECT,
        is_healthy=answers_ok(
            f"{settings.rasa_url}/webhooks/desk/health", {"X-Guichet-Secret": secrets.rasa_secret}
        ),
        exposed=only_loopback("Rasa"),
        stop_within=2.0,
    )


def first_of(checks: Sequence[Exposure]) -> Exposure:
    """The first complaint of several checks."""

    def check(found: frozenset[Listener]) -> str | None:
        return next(filter(None, (each(found) for each in checks)), None)

    return check


def only_loopback(what: str, port: int | None = None) -> Exposure:
    """A check of listening sockets (of one port, or all): none may be reachable from another machine."""

    def check(found: frozenset[Listener]) -> str | None:
        for listener in sorted(found):
            if port in (None, listener.port) and not listener.is_loopback:
                return (
                    f"{what} listens on {listener}, where other machines may reach it, instead of "
                    f"{LOOPBACK}; everything was stopped."
                )
        return None

    return check
