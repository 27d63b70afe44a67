"""What the commands of `guichet ticket` share: who acts, which ticket, what is said afterwards."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli import clock
from desk.cli.console import CommandFailed, say
from desk.settings.reading import load
from desk.settings.values import Settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storage.database import Database

Number = Annotated[
    str, typer.Argument(metavar="NUMBER", help="INC-000123, as it is printed or as people write it.")
]
As = Annotated[
    str | None,
    typer.Option("--as", metavar="AGENT", help="Who acts: an agent's key; GUICHET_AGENT otherwise."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")]
Reason = Annotated[str | None, typer.Option(metavar="TEXT", help="Why; for the team alone.")]
NeededReason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; for the team alone.")]

Deed = Callable[..., object]


def do(
    number: str,
    as_: str | None,
    as_json: bool,
    deed: Deed,
    for_people: Callable[[dict[str, Any]], dict[str, Any]] = dict,
) -> None:
    """Run a change as an agent, in one transaction, bring it to the ticket's children, and say how it stands.

    Args:
        deed: takes session, ticket id, actor and now; a dict that it returns is said besides.
        for_people: what is said in place of the facts where no program reads them.
    """
    from desk.cli.opened import opened
    from desk.cli.tickets import in_short, short

    settings, now = load(), clock.now()

    def act(session: Session) -> tuple[int, dict[str, Any]]:
        actor = actor_of(session, as_, settings)
        ticket_id = id_of(session, number)
        done = deed(session, ticket_id, actor, now)
        return ticket_id, {**short(session, ticket_id), **(done if isinstance(done, dict) else {})}

    with opened(settings) as database:
        ticket_id, facts = database.write(act)
        facts |= _reached(database, ticket_id)
    if as_json:
        print(json.dumps(facts, ensure_ascii=False))
    else:
        say(in_short(for_people(facts)))


def _reached(database: Database, ticket_id: int) -> dict[str, Any]:
    """Bring to the children what was said or done on a ticket; how many that were, and how many are left.

    What does not get through now is the desk's to finish: the deed itself is done.
    """
    from storage.database import DatabaseUnavailable
    from ticketing.tickets.reaching import children_to_reach, reach_children

    waiting = database.read(children_to_reach, ticket_id)
    if not waiting:
        return {}
    with contextlib.suppress(DatabaseUnavailable):
        database.in_batches(lambda session: reach_children(session, ticket_id, now=clock.now()))
    left = set(waiting) & set(database.read(children_to_reach, ticket_id))
    told = {"children_reached": len(waiting) - len(left)}
    return {**told, "children_left": len(left)} if left else told


def write(settings: Settings, act: Callable[[Session], Any]) -> Any:
    """Run something that changes the database."""
    from desk.cli.opened import opened

    with opened(settings) as database:
        return database.write(act)


def read(settings: Settings, look: Callable[[Session], Any]) -> Any:
    """Run something that only looks."""
    from desk.cli.opened import opened

    with opened(settings) as database:
        return database.read(look)


def actor_of(session: Session, as_: str | None, settings: Settings) -> str:
    """The agent who acts."""
    from identity.agents.queries import agent_by_key

    key = as_ or settings.agent
    if not key:
        raise CommandFailed(
            "say who acts: --as AGENT, or GUICHET_AGENT; `guichet agent list` shows who there is"
        )
    agent = agent_by_key(session, key)
    if not agent.is_active:
        raise CommandFailed(f"{key} has left; nobody acts in that name")
    return agent.actor


def id_of(session: Session, number: str) -> int:
    """The ticket whose number somebody wrote."""
    from ticketing.tickets.access import ticket_id_of
    from ticketing.tickets.errors import TicketNotFound

    try:
        return ticket_id_of(session, number)
    except TicketNotFound:
        raise CommandFailed(
            f"there is no ticket {number!r}; a number looks like INC-000123, `guichet ticket list` shows some"
        ) from None


def agent_id(session: Session, key: str) -> int:
    """The number of an agent with this key."""
    from identity.agents.queries import agent_by_key

    return agent_by_key(session, key).id


def words(text: str) -> str:
    """A text, or what comes on standard input where it is `-`; refused rather than cut."""
    from ticketing.tickets.intake import TEXT_CHARACTERS

    said = sys.stdin.read() if text == "-" else text
    if len(said) > TEXT_CHARACTERS:
        raise CommandFailed(
            f"that is {len(said):,} characters, and {TEXT_CHARACTERS:,} are taken at once: "
            "write less, or put it on the ticket as a file (`guichet ticket attach`)"
        )
    return said
