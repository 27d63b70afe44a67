"""`guichet rating`: what requesters think of how their tickets were resolved."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli.console import say
from desk.cli.ticket_deeds import AsJson, read
from desk.settings.reading import load

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ticketing.ratings.queries import GivenRating, Satisfaction

app = typer.Typer(help="What requesters think of how their tickets were resolved.", no_args_is_help=True)

Since = Annotated[
    datetime | None,
    typer.Option(
        metavar="DATE", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="2026-03-02, or with a time; UTC."
    ),
]


@app.callback()
def _several() -> None:
    """What requesters think of how their tickets were resolved."""


@app.command("list")
def list_(
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the latest first.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List ratings, the latest first, and how many were asked, gave one, and are satisfied (4 or 5)."""
    from ticketing.ratings.queries import list_ratings, satisfaction

    moment = since and since.replace(tzinfo=UTC)

    def look(session: Session) -> tuple[tuple[GivenRating, ...], Satisfaction]:
        return list_ratings(session, since=moment, limit=limit), satisfaction(session, since=moment)

    rows, numbers = read(load(), look)
    if as_json:
        facts = {"summary": vars(numbers), "ratings": [_facts(row) for row in rows]}
        print(json.dumps(facts, ensure_ascii=False))
        return
    _show(rows)
    say(_in_words(numbers))


def _facts(row: GivenRating) -> dict[str, object]:
    return {
        "ticket": row.ticket,
        "score": row.score,
        "comment": row.comment,
        "group": row.group,
        "assignee": row.assignee,
        "summary": row.summary,
        "given_at": row.given_at.isoformat(timespec="seconds"),
    }


def _show(rows: tuple[GivenRating, ...]) -> None:
    from desk.cli.promising import a_table, show

    if not rows:
        return
    cells = [
        [f"{row.given_at:%Y-%m-%d}", row.ticket, str(row.score), row.group, row.summary, row.comment or "–"]
        for row in rows
    ]
    show(a_table(["given", "ticket", "score", "group", "summary", "comment"], cells))


def _in_words(numbers: Satisfaction) -> str:
    asked = f"{numbers.asked} asked, {numbers.given} given"
    if numbers.mean is None or numbers.good is None:
        return asked
    return f"{asked}, mean {numbers.mean:.2f}, {numbers.good:.0%} satisfied (4 or 5)"
