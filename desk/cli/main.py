"""The command `guichet`: puts the commands together, and turns what goes wrong into one sentence."""

import sys
from importlib import metadata
from typing import Annotated

import typer

from desk.cli import (
    agent,
    audit,
    backup,
    build,
    calendar,
    chat,
    db,
    demo,
    doctor,
    escalation,
    group,
    kb,
    notices,
    outbox,
    person,
    problem,
    rating,
    restore,
    route,
    run,
    site,
    sla,
    ticket,
    train,
)
from desk.cli.console import complain, say
from desk.settings import reading

app = typer.Typer(
    name="guichet",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _say_version(is_asked: bool) -> None:
    if is_asked:
        say(f"guichet {metadata.version('guichet')}")
        raise typer.Exit


@app.callback()
def _guichet(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Which version this is."),
    ] = False,
) -> None:
    """One counter for every IT request."""


app.command("run")(run.run)
app.command("train")(train.train)
app.command("build")(build.build)
app.command("doctor")(doctor.doctor)
app.command("chat")(chat.chat)
app.command("backup")(backup.backup)
app.command("restore")(restore.restore)
app.add_typer(kb.app, name="kb")
app.add_typer(db.app, name="db")
app.add_typer(demo.app, name="demo")
app.add_typer(site.app, name="site")
app.add_typer(audit.app, name="audit")
app.add_typer(agent.app, name="agent")
app.add_typer(group.app, name="group")
app.add_typer(route.app, name="route")
app.add_typer(person.app, name="person")
app.add_typer(outbox.app, name="outbox")
app.add_typer(notices.app, name="notices")
app.add_typer(ticket.app, name="ticket")
app.add_typer(problem.app, name="problem")
app.add_typer(rating.app, name="rating")
app.add_typer(calendar.app, name="calendar")
app.add_typer(sla.app, name="sla")
app.add_typer(escalation.app, name="escalation")


def main() -> None:
    """The entry point. A traceback is for who asked for it, with GUICHET_LOG_LEVEL=DEBUG."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if reading.wants_tracebacks():
            raise
        complain(f"guichet: {_sentence(error)}")
        sys.exit(1)


def _sentence(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    if type(error).__module__.partition(".")[0] in OURS:
        return text
    # Somebody else's words: their first line, and what kind of failure it was.
    return f"{type(error).__name__}: {text.splitlines()[0]} (GUICHET_LOG_LEVEL=DEBUG shows where)"


OURS = frozenset({"actions", "bot", "desk", "identity", "knowledge", "notices", "storage", "ticketing"})
