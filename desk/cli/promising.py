"""What the commands about calendars, service levels and escalations share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, ParamSpec, TypeVar

import typer

from desk.cli.console import CommandFailed, out
from desk.settings.reading import load

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

P = ParamSpec("P")
T = TypeVar("T")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")]
Position = Annotated[
    int | None, typer.Option(metavar="N", help="Where it stands in order; the first that fits holds.")
]
Active = Annotated[bool | None, typer.Option("--active/--off", help="Whether it holds.")]
Priorities = Annotated[
    list[str] | None, typer.Option("--priority", metavar="P1", help="For these priorities. Repeatable.")
]
Types = Annotated[
    list[str] | None, typer.Option("--type", metavar="TYPE", help="incident or service_request. Repeatable.")
]
Categories = Annotated[
    list[str] | None,
    typer.Option("--category", metavar="KEY", help="For a category and all below it. Repeatable."),
]
Groups = Annotated[
    list[str] | None, typer.Option("--group", metavar="KEY", help="For tickets of a group. Repeatable.")
]
Tiers = Annotated[
    list[str] | None, typer.Option("--tier", metavar="L2", help="For tickets at a tier. Repeatable.")
]
RequesterGroups = Annotated[
    list[str] | None,
    typer.Option("--requester-group", metavar="NAME", help="For a group of requesters. Repeatable."),
]
Vip = Annotated[bool | None, typer.Option("--vip/--no-vip", help="For VIPs only, or for all others.")]
Anybody = Annotated[bool, typer.Option("--everybody", help="Ask for nothing but what is named here.")]

PIPE_WIDTH = 140
ASKED = ("priorities", "types", "categories", "groups", "tiers", "requester_groups", "vip")


def read(operation: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run an operation that changes nothing."""
    from desk.cli.opened import opened

    with opened(load()) as database:
        return database.read(operation, *args, **kwargs)


def write(operation: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run an edit, and let the dates of open tickets follow it; what is left is for the desk's sweep."""
    from desk.cli.opened import opened
    from ticketing.sla.upkeep import recompute_some

    with opened(load()) as database:
        done = database.write(operation, *args, **kwargs)
        database.in_batches(recompute_some)
        return done


def give_out() -> dict[str, int]:
    """Give out what nobody has to those who can take it now; how many that were. The desk's sweep goes on."""
    from desk.cli import clock
    from desk.cli.opened import opened
    from ticketing.tickets.waiting import crew_at_hand, give_waiting, waiting_tickets

    given = 0
    with opened(load()) as database:
        crew = database.read(crew_at_hand)
        for ticket_id in database.read(waiting_tickets, crew) if crew.hands else ():
            if given < crew.room:
                given += database.write(give_waiting, ticket_id, now=clock.now())
    return {"given_out": given} if given else {}


def say_given_out(facts: Mapping[str, Any], as_json: bool) -> None:
    """How many tickets that waited have gone to somebody, for people."""
    if not as_json and (given := facts.get("given_out")):
        out.print(f"{given} that waited {'was' if given == 1 else 'were'} given out")


def asked(*, everybody: bool, **given: Sequence[str] | bool | None) -> dict[str, Any]:
    """The conditions that were named; an empty value takes one away."""
    conditions: dict[str, Any] = dict.fromkeys(ASKED) if everybody else {}
    for name, value in given.items():
        if value is not None:
            conditions[name] = value if isinstance(value, bool) else [each for each in value if each]
    return conditions


def refuse_empty(conditions: Mapping[str, Any]) -> None:
    """On something new an empty value would ask nothing, and so let it hold for everything.

    Raises:
        CommandFailed: one is empty.
    """
    for name, value in conditions.items():
        if value == []:
            raise CommandFailed(
                f"{name.replace('_', ' ')}: an empty value asks nothing; name one, or leave the option out"
            )


def in_words(conditions: Any) -> str:
    """What is asked, in a cell."""
    parts = [f"{name.replace('_', ' ')}: {_asked_value(value)}" for name, value in conditions.items()]
    return "\n".join(parts) or "all tickets"


def _asked_value(value: bool | Sequence[str]) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value)


def tell(facts: Any, as_json: bool, table: Callable[[], Any]) -> None:
    """One JSON object for a program, a table for a person."""
    if as_json:
        print(json.dumps(facts, ensure_ascii=False, default=str))
    else:
        show(table())


def show(table: Any) -> None:
    """A table as wide as the terminal; in a file or a pipe wide enough that words are not cut."""
    from rich.console import Console

    wide = out if out.is_terminal else Console(highlight=False, width=PIPE_WIDTH)
    with suppress(OSError):
        wide.print(table, soft_wrap=False)


def a_table(columns: Iterable[str], rows: Iterable[Sequence[str]], title: str | None = None) -> Any:
    """A plain table; what is in it is text, never markup."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
