"""`guichet notices`: which notices about tickets somebody gets by mail."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli.console import CommandFailed, say
from desk.settings.reading import load
from notices.preferences.logic import NEEDED, NoticeKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session

app = typer.Typer(help="Which notices somebody gets by mail.", no_args_is_help=True)

AgentKey = Annotated[str | None, typer.Option("--agent", metavar="KEY", help="Somebody of the team.")]
Who = Annotated[str | None, typer.Option("--person", metavar="WHO", help="Who asks: an address or a number.")]
Kinds = Annotated[list[NoticeKind], typer.Argument(metavar="KIND...", help="See `guichet notices list`.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")]


@app.command("list")
def list_(agent: AgentKey = None, person: Who = None, as_json: AsJson = False) -> None:
    """Every kind, and whether it comes by mail."""
    _change(agent, person, (), None, as_json=as_json)


@app.command()
def mute(kinds: Kinds, agent: AgentKey = None, person: Who = None, as_json: AsJson = False) -> None:
    """No more mail of these kinds."""
    from notices.preferences.operations import mute as turn_off

    _change(agent, person, kinds, turn_off, as_json=as_json)


@app.command()
def unmute(kinds: Kinds, agent: AgentKey = None, person: Who = None, as_json: AsJson = False) -> None:
    """Mail of these kinds again."""
    from notices.preferences.operations import unmute as turn_on

    _change(agent, person, kinds, turn_on, as_json=as_json)


def _change(
    agent: str | None,
    person: str | None,
    kinds: Sequence[NoticeKind],
    turn: Callable[[Session, str, NoticeKind], None] | None,
    *,
    as_json: bool,
) -> None:
    """All of it or nothing, and then what holds."""
    from desk.cli.opened import opened
    from notices.preferences.queries import unwanted_by

    def act(session: Session) -> tuple[str, frozenset[NoticeKind]]:
        recipient = _recipient(session, agent, person)
        for kind in kinds:
            if turn is not None:
                turn(session, recipient, kind)
        return recipient, unwanted_by(session, recipient)

    with opened(load()) as database:
        recipient, unwanted = database.write(act)
    states = {kind.value: _state(kind, unwanted) for kind in NoticeKind}
    if as_json:
        print(json.dumps({"recipient": recipient, "kinds": states}))
        return
    for name, state in states.items():
        say(f"{name:<22}{state}")


def _state(kind: NoticeKind, unwanted: frozenset[NoticeKind]) -> str:
    if kind in NEEDED:
        return "always"
    return "off" if kind in unwanted else "on"


def _recipient(session: Session, agent: str | None, person: str | None) -> str:
    from identity.agents.queries import agent_by_key
    from identity.people.administration import person_known_as
    from ticketing.tickets.journal import person as actor_of

    if (agent is None) == (person is None):
        raise CommandFailed("say for whom: --agent KEY or --person WHO")
    if agent is not None:
        return agent_by_key(session, agent).actor
    return actor_of(person_known_as(session, str(person)).id)
