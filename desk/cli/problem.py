"""`guichet problem`: causes behind incidents, what helps meanwhile, and their end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli import erasing, problem_work
from desk.cli.console import say
from desk.cli.problem_deeds import Number, id_of_problem, print_facts
from desk.cli.ticket_deeds import AsJson, read, words
from desk.settings.reading import load
from ticketing.problems.logic import ProblemStatus

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ticketing.problems.queries import ProblemRow

app = typer.Typer(help="Problems: the causes behind incidents.", no_args_is_help=True)
problem_work.register(app)
erasing.register_for_problems(app)


@app.command("list")
def list_(
    status: Annotated[list[ProblemStatus] | None, typer.Option(help="Repeatable: any of them.")] = None,
    is_all: Annotated[bool, typer.Option("--all", help="Finished ones too.")] = False,
    group: Annotated[str | None, typer.Option(metavar="GROUP")] = None,
    like: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Open ones that this may be about, known errors first.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List problems: the open ones, by priority, unless something else is asked."""
    from desk.cli.problems import likeness_facts, row_facts, show_rows
    from ticketing.groups.queries import group_by_key
    from ticketing.problems.logic import OPEN
    from ticketing.problems.queries import known_errors_like, list_problems

    if like is not None:
        found = read(load(), lambda session: known_errors_like(session, words(like), limit=limit))
        if as_json:
            print_facts({"problems": [likeness_facts(each) for each in found]})
        else:
            show_rows([each.problem for each in found], [each.score for each in found])
        return
    statuses = tuple(status or (ProblemStatus if is_all else OPEN))

    def look(session: Session) -> Sequence[ProblemRow]:
        if group is not None:
            group_by_key(session, group)
        return list_problems(session, statuses=statuses, group=group, limit=limit)

    rows = read(load(), look)
    if as_json:
        print_facts({"problems": [row_facts(row) for row in rows]})
    else:
        show_rows(rows)


@app.command()
def show(number: Number, as_json: AsJson = False) -> None:
    """Show a problem with its words, its incidents and its journal."""
    from desk.cli.problems import full_facts, full_lines
    from ticketing.problems.queries import problem_in_full

    found = read(load(), lambda session: problem_in_full(session, id_of_problem(number)))
    if as_json:
        print_facts(full_facts(found))
        return
    for line in full_lines(found):
        say(line)
