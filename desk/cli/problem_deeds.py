"""What the commands of `guichet problem` share: which problem, who acts, what is said afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli import clock
from desk.cli.console import CommandFailed, say
from desk.cli.ticket_deeds import actor_of
from desk.settings.reading import load

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storage.database import Database

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="PRB-000123, or its digits.")]
Deed = Callable[["Session", int, str, datetime], object]
After = Callable[["Database", int, str, datetime], dict[str, Any]]


def do(number: str | None, as_: str | None, as_json: bool, deed: Deed, after: After | None = None) -> None:
    """Run a change as an agent in one transaction, then what is done in batches, and say how it stands."""
    from desk.cli.problems import row_facts
    from ticketing.problems.queries import problem_in_full

    settings, now = load(), clock.now()

    def act(session: Session) -> tuple[int, str]:
        actor = actor_of(session, as_, settings)
        done = deed(session, id_of_problem(number) if number else 0, actor, now)
        return id_of_problem(number or str(done)), actor

    from desk.cli.opened import opened

    with opened(settings) as database:
        problem_id, actor = database.write(act)
        told = after(database, problem_id, actor, now) if after else {}
        facts = {**row_facts(database.read(problem_in_full, problem_id).row), **told}
    if as_json:
        print_facts(facts)
        return
    say(f"{facts['number']} is {facts['status'].replace('_', ' ')}, {facts['priority']}: {facts['summary']}")
    for name, value in told.items():
        said = ", ".join(value) if isinstance(value, list) else str(value)
        if said:
            say(f"{_NAMES[name]}: {said}")
    if told.get("still_open"):
        say(f"`guichet problem close {facts['number']} --resolve-incidents` resolves what is still open")


_NAMES = {"told": "incidents told", "resolved": "resolved with it", "still_open": "still open"}


def id_of_problem(number: str) -> int:
    from ticketing.problems.logic import parse_problem_number

    problem_id = parse_problem_number(number)
    if problem_id is None:
        raise CommandFailed(f"{number!r} is not the number of a problem; one looks like PRB-000123")
    return problem_id


def print_facts(facts: dict[str, Any]) -> None:
    print(json.dumps(facts, ensure_ascii=False))
