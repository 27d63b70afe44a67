"""Starts Rasa for the desk: one channel, loopback only, no HTTP API, no TensorFlow, nothing said in the log.

    python -m bot.rasa_extensions.launcher --model MODEL --port 5005 --tracker-db PATH_OR_URL

Credentials and endpoints are made here from the environment; no file can add a channel or point elsewhere.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.rasa_extensions.model_file import ModelRefused, check_digest
from bot.rasa_extensions.versions import WrongVersion, require_pinned_versions

STOP_SECONDS = 6.0


class Refused(Exception):
    """This process must not start; the message says why."""


@dataclass(frozen=True)
class Launch:
    """Everything the process is told."""

    model: Path
    interface: str
    port: int
    tracker_db: str
    rasa_secret: str
    actions_secret: str
    actions_url: str
    action_seconds: float
    session_minutes: float


def read(arguments: Sequence[str] | None, environ: Mapping[str, str]) -> Launch:
    """Arguments and environment, checked. Raises Refused."""
    parser = argparse.ArgumentParser(prog="launcher", description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--interface", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5005)
    parser.add_argument("--tracker-db", required=True, help="a SQLite file or a postgresql:// URL")
    chosen = parser.parse_args(arguments)
    return Launch(
        model=chosen.model,
        interface=loopback(chosen.interface),
        port=chosen.port,
        tracker_db=chosen.tracker_db,
        rasa_secret=_secret(environ, "GUICHET_RASA_SECRET"),
        actions_secret=_secret(environ, "GUICHET_ACTIONS_SECRET"),
        actions_url=loopback_url(environ.get("GUICHET_ACTIONS_URL", "http://127.0.0.1:5055/webhook")),
        action_seconds=_positive(environ, "GUICHET_ACTION_SECONDS", 4.0),
        session_minutes=_positive(environ, "GUICHET_RASA_SESSION_MINUTES", 60.0),
    )


def loopback(host: str) -> str:
    """The address, if nobody outside this machine can reach it. Raises Refused."""
    try:
        if ipaddress.ip_address(host).is_loopback:
            return host
    except ValueError:
        pass
    raise Refused(f"Rasa listens on a loopback address only, not on {host!r}")


def loopback_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise Refused("GUICHET_ACTIONS_URL must be an http address")
    loopback(parts.hostname)
    return url


def _secret(environ: Mapping[str, str], name: str) -> str:
    if len(secret := environ.get(name, "")) < 32:
        raise Refused(f"{name} is missing or shorter than 32 characters")
    return secret


def _positive(environ: Mapping[str, str], name: str, default: float) -> float:
    try:
        value = float(environ.get(name, default))
    except ValueError:
        value = 0.0
    # Zero would mean sessions that never end: a conversation then grows, and slows, without bound.
    if not 0 < value < float("inf"):
        raise Refused(f"{name} must be a number above zero")
    return value


def build(launch: Launch) -> Any:
    """The Sanic application with a loaded agent. Imports Rasa, so everything was checked before."""
    from sanic import Sanic, response
    from sanic.exceptions import SanicException

    from bot.rasa_extensions.agent import load_agent
    from bot.rasa_extensions.channel import BODY_BYTES, DeskInput

    app = Sanic("guichet_rasa", configure_logging=False, env_prefix="")
    app.config.update(
        REQUEST_MAX_SIZE=BODY_BYTES,
        RESPONSE_TIMEOUT=60,
        GRACEFUL_SHUTDOWN_TIMEOUT=STOP_SECONDS,
        FALLBACK_ERROR_FORMAT="json",
    )
    channel = DeskInput(launch.rasa_secret)
    app.blueprint(channel.blueprint(_no_other_way_in), url_prefix=f"/webhooks/{channel.name()}")
    app.ctx.agent = load_agent(launch)

    async def refuse(_: Any, error: Exception) -> Any:
        status = error.status_code if isinstance(error, SanicException) else 500
        return response.json({"error": "refused"}, status=status)

    async def finish(stopping: Any, _: Any) -> None:
        await channel.finish(STOP_SECONDS)
        await stopping.ctx.agent.action_endpoint.close()
        stopping.ctx.agent.tracker_store.close()

    app.error_handler.add(Exception, refuse)
    app.register_listener(finish, "before_server_stop")
    return app


async def _no_other_way_in(_: Any) -> None:
    raise RuntimeError("messages come through the channel's own route")


def prepare_environment() -> None:
    """Before Rasa is imported: nothing is sent anywhere, and what is not needed stays out."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.pop("SENTRY_DSN", None)
    from bot.rasa_extensions.left_out import leave_out

    leave_out()


def main(arguments: Sequence[str] | None = None) -> int:
    try:
        require_pinned_versions()
        launch = read(arguments, os.environ)
        check_digest(launch.model)
        listener = bound_socket(launch.interface, launch.port)
        prepare_environment()
        return serve(launch, listener)
    except (Refused, ModelRefused, WrongVersion) as error:
        sys.stderr.write(f"rasa does not start: {error}\n")
        return 1


def bound_socket(interface: str, port: int) -> socket.socket:
    """Bound before the model is loaded; Sanic would end without an error if the port were taken."""
    family = socket.AF_INET6 if ":" in interface else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((interface, port))
    except OSError as error:
        raise Refused(f"{interface} port {port}: {error.strerror}") from error
    return listener


def serve(launch: Launch, listener: socket.socket) -> int:
    from bot.rasa_extensions.quiet import drop_warnings, keep_words_out

    drop_warnings()
    keep_words_out()
    try:
        app = build(launch)
    except Exception as error:  # nobody has said anything yet, so the error's own words may be shown
        raise Refused(f"{type(error).__name__}: {error}") from error
    keep_words_out()  # importing Rasa brought handlers of its own
    app.run(sock=listener, workers=1, access_log=False, motd=False, debug=False)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
